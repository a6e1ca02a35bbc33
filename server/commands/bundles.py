"""bundle write, read, show."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from server.commands.session import EXIT_DAMAGED, Session, _, pass_session, shared_options
from server.commands.sizes import SIZE

BUNDLE_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group(help=_("Carries data between hubs in files, by USB stick."))
def bundle() -> None:
    pass


@bundle.command(help=_("Writes everything that a hub is not known to hold into one file for it."))
@click.option("--for", "receiver", required=True, metavar="NAME", help=_("Hub that the file is for."))
@click.option("--out", required=True, type=BUNDLE_FILE, help=_("File to write."))
@click.option("--split", type=SIZE, metavar="SIZE", help=_("Most that one file may hold, such as 4GB."))
@shared_options
@pass_session
def write(session: Session, receiver: str, out: Path, split: int | None) -> None:
    from server.bundles import numbered, write_for

    with session.hub() as hub:
        headers = write_for(hub, receiver, out, split_bytes=split)
    files = [(numbered(out, header.number), header) for header in headers]
    for path, header in files:
        session.say("{path} is written for {name}: {entries} entries, {blobs} files.", path=path,
                    name=header.receiver_name, entries=header.entries, blobs=header.blobs)  # fmt: skip
    said = [_said(header) | {"file": str(path), "size_bytes": path.stat().st_size} for path, header in files]
    session.answer(said[0] | {"files": said})


@bundle.command(help=_("Takes what is in a bundle. Reading it twice changes nothing more."))
@click.argument("files", nargs=-1, required=True, type=BUNDLE_FILE)
@click.option(
    "--receipt", type=BUNDLE_FILE, help=_("Receipt to write for the sender; beside the file if not said.")
)
@click.option("--no-receipt", is_flag=True, help=_("Write no receipt."))
@shared_options
@pass_session
def read(session: Session, files: tuple[Path, ...], receipt: Path | None, no_receipt: bool) -> None:
    from server.bundles import read as read_bundle
    from server.bundles import receipt_beside

    with session.hub() as hub:
        reports = []
        for file in files:
            beside = None if no_receipt else receipt or receipt_beside(file)
            reports.append((file, read_bundle(hub, file, beside)))
            _tell(session, *reports[-1])
    said = [_report(file, report) for file, report in reports]
    session.answer(said[0] | {"files": said})
    if not all(report.whole for _file, report in reports):
        raise click.exceptions.Exit(EXIT_DAMAGED)


def _tell(session: Session, file: Path, report: Any) -> None:
    session.say("From {name}: {new} new entries, {have} held already, {blobs} new files, {refused} refused.",
                name=report.header.sender_name, new=report.taken.new, have=report.taken.have,
                blobs=report.taken.blobs, refused=report.taken.refused)  # fmt: skip
    if report.receipts:
        session.say("{name} confirms what it holds of this hub.", name=report.header.sender_name)
    for frame in report.damaged:
        session.say("Part {number} of {path} is damaged and was left out; the rest was taken.",
                    number=frame + 1, path=file)  # fmt: skip
    if report.cut:
        session.say("{path} ends too early, after part {number}; what was whole was taken. Copy the file again.",
                    path=file, number=report.frames)  # fmt: skip
    if report.wrong:
        session.say(
            "{path} does not hold what it says. What was whole was taken; ask for a new one.", path=file
        )
    if report.has_hole:
        session.say("{path} leaves out what this hub had and lost since, being restored or a copy. Carry a "
                    "bundle from here to {name}; the next one back brings it.",
                    path=file, name=report.header.sender_name)  # fmt: skip
    if report.receipt is not None:
        session.say("The receipt for {name} is in {path}: carry it back.", name=report.header.sender_name,
                    path=report.receipt)  # fmt: skip


def _report(file: Path, report: Any) -> dict[str, Any]:
    return {
        "file": str(file),
        "from": report.header.sender_name,
        "new": report.taken.new,
        "have": report.taken.have,
        "refused": report.taken.refused,
        "blobs": report.taken.blobs,
        "damaged": [n + 1 for n in report.damaged],
        "cut": report.cut,
        "wrong": report.wrong,
        "hole": report.has_hole,
        "confirmed": report.receipts > 0,
        "receipt": str(report.receipt) if report.receipt else None,
    }


@bundle.command(help=_("Says from whom, for whom and how much a bundle is, without opening it."))
@click.argument("file", type=BUNDLE_FILE)
@shared_options
@pass_session
def show(session: Session, file: Path) -> None:
    from server.bundles import look_inside
    from server.bundles import show as show_bundle

    header = show_bundle(file)
    session.say("From {sender} for {receiver}, made {made_at}: {entries} entries, {blobs} files.",
                sender=header.sender_name, receiver=header.receiver_name, made_at=header.made_at,
                entries=header.entries, blobs=header.blobs)  # fmt: skip
    if header.files > 1:
        session.say("It is file {number} of {files} that were written together.", number=header.number,
                    files=header.files)  # fmt: skip
    inside = None
    if (session.data / "hub.db").exists():
        with session.hub() as hub:
            inside = look_inside(hub, file)
    if inside is not None:
        for kind, count in sorted(inside.items()):
            session.say("{kind}: {count}", kind=kind, count=count)
    session.answer(_said(header) | {"kinds": inside})


def _said(header: Any) -> dict[str, Any]:
    """The header without its keys."""
    return {k: v for k, v in asdict(header).items() if k not in ("key", "sender_key")}


COMMANDS = (bundle,)
