"""form gazetteer."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from server.commands.session import Session, _, pass_session, shared_options
from server.errors import Fault


@click.command(
    help=_(
        "Writes the lists of provinces, districts, communes and villages that forms choose from, in Khmer order."
    )
)
@click.option("--out", required=True, type=click.Path(file_okay=False, path_type=Path),
              help=_("Folder to write to: the form's media folder."))  # fmt: skip
@click.option("--province", "provinces", multiple=True, metavar="CODE|NAME",
              help=_("Only this province, as often as needed: a smaller list for old tablets."))  # fmt: skip
@shared_options
@pass_session
def gazetteer(session: Session, out: Path, provinces: Sequence[str]) -> None:
    from forms.gazetteer import province_named, write_lists

    codes = [province_named(said).code for said in provinces]
    try:
        written = write_lists(out, codes or None)
    except OSError as fault:
        raise Fault("file.unwritable", path=str(out), reason=fault.strerror or "") from fault
    sizes = {str(path): path.stat().st_size for path in written}
    for path, size_bytes in sizes.items():
        session.say("Written: {path} ({size_bytes} bytes)", path=path, size_bytes=size_bytes)
    session.answer({"provinces": codes, "written": sizes})
