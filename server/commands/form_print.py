"""form print: a form on paper."""

from __future__ import annotations

from pathlib import Path

import click

from server.commands.session import Session, _, pass_session, shared_options

FORM_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


# Names repeated from forms/paper, so that `samleng --help` need not load fonts and shaping.
@click.command(
    name="print", help=_("Makes a PDF of a form, for interviews on paper, training and ethical review.")
)
@click.argument("file", type=FORM_FILE)
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help=_("PDF file to write.")
)
@click.option("--language", type=click.Choice(("km", "en", "both")), default="both", show_default=True,
              help=_("Language of the paper: km, en, or both."))  # fmt: skip
@click.option("--size", type=click.Choice(("A4", "A5", "Letter")), default="A4", show_default=True,
              help=_("Size of the paper."))  # fmt: skip
@click.option("--blocks", type=click.IntRange(1, 100), default=3, show_default=True,
              help=_("How many blank blocks a part that repeats gets."))  # fmt: skip
@shared_options
@pass_session
def print_(session: Session, file: Path, out: Path, language: str, size: str, blocks: int) -> None:
    from forms.paper.printing import print_file
    from server.errors import Fault

    made = print_file(file, language, size, blocks)
    try:
        out.write_bytes(made.pdf)
    except OSError as fault:
        raise Fault("file.unwritable", path=str(out), reason=fault.strerror) from None
    if made.undrawable:
        session.say(
            "No bundled font has these letters; an empty box stands for each: {letters}",
            letters=" ".join(made.undrawable),
        )
    session.say("Written: {path} ({pages} pages)", path=out, pages=len(made.pages))
    session.answer(
        {
            "form_id": made.form_id,
            "version": made.version,
            "written": str(out),
            "pages": len(made.pages),
            "undrawable": list(made.undrawable),
        }
    )
