"""tablet add, tablet qr."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from server.commands.session import Session, _, pass_session, shared_options

PICTURE = click.Path(dir_okay=False, path_type=Path)
ADDRESS = "http://127.0.0.1:8383"
ONLY_HERE = ("http://127.", "http://localhost")


@click.group(help=_("Tablets with ODK Collect: their access and their QR code."))
def tablet() -> None:
    pass


@tablet.command(help=_("Gives a tablet access to a project and shows the QR code to scan."))
@click.argument("name")
@click.option("--project", required=True, metavar="N|NAME", help=_("Project that it sends to."))
@click.option(
    "--form", "form_ids", multiple=True, metavar="ID", help=_("Form that it sees; without it, all of now.")
)
@click.option("--address", metavar="URL", help=_("Where the tablet reaches this hub; default: public_url."))
@click.option("--out", type=PICTURE, help=_("PNG file to write the code to."))
@shared_options
@pass_session
def add(
    session: Session,
    name: str,
    project: str,
    form_ids: tuple[str, ...],
    address: str | None,
    out: Path | None,
) -> None:
    from server.peers import project_of
    from server.tablets import add_tablet

    with session.hub() as hub:
        where = project_of(hub, project)
        made = add_tablet(hub, where, name, form_ids)
        session.say("The tablet {name} is added.", name=name)
        _show(session, hub, where, made, address, out)


@tablet.command(help=_("Shows a tablet's QR code again."))
@click.argument("name")
@click.option("--project", required=True, metavar="N|NAME", help=_("Project that it sends to."))
@click.option("--address", metavar="URL", help=_("Where the tablet reaches this hub; default: public_url."))
@click.option("--out", type=PICTURE, help=_("PNG file to write the code to."))
@shared_options
@pass_session
def qr(session: Session, name: str, project: str, address: str | None, out: Path | None) -> None:
    from server.peers import project_of
    from server.tablets import find_tablet

    with session.hub() as hub:
        where = project_of(hub, project)
        _show(session, hub, where, find_tablet(hub, where, name), address, out)


def _show(session: Session, hub: Any, project: Any, made: Any, address: str | None, out: Path | None) -> None:
    from server.tablets import payload, server_url, settings_of, terminal_text, write_png

    base = (address or hub.config.public_url or ADDRESS).rstrip("/")
    said = payload(settings_of(base, project, made))
    if out is not None:
        write_png(said, out)
        session.say("Written: {path}", path=out)
    else:
        click.echo(terminal_text(said), err=session.as_json)
    url = server_url(base, project, made)
    session.say("Server address for ODK Collect: {url}", url=url)
    if base.startswith(ONLY_HERE):
        session.say(
            "Tablets cannot reach {base}: give this computer's address in the network with --address.",
            base=base,
        )
    session.answer({"id": made.id, "name": made.display_name, "url": url, "qr": said})


COMMANDS = (tablet,)
