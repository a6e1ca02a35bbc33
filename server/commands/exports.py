"""export."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

import click

from server.commands.service import read_passphrase
from server.commands.session import Session, _, pass_session, shared_options
from server.errors import Fault


@click.command(help=_("Writes a form's submissions into a file."))
@click.argument("form")
@click.option("--project", required=True, metavar="N|NAME", help=_("Project of the form."))
@click.option("--format", "file_format", default="csv.zip", show_default=True, help=_("csv or csv.zip."))
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help=_("File to write.")
)
@click.option("--decrypt", is_flag=True, help=_("Decrypt encrypted answers; asks for the passphrase."))
@click.option("--passphrase-stdin", is_flag=True, help=_("Decrypt; read the passphrase from standard input."))
@shared_options
@pass_session
def export(
    session: Session,
    form: str,
    project: str,
    file_format: str,
    out: Path,
    decrypt: bool,
    passphrase_stdin: bool,
) -> None:
    from server.exporting import export as stream
    from server.exporting import form_named, keys_opened_by
    from server.exports.columns import CsvOptions
    from server.peers import project_of

    with session.hub() as hub:
        found = form_named(hub, project_of(hub, project).id, form)
        said = read_passphrase(passphrase_stdin) if decrypt or passphrase_stdin else None
        passphrases = keys_opened_by(hub, found, said) if said is not None else {}
        pieces = stream(hub, found, file_format, CsvOptions(hub=True), passphrases=passphrases)
        size, digest = _write(out, pieces)
    session.say("Written: {path}", path=out)
    session.answer({"file": str(out), "format": file_format, "size_bytes": size, "sha256": digest})


def _write(out: Path, pieces: Iterable[bytes]) -> tuple[int, str]:
    """(size in bytes, SHA-256). The file appears whole or not at all."""
    growing, digest, size = out.with_name(out.name + ".part"), hashlib.sha256(), 0
    try:
        with growing.open("wb") as file:
            for piece in pieces:
                digest.update(piece)
                size += file.write(piece)
            file.flush()
            os.fsync(file.fileno())
        growing.replace(out)
    except OSError as fault:
        growing.unlink(missing_ok=True)
        raise Fault("file.unwritable", path=str(out), reason=fault.strerror or "") from fault
    return size, digest.hexdigest()


COMMANDS = (export,)
