"""/v1/backup: a copy of the whole hub. Its form is ours: `samleng restore` reads it, ODK Central does not."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

from flask import Blueprint, Response

from server import upkeep
from server.backups import note_backup
from server.clock import stamp
from server.hub import Hub
from server.sealing import CHUNK, seal
from server.web import wire
from server.web.form_data import streamed
from server.web.rest.inputs import optional_secret

blueprint = Blueprint("backup", __name__)


@blueprint.post("/v1/backup")
def send() -> Response:
    """{"passphrase": text} seals it; without one it holds everything in clear."""
    wire.require("backup.run")
    passphrase = optional_secret(wire.json_body(), "passphrase")
    hub = wire.hub()
    with ExitStack() as guard:
        folder = guard.enter_context(tempfile.TemporaryDirectory(dir=hub.data, prefix=upkeep.SENDING))
        copy = Path(folder) / "copy.tar"
        upkeep.backup(hub, copy)
        pieces = pieces_of(hub, copy, passphrase)
        answer = streamed(pieces, guard.pop_all(), "application/octet-stream")
    moment = stamp(hub.clock.now())[:19].replace(":", "-")
    name = f"samleng-backup-{moment}.tar{'.sealed' if passphrase else ''}"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer


def pieces_of(hub: Hub, copy: Path, passphrase: str | None) -> Iterator[bytes]:
    """It counts as made once its last byte is handed out."""
    with copy.open("rb") as stream:
        if passphrase:
            yield from seal(stream, passphrase, hub.config.password_cost)
        else:
            yield from iter(lambda: stream.read(CHUNK), b"")
    note_backup(hub, copy.stat().st_size, sealed=bool(passphrase))
