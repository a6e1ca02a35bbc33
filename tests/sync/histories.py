"""Random histories of submissions as several hubs might write them, hostile ones among them.

A history is made from a list of small numbers, so that a failing one shrinks to the few steps that
matter. Nothing here knows how they are merged.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field

from hypothesis import strategies as st

from sync.ledger import Entry, make_entry
from sync.merge import ATTACH, COMMENT, CREATE, DELETE, EDIT, RESOLVE, RESTORE, REVIEW
from sync.withdrawal import PURGE

HUBS = ("កំពត", "kep", "nation")
IDS = ("uuid:ក", "uuid:ខ", "uuid:គ", "uuid:ឃ")
FILES = ("រូប.jpg", "សំឡេង.m4a")
STATES = ("approved", "hasIssues", "rejected", None)
PROJECT, FORM = "cafe", "rice"
DEEDS = ("create", "edit", "attach", "review", "comment", "delete", "restore", "resolve", "accept", "purge")

# A step: (deed, which id, which other id, which hub, content); see History.
Step = tuple[str, int, int, int, int]
small = st.integers(min_value=0, max_value=11)
steps = st.lists(
    st.tuples(st.sampled_from((*DEEDS, "create", "edit", "edit")), small, small, small, small), max_size=16
)


def xml(instance_id: str, deprecated_id: str | None, version: str, village: int) -> bytes:
    edited = f"<deprecatedID>{deprecated_id}</deprecatedID>" if deprecated_id else ""
    return (
        f'<data id="{FORM}" version="{version}"><village>ភូមិ{village}</village>'
        f"<photo>{FILES[village % 2]}</photo>"
        f"<meta>{edited}<instanceID>{instance_id}</instanceID></meta></data>"
    ).encode()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@dataclass
class History:
    """Entries and the bytes that they name. `versions`: form versions that instances may name."""

    versions: tuple[str, ...] = ("1",)
    entries: list[Entry] = field(default_factory=list)
    blobs: dict[str, bytes] = field(default_factory=dict)

    def play(self, steps: list[Step]) -> History:
        for number, (deed, one, other, hub, content) in enumerate(steps):
            getattr(self, f"_{deed}")(IDS[one % 4], IDS[other % 4], HUBS[hub % 3], content, number)
        return self

    def _add(
        self, kind: str, root: str, hub: str, number: int, body: dict[str, object], **more: object
    ) -> None:
        by = {"id": f"tablet{number % 3}", "name": f"ថេប្លេត {number % 3}"}
        made_at = f"2026-11-23T01:{(number * 37) % 60:02}:00.{number:06}Z"  # clocks disagree
        subject = f"submission:{PROJECT}/{FORM}/{root}"
        self.entries.append(
            make_entry(kind, subject, hub=hub, made_at=made_at, body={**body, "by": by}, **more)  # type: ignore[arg-type]
        )

    def _keep(self, data: bytes) -> str:
        self.blobs[sha256(data)] = data
        return sha256(data)

    def _version(
        self, instance_id: str, deprecated_id: str | None, hub: str, content: int, number: int
    ) -> None:
        form_version = self.versions[content % len(self.versions)]
        # Contents repeat, so that the same instanceID comes with the same bytes and with others.
        kept = self._keep(xml(instance_id, deprecated_id, form_version, content // 3 % 3))
        body: dict[str, object] = {"instance_id": instance_id, "form_version": form_version}
        blobs = [kept]
        if content % 5 == 4:
            body["parked"] = "content.differs"
        if content % 2:
            blobs.append(self._keep(f"បាយ {content}".encode()))
            body["files"] = {FILES[content % 2]: blobs[1]}
        if deprecated_id is not None:
            body["deprecated_id"] = deprecated_id
        kind = CREATE if deprecated_id is None else EDIT
        root = instance_id if deprecated_id is None else self._root(deprecated_id, number)
        self._add(kind, root, hub, number, body, blobs=blobs)

    def _root(self, instance_id: str, number: int) -> str:
        """What a hub takes for the root: the one it knows, or, when it knows none, what it was told."""
        if number % 2:
            for entry in self.entries:
                if entry.body.get("instance_id") == instance_id and entry.kind in (CREATE, EDIT):
                    return entry.subject.rpartition("/")[2]
        return instance_id

    def _create(self, one: str, _other: str, hub: str, content: int, number: int) -> None:
        self._version(one, None, hub, content, number)

    def _edit(self, one: str, other: str, hub: str, content: int, number: int) -> None:
        self._version(one, other, hub, content, number)

    def _attach(self, one: str, _other: str, hub: str, content: int, number: int) -> None:
        said = [e for e in self.entries if e.kind in (CREATE, EDIT) and e.body["instance_id"] == one]
        if not said:
            return
        of = said[content % len(said)]
        kept = self._keep(f"ឯកសារ {content}".encode()) if content % 4 else None
        before = [e.id for e in self.entries if e.kind == ATTACH and e.subject == of.subject]
        body: dict[str, object] = {
            "instance_id": one,
            "xml": of.blobs[0],
            "files": {FILES[content % 2]: kept},
        }
        if content % 3 == 0:
            body["types"] = {FILES[content % 2]: f"image/x-{hub}"}
        if content % 5 == 0:
            body["alone"] = True
        blobs = [kept] if kept else []
        known = before[: content % 3] + ([of.id] if content % 3 else [])
        self._add(ATTACH, of.subject.rpartition("/")[2], hub, number, body, supersedes=known, blobs=blobs)

    def _resolve(self, one: str, other: str, hub: str, content: int, number: int) -> None:
        """Somebody picks one of the versions of `other`, knowing some of what is there."""
        said = [e for e in self.entries if e.kind in (CREATE, EDIT)]
        picked = [e for e in said if e.body["instance_id"] == other]
        if not picked:
            return
        choice = picked[content % len(picked)]
        known = [e.id for e in said if not e.body.get("parked")][: 2 + content]
        earlier = [e.id for e in self.entries if e.kind == RESOLVE][: content % 4]
        body: dict[str, object] = {"instance_id": other, "xml": choice.blobs[0]}
        self._add(RESOLVE, one, hub, number, body, supersedes=known + earlier)

    def _purge(self, one: str, other: str, hub: str, content: int, number: int) -> None:
        self._add(PURGE, one, hub, number, {"instances": [one, other][: 1 + content % 2]})

    def _accept(self, one: str, _other: str, hub: str, content: int, number: int) -> None:
        """Somebody lets a parked version take part."""
        parked = [e for e in self.entries if e.body.get("parked") and e.body["instance_id"] == one]
        if not parked:
            return
        choice = parked[content % len(parked)]
        body = {k: v for k, v in choice.body.items() if k != "parked"}
        root = choice.subject.rpartition("/")[2]
        self._add(choice.kind, root, hub, number, body, supersedes=[choice.id], blobs=choice.blobs)

    def _decide(self, kinds: tuple[str, ...], kind: str, root: str, hub: str, content: int, number: int,
                body: dict[str, object]) -> None:  # fmt: skip
        subject = f"submission:{PROJECT}/{FORM}/{root}"
        trash = kind in (DELETE, RESTORE)  # whoever deletes or takes back names all that is known
        before = [e.id for e in self.entries if (trash or e.kind in kinds) and e.subject == subject]
        known = before[: content % 4] if content % 2 else before
        self._add(kind, root, hub, number, body, supersedes=known)

    def _review(self, one: str, other: str, hub: str, content: int, number: int) -> None:
        body = {"instance_id": other, "review_state": STATES[content % 4]}
        self._decide((REVIEW,), REVIEW, one, hub, content, number, body)

    def _comment(self, one: str, _other: str, hub: str, content: int, number: int) -> None:
        self._decide((), COMMENT, one, hub, content, number, {"body": f"សូមពិនិត្យ {content}"})

    def _delete(self, one: str, _other: str, hub: str, content: int, number: int) -> None:
        self._decide((DELETE, RESTORE), DELETE, one, hub, content, number, {})

    def _restore(self, one: str, _other: str, hub: str, content: int, number: int) -> None:
        self._decide((DELETE, RESTORE), RESTORE, one, hub, content, number, {})
