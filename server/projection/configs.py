"""config.set -> what is set for this hub. Local, so the last one said is the one that holds."""

from __future__ import annotations

from server.store import configs
from server.store.configs import Setting
from server.store.database import Connection
from sync.ledger import Entry


def fold(db: Connection, entry: Entry) -> None:
    key, said = entry.subject.removeprefix("config:"), entry.body
    if said.get("value") is None and said.get("blob") is None:
        configs.drop_setting(db, key)
        return
    row = Setting(key, said.get("value"), said.get("blob"), said.get("content_type"), entry.made_at)
    configs.write_setting(db, row)
