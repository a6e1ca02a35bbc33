"""report."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from i18n import mark
from server.commands.exports import tell, teller, user_here
from server.commands.service import read_passphrase
from server.commands.session import Session, _, pass_session, shared_options

K_LEAST = 11


@click.command(
    help=_("Writes a report of a form's answers that can be printed: counts, charts, quotas, quotes.")
)
@click.argument("form")
@click.option("--project", required=True, metavar="N|NAME", help=_("Project of the form."))
@click.option(
    "--out",
    required=True,
    type=click.Path(dir_okay=False, path_type=Path),
    help=_("File to write, .html or .pdf."),
)
@click.option(
    "--language", type=click.Choice(("km", "en", "both")), default="both", show_default=True,
    help=_("Languages of the report; both stand side by side."),
)  # fmt: skip
@click.option(
    "--khmer-digits/--no-khmer-digits",
    default=True,
    show_default=True,
    help=_("Khmer texts with Khmer digits."),
)
@click.option(
    "--quota", type=click.Path(dir_okay=False, path_type=Path),
    help=_("Targets to compare with: CSV or XLSX with province, group, sex, target."),
)  # fmt: skip
@click.option(
    "--k", type=click.IntRange(K_LEAST, 9999), default=K_LEAST, show_default=True,
    help=_("The smallest number that is shown."),
)  # fmt: skip
@click.option("--decrypt", is_flag=True, help=_("Decrypt encrypted answers; asks for the passphrase."))
@click.option("--passphrase-stdin", is_flag=True, help=_("Decrypt; read the passphrase from standard input."))
@shared_options
@pass_session
def report(
    session: Session, /, form: str, project: str, out: Path, language: str, khmer_digits: bool, quota: Path | None,
    k: int, decrypt: bool, passphrase_stdin: bool,
) -> None:  # fmt: skip
    from server.errors import Fault
    from server.exporting import form_named, keys_opened_by
    from server.extracts.options import Options
    from server.peers import project_of
    from server.reporting import report_order
    from server.reports.quotas import read_quotas
    from server.reports.writing import MEDIA_TYPES

    ending = out.suffix.lower().lstrip(".")
    if ending not in MEDIA_TYPES:
        raise Fault("report.out", path=str(out))
    quotas = read_quotas(quota) if quota else ()
    with session.hub() as hub:
        found = form_named(hub, project_of(hub, project).id, form)
        passphrase = read_passphrase(passphrase_stdin) if decrypt or passphrase_stdin else None
        passphrases = keys_opened_by(hub, found, passphrase) if passphrase is not None else None
        order = report_order(
            hub, found, ending, language=language, khmer_digits=khmer_digits, quotas=quotas, options=Options(k=k),
            who=user_here(), stem=out.stem, passphrases=passphrases,
        )  # fmt: skip
        _deliver(session, hub, order, out)


def _deliver(session: Session, hub: Any, order: Any, out: Path) -> None:
    from server.deliveries import deliver, growing
    from server.extracting import extraction, summary

    with growing(out) as folder, extraction(hub, order, elsewhere=[folder]) as running:
        running.tell(teller(session, running.submissions))
        places = deliver(running, out, folder)
    session.say("Written: {path}", path=out)
    for place in places[1:]:
        session.say("Beside it: {path}", path=place)
    tell(session, mark("Not everything could go along:"), running.losses(session.lang))
    said = {"export": running.id, "file": str(out), "format": order.file_format.name}
    session.answer({**said, "beside": [str(place) for place in places[1:]], **summary(running)})


COMMANDS = (report,)
