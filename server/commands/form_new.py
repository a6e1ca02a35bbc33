"""form new."""

from __future__ import annotations

from pathlib import Path

import click

from server.clock import Clock
from server.commands.session import Session, _, pass_session, shared_options
from server.errors import Fault


@click.command(help=_("Begins a form: a folder with a bilingual workbook that compiles as it is."))
@click.argument("name")
@click.option("--out", default=".", show_default=True, type=click.Path(file_okay=False, path_type=Path),
              help=_("Folder in which the form's folder is made."))  # fmt: skip
@shared_options
@pass_session
def new(session: Session, name: str, out: Path) -> None:
    from forms.starting import start_form

    version = f"{Clock().now():%Y%m%d}01"
    try:
        path = start_form(name, out, version)
    except OSError as fault:
        raise Fault("file.unwritable", path=str(out / name), reason=fault.strerror or "") from fault
    session.say("Written: {path}", path=path)
    session.say("Open it in a spreadsheet program and begin with the sheet read_first.")
    session.answer({"file": str(path), "form_id": name, "version": version})
