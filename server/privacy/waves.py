"""Waves: what was published of a form, and stays as it was. docs/privacy.md, "Waves".

A wave holds the rows as they were published, and whose they were. Whatever becomes of those submissions later – an
edit, a withdrawal, a change of mind – the figures stay: if they moved by one person, the difference would tell what
that person had said. Waves travel with the project, so that no hub publishes anew what another has published.
"""

from __future__ import annotations

import gzip
import hashlib
import io
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from server.errors import Fault
from server.extracts.sheets import Cell
from server.hub import Hub, Turn
from server.store import projects
from server.store.forms import Form
from server.store.ledger_sqlite import entries_of
from sync.ledger import Entry
from sync.merge import in_order

KIND = "public_wave.create"


@dataclass(frozen=True, slots=True)
class Figures:
    """columns: paths of questions, or names of provenance. rows: cells in this order -> how many rows. hidden: of a
    column, how many answers were."""

    columns: Sequence[str]
    rows: Mapping[tuple[Cell, ...], int]
    hidden: Mapping[str, int] = field(default_factory=dict)

    def under(self, columns: Iterable[str]) -> Mapping[tuple[Cell, ...], int]:
        """The same rows under other columns: those of a later version of the form, or fewer."""
        wanted = list(columns)
        if wanted == list(self.columns):
            return self.rows
        places = {name: place for place, name in enumerate(self.columns)}
        found = Counter[tuple[Cell, ...]]()
        for row, count in self.rows.items():
            found[tuple(row[places[name]] if name in places else None for name in wanted)] += count
        return found


@dataclass(frozen=True, slots=True)
class Wave:
    """members: of whose submissions, by `member`. sheets: by path."""

    k: int
    members: frozenset[str]
    sheets: Mapping[str, Figures]

    def packed(self) -> bytes:
        """The same wave gives the same bytes."""
        sheets = {
            path: {
                "hidden": dict(f.hidden),
                "columns": list(f.columns),
                "rows": sorted(([n, *row] for row, n in f.rows.items()), key=str),
            }
            for path, f in self.sheets.items()
        }
        said = {"k": self.k, "members": sorted(self.members), "sheets": sheets}
        return gzip.compress(orjson.dumps(said, option=orjson.OPT_SORT_KEYS), mtime=0)


def unpacked(data: bytes) -> Wave:
    said: dict[str, Any] = orjson.loads(gzip.decompress(data))
    sheets = {
        path: Figures(f["columns"], {tuple(row[1:]): row[0] for row in f["rows"]}, f["hidden"])
        for path, f in said["sheets"].items()
    }
    return Wave(said["k"], frozenset(said["members"]), sheets)


def member(root: str) -> str:
    """An instanceID as waves remember it: enough to know it again."""
    return hashlib.sha256(root.encode()).hexdigest()[:20]


@dataclass
class Waves:
    """published: oldest first. keep: called with a new one before anything leaves; it may raise."""

    published: list[Wave] = field(default_factory=list)
    keep: Callable[[Wave], None] = lambda _: None

    def __post_init__(self) -> None:
        self._members = frozenset().union(*(wave.members for wave in self.published))

    @property
    def k(self) -> int | None:
        return self.published[0].k if self.published else None

    def is_new(self, root: str) -> bool:
        return member(root) not in self._members

    def publish(self, wave: Wave) -> None:
        self.keep(wave)
        self.published = [*self.published, wave]
        self._members |= wave.members


def waves_of(hub: Hub, form: Form) -> Waves:
    """Raises Fault public.elsewhere (another hub publishes), public.missing (its figures have not come yet)."""
    if form.is_trial:
        return Waves()
    project = projects.find_project(hub.read(), form.project_id)
    if project is None or project.hub != hub.id:
        raise Fault("public.elsewhere")
    entries = _entries(hub.read(), form)

    def keep(wave: Wave) -> None:
        _keep(hub, form, wave, len(entries))

    return Waves([_read(hub, entry) for entry in entries], keep)


def _keep(hub: Hub, form: Form, wave: Wave, known: int) -> None:
    staged = hub.blobs.stage(io.BytesIO(wave.packed()))

    def work(turn: Turn) -> None:
        if len(_entries(turn.db, form)) != known:
            raise Fault("public.again")  # another export was quicker, and may hold the same people
        body = {"project": form.project_uid, "k": wave.k, "submissions": len(wave.members)}
        turn.append(KIND, _subject(form), body, blobs=[staged])

    hub.write(work)


def _read(hub: Hub, entry: Entry) -> Wave:
    if not hub.blobs.has(entry.blobs[0], hub.read()):
        raise Fault("public.missing")
    return unpacked(hub.blobs.read(entry.blobs[0], hub.read()))


def _entries(db: Any, form: Form) -> list[Entry]:
    return [e for e in in_order(entries_of(db, _subject(form))) if e.kind == KIND and e.blobs]


def _subject(form: Form) -> str:
    return f"public_waves:{form.project_uid}/{form.key}"
