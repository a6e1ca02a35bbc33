"""export and exports."""

from __future__ import annotations

import gc
import getpass
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import click

from i18n import mark, translate
from server.commands.service import read_passphrase
from server.commands.session import EXIT_FINDINGS, Session, _, pass_session, shared_options

OUTCOMES = {"finished": mark("finished"), "cancelled": mark("cancelled"), "broken": mark("broken"),
            "running": mark("under way")}  # fmt: skip
TOLD_S = 1.0  # between two words of progress
FORMATS = ("csv", "csv.zip", "xlsx", "sav", "dta", "geojson", "kml", "parquet", "sqlite")


def _wishes(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of an export, as `server/export_options.py` reads them."""
    for option in reversed(
        (
            click.option("--profile", type=click.Choice(("working", "public", "full")), help=_(
                "How much of people is shown: working (pseudonyms; the default), public (nothing below --k), full.")),
            click.option("--reason", default="", help=_("Why; needed for full and for --central, and kept.")),
            click.option("--values", type=click.Choice(("codes", "labels", "both")), help=_(
                "Of choices: their codes (default), their labels, or both in columns side by side.")),
            click.option("--language", "--labels-language", type=click.Choice(("km", "en")), help=_(
                "Language of labels; default: that of the command.")),
            click.option("--labels-as", type=click.Choice(("collected", "current")), help=_(
                "Labels as they were when it was filled in (default), or as they are now.")),
            click.option("--headers", type=click.Choice(("names", "labels")), help=_(
                "Columns are headed by names (default) or by what the question says.")),
            click.option("--selects", type=click.Choice(("column", "split", "both")), help=_(
                "Questions with several choices: one column (default), 0/1 a choice, or both (default of sav "
                "and dta).")),
            click.option("--repeats", type=click.Choice(("files", "wide", "long")), help=_(
                "Repeats: tables of their own (default), joined to the right, or joined below.")),
            click.option("--group-names/--no-group-names", default=None, help=_(
                "Whether columns begin with the names of their groups.")),
            click.option("--points", type=click.Choice(("split", "whole")), help=_(
                "Places: four columns (default), or as ODK writes them.")),
            click.option("--times", type=click.Choice(("cambodia", "recorded")), help=_(
                "Times in +07:00 with the recorded one beside (default), or only as recorded.")),
            click.option("--bom/--no-bom", default=None, help=_("CSV begins with a mark by which Excel knows UTF-8.")),
            click.option("--guard/--no-guard", default=None, help=_(
                "CSV cells that a spreadsheet would run as formulas are made harmless, reversibly.")),
            click.option("--media/--no-media", default=None, help=_("Whether photos and recordings go along.")),
            click.option("--since", metavar="DAY", help=_("Received on this day or later (2026-11-23).")),
            click.option("--until", metavar="DAY", help=_("Received on this day or before.")),
            click.option("--province", multiple=True, help=_("Only of this province (code or name); may be repeated.")),
            click.option("--review-state", multiple=True, help=_(
                "Only in this state: received, hasIssues, edited, approved, rejected; may be repeated.")),
            click.option("--facilitator", multiple=True, help=_(
                "Only from this tablet's user (name or number); may be repeated.")),
            click.option("--deleted/--no-deleted", default=None, help=_("With what is in the trash.")),
            click.option("--parked/--no-parked", default=None, help=_("With what is set aside.")),
            click.option("--k", type=click.IntRange(2, 9999), help=_(
                "The smallest group that the public profile shows (11).")),
            click.option("--central", is_flag=True, help=_(
                "Byte for byte as ODK Central exports, with the hub in a last column; csv and csv.zip.")),
            click.option("--decrypt", is_flag=True, help=_("Decrypt encrypted answers; asks for the passphrase.")),
            click.option("--passphrase-stdin", is_flag=True, help=_(
                "Decrypt; read the passphrase from standard input.")),
        )
    ):  # fmt: skip
        command = option(command)
    return command


@click.command(
    help=_("Writes a form's submissions into a file, with its codebook and a note of the export beside it.")
)
@click.argument("form")
@click.option("--project", required=True, metavar="N|NAME", help=_("Project of the form."))
@click.option(
    "--format", "file_format", default="csv.zip", show_default=True, help=_("One of: {formats}.").format(
        formats=", ".join(FORMATS))
)  # fmt: skip
@click.option(
    "--out", required=True, type=click.Path(path_type=Path), help=_("File to write; for parquet a folder.")
)
@_wishes
@shared_options
@pass_session
def export(
    session: Session, /, form: str, project: str, file_format: str, out: Path, reason: str, central: bool,
    decrypt: bool, passphrase_stdin: bool, **said: Any,
) -> None:  # fmt: skip
    from dataclasses import replace

    from server.deliveries import stem_of
    from server.export_options import read_options
    from server.exporting import form_named, keys_opened_by
    from server.extracting import Order, check
    from server.extracts.options import Options
    from server.formats import format_named
    from server.peers import project_of

    with session.hub() as hub:
        found = form_named(hub, project_of(hub, project).id, form)
        kind = format_named(file_format)
        options = read_options(_texts(said), Options(language=session.lang, **kind.usual))
        reason = _reason(session, reason, central or options.profile == "full")
        order = Order(
            found,
            kind,
            options,
            who=user_here(),
            reason=reason,
            central=central,
            stem=stem_of(out, kind),
            called=out.name,
        )
        check(order)
        passphrase = read_passphrase(passphrase_stdin) if decrypt or passphrase_stdin else None
        if passphrase is not None:
            order = replace(order, passphrases=keys_opened_by(hub, found, passphrase))
        _deliver(session, hub, order, out)


def _texts(said: Mapping[str, Any]) -> dict[str, str]:
    """Options as texts; without those that were not given. One that was given empty is a blank, which nothing takes."""
    told = {}
    for name, value in said.items():
        if isinstance(value, tuple):
            told[name] = "\n".join([*value, ""]) if value else ""
        elif value is not None:
            told[name] = str(value).lower() if isinstance(value, bool) else str(value) or " "
    return told


def _reason(session: Session, reason: str, is_needed: bool) -> str:
    """Asked for where somebody can answer."""
    if not is_needed or reason.strip() or not sys.stdin.isatty():
        return reason
    session.say("This export shows people as they are. Who took it, and why, is kept in the ledger.")
    asked: str = click.prompt(_("Reason"), err=True)
    return asked


def user_here() -> str:
    """Who sits at this computer, as far as it knows."""
    with suppress(KeyError, OSError, ImportError):  # a system without such a user
        return getpass.getuser()
    return ""


def _deliver(session: Session, hub: Any, order: Any, out: Path) -> None:
    from server.deliveries import deliver, growing
    from server.extracting import codebook, extraction, summary

    with (
        _seldom_collected(),
        _ended_as_by_ctrl_c(),
        growing(out) as folder,
        extraction(hub, order, elsewhere=[folder]) as running,
    ):
        running.tell(teller(session, running.submissions))
        places = deliver(running, out, folder, codebook(running))
    if sys.stderr.isatty():
        click.echo("", err=True)
    session.say("Written: {path}", path=out)
    for place in places[1:]:
        session.say("Beside it: {path}", path=place)
    tell(session, mark("Not everything could go along:"), running.losses(session.lang))
    tell(session, mark("What else to know:"), running.remarks(session.lang))
    said = {
        "export": running.id,
        "file": str(out),
        "format": order.file_format.name,
        "profile": order.profile,
    }
    session.answer({**said, "beside": [str(place) for place in places[1:]], **summary(running)})


@contextmanager
def _seldom_collected() -> Iterator[None]:
    """Millions of cells come and go without a circle among them; looking for one takes a tenth of the time."""
    before = gc.get_threshold()
    gc.freeze()
    gc.set_threshold(200_000, 50, 100)
    try:
        yield
    finally:
        gc.set_threshold(*before)
        gc.unfreeze()


@contextmanager
def _ended_as_by_ctrl_c() -> Iterator[None]:
    """A window that is closed, or `kill`, must not leave answers in a half-made file either."""
    names = ("SIGTERM", "SIGHUP") if threading.current_thread() is threading.main_thread() else ()
    before = {
        getattr(signal, name): signal.signal(getattr(signal, name), signal.default_int_handler)
        for name in names
        if hasattr(signal, name)
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def tell(session: Session, heading: str, lines: list[str]) -> None:
    if lines:
        session.say(heading)
    for line in lines:
        click.echo(f"  {line}", err=session.as_json)


def teller(session: Session, submissions: int) -> Callable[[int], None]:
    """Says now and then how far it is; on a terminal over and over in one line."""
    last = time.monotonic()

    def tell(rows: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < TOLD_S:
            return
        last = now
        said = translate("{rows} rows written; {submissions} submissions", session.lang, rows=f"{rows:,}",
                         submissions=f"{submissions:,}")  # fmt: skip
        is_seen = sys.stderr.isatty()
        click.echo(f"\r{said}" if is_seen else said, err=True, nl=not is_seen)

    return tell


@click.command(help=_("Lists who exported what of a form, newest first."))
@click.argument("form")
@click.option("--project", required=True, metavar="N|NAME", help=_("Project of the form."))
@shared_options
@pass_session
def exports(session: Session, form: str, project: str) -> int:
    from server.export_entries import taken_of
    from server.exporting import form_named
    from server.peers import project_of

    with session.hub() as hub:
        found = taken_of(hub, form_named(hub, project_of(hub, project).id, form))
        session.answer({"exports": [one.json() for one in found]})
        for one in found:
            _show(session, one)
    return 0 if found else EXIT_FINDINGS


def _show(session: Session, one: Any) -> None:
    rows = ", ".join(f"{sheet} {count:,}" for sheet, count in one.rows.items())
    told = [one.made_at[:16].replace("T", " "), one.id or "-", one.by or "-", one.file_format or "-", one.profile,
            translate(OUTCOMES.get(one.outcome, one.outcome), session.lang), rows, one.reason]  # fmt: skip
    click.echo("  ".join(part for part in told if part), err=session.as_json)


COMMANDS = (export, exports)
