"""bundle write, read, show."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from server.commands.session import EXIT_DAMAGED, Session, _, pass_session, shared_options

BUNDLE_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group(help=_("Carries data between hubs in files, by USB stick."))
def bundle() -> None:
    pass


@bundle.command(help=_("Writes everything that a hub is not known to hold into one file for it."))
@click.option("--for", "receiver", required=True, metavar="NAME", help=_("Hub that the file is for."))
@click.option("--out", required=True, type=BUNDLE_FILE, help=_("File to write."))
@shared_options
@pass_session
def write(session: Session, receiver: str, out: Path) -> None:
    from server.bundles import write_for

    with session.hub() as hub:
        header = write_for(hub, receiver, out)
    session.say("{path} is written for {name}: {entries} entries, {blobs} files.", path=out,
                name=header.receiver_name, entries=header.entries, blobs=header.blobs)  # fmt: skip
    session.answer(_said(header) | {"file": str(out), "size_bytes": out.stat().st_size})


@bundle.command(help=_("Takes what is in a bundle. Reading it twice changes nothing more."))
@click.argument("file", type=BUNDLE_FILE)
@shared_options
@pass_session
def read(session: Session, file: Path) -> None:
    from server.bundles import read as read_bundle

    with session.hub() as hub:
        report = read_bundle(hub, file)
    session.say("From {name}: {new} new entries, {have} held already, {blobs} new files, {refused} refused.",
                name=report.header.sender_name, new=report.taken.new, have=report.taken.have,
                blobs=report.taken.blobs, refused=report.taken.refused)  # fmt: skip
    for frame in report.damaged:
        session.say("Part {number} of {path} is damaged and was left out; the rest was taken.",
                    number=frame + 1, path=file)  # fmt: skip
    if report.cut:
        session.say("{path} ends too early, after part {number}; what was whole was taken. Copy the file again.",
                    path=file, number=report.frames)  # fmt: skip
    session.answer(
        {
            "from": report.header.sender_name,
            "new": report.taken.new,
            "have": report.taken.have,
            "refused": report.taken.refused,
            "blobs": report.taken.blobs,
            "damaged": [n + 1 for n in report.damaged],
            "cut": report.cut,
        }
    )
    if not report.whole:
        raise click.exceptions.Exit(EXIT_DAMAGED)


@bundle.command(help=_("Says from whom, for whom and how much a bundle is, without opening it."))
@click.argument("file", type=BUNDLE_FILE)
@shared_options
@pass_session
def show(session: Session, file: Path) -> None:
    from server.bundles import show as show_bundle

    header = show_bundle(file)
    session.say("From {sender} for {receiver}, made {made_at}: {entries} entries, {blobs} files.",
                sender=header.sender_name, receiver=header.receiver_name, made_at=header.made_at,
                entries=header.entries, blobs=header.blobs)  # fmt: skip
    session.answer(_said(header))


def _said(header: Any) -> dict[str, Any]:
    """The header without its sealed key."""
    return {k: v for k, v in asdict(header).items() if k not in ("key", "sender_key")}


COMMANDS = (bundle,)
