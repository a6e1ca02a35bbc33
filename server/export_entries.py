"""What the ledger keeps of exports: who took what, when and why, and how it ended. No Flask, no SQL.

Two local entries about the form. The first (`form.submission.export`) is on the disk before the first byte leaves,
so that nobody takes answers unnoticed by pulling a plug; the second (`form.submission.export.end`) says what left.
Central's own exports leave the first alone, without a body of this kind.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from server.hub import Hub
from server.store.actors import Connection
from server.store.forms import Form
from server.store.ledger_sqlite import entries_about
from server.subjects import form_subject
from sync.ledger import Entry

BEGIN = "form.submission.export"
END = "form.submission.export.end"
FINISHED, CANCELLED, BROKEN, RUNNING = "finished", "cancelled", "broken", "running"
LOSSES = 500  # told at most in an entry; the file's own note has them all


@dataclass(frozen=True, slots=True)
class Taken:
    """An export as the ledger tells it. outcome: FINISHED, CANCELLED, BROKEN, or RUNNING while nobody said how it
    ended. rows: sheet -> how many left. by, by_id: name and actor of who took it; on the command line the name by
    which the computer knows them."""

    id: str
    made_at: str
    by: str
    by_id: str
    profile: str
    file_format: str
    options: Mapping[str, str]
    reason: str
    outcome: str
    sha256: str
    size_bytes: int
    rows: Mapping[str, int]
    losses: tuple[Mapping[str, Any], ...]

    def json(self) -> dict[str, Any]:
        return {
            "id": self.id, "createdAt": f"{self.made_at[:23]}Z", "by": self.by, "profile": self.profile,
            "format": self.file_format, "options": dict(self.options), "reason": self.reason or None,
            "outcome": self.outcome, "sha256": self.sha256 or None, "size": self.size_bytes,
            "rows": dict(self.rows), "losses": [dict(loss) for loss in self.losses],
        }  # fmt: skip


def note_end(hub: Hub, subject: str, begun: str | None, said: Mapping[str, Any]) -> None:
    """begun: id of the entry that told the beginning."""
    supersedes = [begun] if begun else []
    hub.write(lambda turn: turn.append(END, subject, said, supersedes=supersedes))


def taken_of(hub: Hub, form: Form) -> list[Taken]:
    """The exports of a form, newest first; Central's among them without an id."""
    subject = form_subject(form.project_uid, form.key)
    ends = ends_of(hub.read(), subject)
    begun = entries_about(hub.read(), subject, BEGIN)
    return [_taken(entry, ends.get(str(entry.body.get("export")), {})) for _, entry in reversed(begun)]


def ends_of(db: Connection, subject: str) -> dict[str, Mapping[str, Any]]:
    """id of the export -> what its end said."""
    return {str(entry.body.get("export")): entry.body for _, entry in entries_about(db, subject, END)}


def told(begin: Entry, end: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the audit log shows of an export, as `details`; None for Central's own."""
    if "export" not in begin.body:
        return None
    said = {name: value for name, value in begin.body.items() if name not in ("by", "notes")}
    return {**said, "outcome": RUNNING, **{k: v for k, v in end.items() if k not in ("by", "notes")}}


def _taken(begin: Entry, end: Mapping[str, Any]) -> Taken:
    body, by = begin.body, begin.body.get("by")
    who = by if isinstance(by, dict) else {"name": body.get("operator")}
    ended = FINISHED if "export" not in body else RUNNING
    return Taken(
        str(body.get("export", "")), begin.made_at, str(who.get("name") or ""), str(who.get("id") or ""),
        str(body.get("profile", "central")),
        str(body.get("format", "")), _texts(body.get("options")), str(body.get("reason", "")),
        str(end.get("outcome", ended)), str(end.get("sha256", "")), int(end.get("size_bytes", 0)),
        dict(end.get("rows", {})), tuple(_listed(end.get("losses"))),
    )  # fmt: skip


def _texts(said: object) -> dict[str, str]:
    return {str(name): str(value) for name, value in said.items()} if isinstance(said, dict) else {}


def _listed(said: object) -> Iterable[Mapping[str, Any]]:
    return [one for one in said if isinstance(one, dict)] if isinstance(said, list | tuple) else []
