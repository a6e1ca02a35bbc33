"""The hub itself: its log, its settings, this document."""

from __future__ import annotations

from server.web.api.rows import read_rows

# fmt: off
ROWS = read_rows("""
GET    /audits | audit.read | action start end limit offset | | [Audit] | What happened here, newest first.
GET    /config/public | anyone | | | {Config} | Settings that everybody may read.
GET    /config/public/{config_key} | anyone | ts | | Config | One of them; a logo or picture as it is.
GET    /config/{config_key} | config.read | | | Config | One setting.
POST   /config/{config_key} | config.set | | json | Config | Sets it; a logo or picture as it is.
DELETE /config/{config_key} | config.set | | | Success | Unsets it.
GET    /openapi.json | anyone | | | json | This API as an OpenAPI document.
GET    /docs | anyone | | | html | The same to read.
POST   /backup | backup.run | | BackupIn? | file | A copy of the whole hub, sealed if a passphrase is given.
GET    /analytics/preview | analytics.read | | | nothing | Answers 501: nothing is gathered.
""")
# fmt: on
