"""form preview."""

from __future__ import annotations

import tempfile
import webbrowser
from pathlib import Path

import click

from server.commands.session import Session, _, pass_session, shared_options
from server.errors import Fault

FORM_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command(help=_("Shows a form in the browser as a page to read through, in both languages."))
@click.argument("file", type=FORM_FILE)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path),
              help=_("Only write the page to this file; open nothing."))  # fmt: skip
@shared_options
@pass_session
def preview(session: Session, file: Path, out: Path | None) -> None:
    from forms.compile import compile_form
    from forms.preview import preview as page_of

    page = page_of(compile_form(file).xform, session.lang)
    path = out or Path(tempfile.mkdtemp(prefix="samleng-")) / "preview.html"
    try:
        path.write_bytes(page)
    except OSError as fault:
        raise Fault("file.unwritable", path=str(path), reason=fault.strerror or "") from fault
    opened = out is None and webbrowser.open(path.absolute().as_uri())
    if opened:
        session.say("Opened in the browser: {path}", path=path)
    else:
        session.say("Written: {path}", path=path)
    session.answer({"file": str(path), "opened": opened})
