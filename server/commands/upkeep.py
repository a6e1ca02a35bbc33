"""verify, rebuild, backup, restore."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from server.commands.session import EXIT_DAMAGED, EXIT_FINDINGS, Session, _, pass_session, shared_options


@click.command(help=_("Re-hashes everything that is held and names any damage."))
@shared_options
@pass_session
def verify(session: Session) -> None:
    from server.upkeep import verify as inspect

    with session.hub() as hub:
        found = inspect(hub, lambda done: click.echo(f"{done} …", err=True))
    for item in (*found.damaged, *found.missing):
        session.say("Damaged or missing: {item}", item=item)
    for item in found.unfolded:
        session.say("Held, but not understood by this version: {item}", item=item)
    session.say("{entries} entries checked; {damaged} damaged, {missing} missing.", entries=found.entries,
                damaged=len(found.damaged), missing=len(found.missing))  # fmt: skip
    session.answer(
        {
            "entries": found.entries,
            "wiped": found.wiped,
            "damaged": found.damaged,
            "missing": found.missing,
            "unfolded": found.unfolded,
        }
    )
    if not found.clean:
        raise click.exceptions.Exit(EXIT_DAMAGED)


@click.command(help=_("Rebuilds everything derived from the ledger."))
@click.option("--check", is_flag=True, help=_("Only compare what stands with what a rebuild would make."))
@shared_options
@pass_session
def rebuild(session: Session, check: bool) -> None:
    from server.upkeep import compare
    from server.upkeep import rebuild as rebuild_state

    with session.hub() as hub:
        if not check:
            count = rebuild_state(hub)
            session.say("Rebuilt from {entries} entries.", entries=count)
            session.answer({"entries": count})
            return
        differing = compare(hub)
    for table in differing:
        session.say("The table {table} would come out otherwise.", table=table)
    if not differing:
        session.say("Everything stands as a rebuild would make it.")
    session.answer({"differing": differing})
    if differing:
        raise click.exceptions.Exit(EXIT_FINDINGS)


@click.command(help=_("Writes a consistent copy of the hub into one file, while it runs."))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@shared_options
@pass_session
def backup(session: Session, file: Path) -> None:
    from server.backups import note_backup
    from server.upkeep import backup as write_backup

    with session.hub() as hub:
        write_backup(hub, file)
        note_backup(hub, file.stat().st_size, sealed=False)
    session.say("The backup is in {path}. It holds everything in clear: keep it locked away.", path=file)
    session.answer({"file": str(file), "size_bytes": file.stat().st_size})


@click.command(help=_("Makes a hub from a backup in a new data folder."))
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--passphrase-stdin", is_flag=True, help=_("Reads the passphrase of a sealed backup from standard input.")
)
@shared_options
@pass_session
def restore(session: Session, file: Path, passphrase_stdin: bool) -> None:
    from server.sealing import is_sealed
    from server.upkeep import restore as unpack

    with file.open("rb") as stream:
        sealed = is_sealed(stream)
    unpack(file, session.data, _passphrase(passphrase_stdin) if sealed else None)
    session.say("The hub is restored in {path}.", path=session.data)
    session.answer({"data": str(session.data)})


def _passphrase(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    asked: str = click.prompt(_("Passphrase"), hide_input=True, err=True)
    return asked


COMMANDS = (verify, rebuild, backup, restore)
