"""What a project says of privacy: the key of its pseudonyms, and how untagged questions are kept.

Both travel, so that all hubs of the project write the same pseudonyms. The key goes both ways between a province and
the nation, which what is planned above does not: each may have made one before they met, and of those that of the
smallest entry id holds everywhere. No export and no answer of the API carries it: with the key and a working export,
names can be tried.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping

from server.form_entries import By, signed
from server.hub import Hub, Turn
from server.privacy.levels import checked_defaults, sound
from server.store.database import Connection
from server.store.ledger_sqlite import entries_of
from server.subjects import project_subject
from sync.ledger import Entry
from sync.merge import in_order

KEY, LEVELS = "pseudonym_key.create", "project.privacy.update"


def pseudonym_key(hub: Hub, project_uid: str) -> bytes:
    """The project's key; made now for a project that is older than such keys."""
    return _key(hub.read(), project_uid) or hub.write(lambda turn: make_key(turn, project_uid))


def make_key(turn: Turn, project_uid: str) -> bytes:
    """If nobody has made one. With the project, so that the key is wherever the project is: hubs that made their own
    would write other pseudonyms until they meet."""
    held = _key(turn.db, project_uid)
    if held is None:
        body = {"project": project_uid, "key": secrets.token_hex(32)}
        turn.append(KEY, _key_subject(project_uid), body)
    return held or _key(turn.db, project_uid) or b""


def _key(db: Connection, project_uid: str) -> bytes | None:
    entries = entries_of(db, _key_subject(project_uid))
    said = [e for e in entries if e.kind == KEY and _is_key(e.body.get("key"))]
    return bytes.fromhex(min(said, key=lambda e: e.id).body["key"]) if said else None


def _is_key(said: object) -> bool:
    """An entry comes from anywhere, and may say anything."""
    return isinstance(said, str) and len(said) == 64 and all(sign in "0123456789abcdef" for sign in said)


def defaults_of(hub: Hub, project_uid: str) -> dict[str, str]:
    """How untagged questions of the project are kept, by what they seem to hold."""
    found = dict[str, str]()
    for entry in in_order([e for e in _said(hub.read(), project_uid) if e.kind == LEVELS]):
        said = entry.body.get("levels")
        found |= sound(said) if isinstance(said, dict) else {}
    return checked_defaults(found)


def set_defaults(hub: Hub, project_uid: str, levels: Mapping[str, str], by: By = None) -> dict[str, str]:
    """levels: those that change. Raises Fault privacy.level."""
    checked_defaults(levels)
    subject = project_subject(project_uid)

    def work(turn: Turn) -> None:
        before = [e.id for e in _said(turn.db, project_uid) if e.kind == LEVELS]
        turn.append(LEVELS, subject, signed({"levels": dict(levels)}, by), supersedes=before)

    hub.write(work)
    return defaults_of(hub, project_uid)


def _key_subject(project_uid: str) -> str:
    return f"pseudonyms:{project_uid}"


def _said(db: Connection, project_uid: str) -> list[Entry]:
    return list(entries_of(db, project_subject(project_uid)))
