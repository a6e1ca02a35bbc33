"""A value that changes with every change to a form's submissions: what ODK Central calls its event hash.

Clients keep it beside what they fetched and ask with it whether anything is new. No Flask, no SQL.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from server.hub import Hub
from server.store import ledger_sqlite, state_tables
from server.store.forms import Form
from server.subjects import submission_subject


@dataclass(slots=True)
class _Followed:
    """The ledger as far as it was looked through: `newest` is the last seq up to `head` that is about
    a submission of the form. Written in one step, so that threads never see one without the other."""

    place: tuple[int, int] = (0, 0)


def event_hash(hub: Hub, form: Form, *more: object) -> str:
    """32 hexadecimal digits, the same as long as nothing was said about any submission of this form:
    created, edited, reviewed, deleted, restored, given or deprived of files, merged in.

    Also another once a form, project or actor changed, since columns and names come from there.
    more: what else the answer depends on. Costs what is new in the ledger since it was last asked.
    """
    generation = state_tables.generation(hub.read())
    said = repr((hub.ledger_id, generation, form.id, _newest(hub, form), *more))
    return hashlib.md5(said.encode(), usedforsecurity=False).hexdigest()


def _newest(hub: Hub, form: Form) -> int:
    followed = hub.remember(("changes", form.id), lambda db: _Followed())
    seen, newest = followed.place
    head = ledger_sqlite.head(hub.read())  # before looking, so that nothing falls between the two
    if head != seen:
        prefix = submission_subject(form.project_uid, form.key, "")
        newest = max(newest, ledger_sqlite.last_under(hub.read(), prefix, seen))
        followed.place = head, newest
    return newest
