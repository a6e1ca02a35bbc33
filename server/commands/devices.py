"""device import."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from i18n import translate
from server.commands.session import EXIT_FINDINGS, Session, _, pass_session, shared_options

if TYPE_CHECKING:
    from server.device import Line, Report


@click.group(help=_("Tablets at hand: forms straight from a folder copied off one."))
def device() -> None:
    pass


@device.command(
    name="import", help=_("Takes the finished forms out of a folder copied off a tablet, or of Briefcase.")
)
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--project",
    metavar="N|NAME",
    help=_("Project to take them into; without it, the only one that has the form."),
)
@click.option("--unconfirmed", is_flag=True, help=_("Take also forms that nobody can tell to be finished."))
@shared_options
@pass_session
def import_(session: Session, folder: Path, project: str | None, unconfirmed: bool) -> None:
    from server.device import import_folder
    from server.peers import project_of

    def progress(done: int, total: int) -> None:
        click.echo(f"{done} / {total} …", err=True)

    with session.hub() as hub:
        where = project_of(hub, project) if project else None
        report = import_folder(hub, folder, project=where, unconfirmed=unconfirmed, progress=progress)
    for line in report.lines:
        _say_line(session, line)
    _say_counts(session, report, folder)
    session.answer(_said(report))
    if not report.taken or not report.whole:
        raise click.exceptions.Exit(EXIT_FINDINGS)


def _say_line(session: Session, line: Line) -> None:
    folder, reason = _shown(line.folder), _reason(session, line)
    match line.state.value:
        case "new":
            session.say("{folder}: new, taken.", folder=folder)
        case "held" if reason:
            session.say("{folder}: held already, set aside: {reason}.", folder=folder, reason=reason)
        case "held":
            session.say("{folder}: held already.", folder=folder)
        case "parked":
            session.say("{folder}: taken and set aside: {reason}.", folder=folder, reason=reason)
        case "withdrawn":
            session.say(
                "{folder}: withdrawn by its owner, not taken again. Delete it on the tablet too.",
                folder=folder,
            )
        case "unfinished":
            session.say("{folder}: not finished on the tablet, left alone.", folder=folder)
        case "unconfirmed":
            session.say("{folder}: left alone. {reason}", folder=folder, reason=reason)
        case _:
            session.say("{folder}: not taken. {reason}", folder=folder, reason=reason)
    if line.missing:
        session.say("{folder}: these attachments were not there: {names}.", folder=folder,
                    names=_shown(", ".join(line.missing)))  # fmt: skip
    if line.left_out:
        session.say("{folder}: these files could not be read: {names}. Copy them again, then import again.",
                    folder=folder, names=_shown(", ".join(line.left_out)))  # fmt: skip


def _reason(session: Session, line: Line) -> str:
    from server.notices import PARKED

    if line.parked is not None:
        return translate(PARKED[line.parked], session.lang)
    return _shown(line.fault.text(session.lang)) if line.fault is not None else ""


def _shown(text: str) -> str:
    """Without what would steer the terminal: names come from a folder that anybody may have filled."""
    return "".join(c if c.isprintable() or c == "\u200b" else "\ufffd" for c in text)


def _say_counts(session: Session, report: Report, folder: Path) -> None:
    if not report.lines:
        session.say("There are no forms of ODK Collect or Briefcase in {path}. Check that it is the right folder.",
                    path=folder)  # fmt: skip
        return
    counts: dict[str, Any] = _counts(report)
    session.say("{new} new, {held} held already, {parked} set aside, {unfinished} not finished, "
                "{unconfirmed} unconfirmed, {unreadable} not taken.", **counts)  # fmt: skip
    if counts["withdrawn"]:
        session.say("{n} withdrawn before and not taken again.", n=counts["withdrawn"])


def _counts(report: Report) -> dict[str, int]:
    from server.device import State

    return {state.value: report.count(state) for state in State}


def _said(report: Report) -> dict[str, Any]:
    return {**_counts(report), "forms": [_said_line(line) for line in report.lines]}


def _said_line(line: Line) -> dict[str, Any]:
    return {
        "folder": line.folder,
        "state": line.state.value,
        "code": line.fault.code if line.fault is not None else line.parked,
        "form_id": line.form_id,
        "instance_id": line.instance_id,
        "project": line.project,
        "missing": list(line.missing),
        "left_out": line.left_out,
        "sent_at": line.sent_at,
    }


COMMANDS = (device,)
