"""Which subjects must be weighed together, so that every hub comes to the same end.

An edit whose original a hub does not know is kept under the id that it names. Whoever knows more finds
it there: a subject without an original of its own belongs to every submission that has a version of
that id. Subjects that belong together are weighed at once, whichever of them something new is about.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from server.store import submissions
from server.store.database import Connection
from server.store.forms import Form
from server.store.ledger_sqlite import entries_of
from server.subjects import SubmissionSubject, split_submission, submission_subject
from sync.ledger import Entry
from sync.merge import CREATE, EDIT, is_sound


@dataclass(slots=True)
class Kin:
    """instanceID that a subject is named by -> the entries about it."""

    subjects: dict[str, list[Entry]] = field(default_factory=dict)

    @property
    def roots(self) -> list[str]:
        """The subjects that are submissions: those with an original of their own."""
        return sorted(name for name, entries in self.subjects.items() if _has_original(entries))

    def branch(self, root: str) -> list[Entry]:
        """Every entry about the submission of this root, with edits that arrived before what they edit."""
        roots = set(self.roots)
        waiting, met, entries = [root], set[str](), list[Entry]()
        while waiting:
            name = waiting.pop()
            if name in met or name not in self.subjects or (name in roots and name != root):
                continue
            met.add(name)
            entries += self.subjects[name]
            waiting += _versions_in(self.subjects[name])
        return entries


def _has_original(entries: list[Entry]) -> bool:
    return any(e.kind in (CREATE, EDIT) and e.body.get("deprecated_id") is None for e in entries)


def _versions_in(entries: list[Entry]) -> list[str]:
    return [e.body["instance_id"] for e in entries if e.kind in (CREATE, EDIT)]


def gather(db: Connection, project_id: int, form: Form | None, about: SubmissionSubject) -> Kin:
    """The subject and all that belong together with it."""
    kin, waiting, met = Kin(), [about.instance_id], set[str]()
    while waiting:
        name = waiting.pop()
        if name in met:
            continue
        met.add(name)
        found = [
            e for e in entries_of(db, submission_subject(*about._replace(instance_id=name))) if is_sound(e)
        ]
        if found or name == about.instance_id:  # an id that nothing is kept under ties nothing together
            kin.subjects[name] = found
            waiting += _versions_in(found) + _holders(db, project_id, form, about.form_key, name)
    return kin


def _holders(db: Connection, project_id: int, form: Form | None, key: str, instance_id: str) -> list[str]:
    """What has a version of this id, as far as it was weighed before."""
    parked = submissions.parked_subjects_of(db, project_id, key, instance_id)
    roots = submissions.roots_of(db, form.id, instance_id) if form is not None else []
    return roots + [split_submission(subject).instance_id for subject in parked]
