"""sync."""

from __future__ import annotations

import random
import sys
import time
from typing import Any

import click

from i18n import mark
from server.commands.session import EXIT_FINDINGS, Session, _, pass_session, shared_options
from server.commands.sizes import SIZE, shown_size
from server.errors import Fault

ATTACHMENTS = _("Files that go along: all, none, or those up to a size such as 200KB.")


class Attachments(click.ParamType):
    """all (None), none (0), or a size in bytes."""

    name = "attachments"

    def convert(self, value: Any, param: click.Parameter | None, context: click.Context | None) -> int | None:
        if value in ("all", "none", None):
            return 0 if value == "none" else None
        size: int = SIZE.convert(value, param, context)
        return size


@click.command(help=_("Exchanges with a hub over the network, or with every hub that has an address."))
@click.argument("name", required=False)
@click.option("--attachments", default="all", show_default=True, type=Attachments(), help=ATTACHMENTS)
@shared_options
@pass_session
def sync(session: Session, name: str | None, attachments: int | None) -> None:
    from server.syncing import reachable

    with session.hub() as hub:
        names = [name] if name is not None else [peer.name for peer in reachable(hub)]
        done = [_sync_one(session, hub, peer, attachments) for peer in names]
    session.answer({"hubs": done})
    if not names:
        session.say("No hub is known here that has an address. Pair one with `samleng hub pair`.")
        raise click.exceptions.Exit(EXIT_FINDINGS)
    failed = [said for said in done if said["fault"]]
    if failed:
        raise click.exceptions.Exit(max(said["exit"] for said in failed))


def _sync_one(session: Session, hub: Any, name: str, largest: int | None) -> dict[str, Any]:
    """One hub that cannot be reached keeps no other from being synced."""
    from server.hub_notices import notices_of
    from server.syncing import default_world, sync_with
    from sync.exchange import Progress, Wishes

    line = _Line(session)
    progress = Progress()
    try:
        meeting = sync_with(hub, name, default_world(time.sleep, random.random, time.monotonic),
                            wishes=Wishes(largest), tell=line.tell, progress=progress)  # fmt: skip
    except Fault as fault:
        line.end()
        click.echo(fault.text(session.lang), err=True)
        return _said(name, progress) | {"fault": fault.code, "exit": fault.exit_code}
    line.end()
    session.say(
        mark("{name}: {sent} entries and {files_sent} files sent, {received} and {files_received} received, {size}."),
        name=name, sent=progress.sent, files_sent=progress.files_sent, received=progress.received,
        files_received=progress.files_received, size=shown_size(progress.bytes_out + progress.bytes_in),
    )  # fmt: skip
    for notice in notices_of(hub, meeting.peer, meeting.replies):
        session.say(notice.text(session.lang))
    return _said(name, progress) | {"fault": None, "exit": 0}


def _said(name: str, progress: Any) -> dict[str, Any]:
    return {
        "name": name, "done": progress.done, "sent": progress.sent, "received": progress.received,
        "files_sent": progress.files_sent, "files_received": progress.files_received,
        "bytes_out": progress.bytes_out, "bytes_in": progress.bytes_in, "breaks": progress.breaks,
    }  # fmt: skip


class _Line:
    """One line that grows, for people at a terminal."""

    def __init__(self, session: Session) -> None:
        self._session, self._begun = session, time.monotonic()
        self._shown = sys.stderr.isatty()

    def tell(self, progress: Any) -> None:
        if not self._shown:
            return
        gone = progress.sent + progress.received
        size = shown_size(progress.bytes_out + progress.bytes_in)
        left_s = progress.left * (time.monotonic() - self._begun) / gone if gone else 0
        text = _("{gone} entries, about {left} to go, {size}, about {minutes} min more").format(
            gone=gone, left=progress.left, size=size, minutes=max(round(left_s / 60), 0)
        )
        click.echo(f"\r\x1b[K{text}", nl=False, err=True)

    def end(self) -> None:
        if self._shown:
            click.echo("\r\x1b[K", nl=False, err=True)


COMMANDS = (sync,)
