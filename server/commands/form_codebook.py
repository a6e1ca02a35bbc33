"""form codebook."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from server.commands.session import Session, _, pass_session, shared_options
from server.errors import Fault

if TYPE_CHECKING:
    from forms.codebook import Codebook


@click.command(
    help=_("Writes what a form asks – questions, choices, conditions, versions – as .xlsx, .md or .html.")
)
@click.argument("form")
@click.option(
    "--project", metavar="N|NAME",
    help=_("Project of the hub's form, all versions of which go in; without it, FORM is a file."),
)  # fmt: skip
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help=_("File to write.")
)
@shared_options
@pass_session
def codebook(session: Session, form: str, project: str | None, out: Path) -> None:
    from forms.codebook_pages import FORMATS

    write = FORMATS.get(out.suffix.lower())
    if write is None:
        raise Fault("format.unknown", format=out.suffix or out.name, formats=", ".join(FORMATS))
    book = _of_hub(session, form, project) if project else _of_file(Path(form))
    try:
        out.write_bytes(write(book, session.lang))
    except OSError as fault:
        raise Fault("file.unwritable", path=str(out), reason=fault.strerror or "") from fault
    session.say("Written: {path}", path=out)
    session.answer({"file": str(out), "form_id": book.form_id, "versions": list(book.versions),
                    "columns": len(book.columns)})  # fmt: skip


def _of_hub(session: Session, form_id: str, project: str) -> Codebook:
    from server.codebooks import codebook_of
    from server.exporting import form_named
    from server.peers import project_of

    with session.hub() as hub:
        return codebook_of(hub, form_named(hub, project_of(hub, project).id, form_id))


def _of_file(path: Path) -> Codebook:
    from forms.codebook import read_codebook
    from forms.compile import compile_form

    try:
        return read_codebook([compile_form(path).xform])
    except OSError as fault:
        raise Fault("file.unreadable", path=str(path), reason=fault.strerror or "") from fault
