"""hub card, add, list, remove."""

from __future__ import annotations

import json
from pathlib import Path

import click

from server.commands.pairing import RELATIONS, pair
from server.commands.session import EXIT_FINDINGS, Session, _, pass_session, shared_options
from server.errors import Fault
from server.flow import EQUAL, MIRROR


@click.group(help=_("This hub and those it exchanges data with."))
def hub() -> None:
    pass


@hub.command(help=_("Writes this hub's card, for the coordinator of another hub."))
@click.option(
    "--out", required=True, type=click.Path(dir_okay=False, path_type=Path), help=_("File to write.")
)
@click.option("--address", multiple=True, metavar="URL", help=_("Where this hub can be reached by network."))
@shared_options
@pass_session
def card(session: Session, out: Path, address: tuple[str, ...]) -> None:
    from server.peers import make_card

    with session.hub() as opened:
        said = make_card(opened, address).said()
    try:
        out.write_text(json.dumps(said, ensure_ascii=False, indent=1), encoding="utf-8")
    except OSError as fault:
        raise Fault("file.unwritable", path=str(out), reason=fault.strerror or "") from fault
    session.say("The card of {name} is in {path}.", name=said["name"], path=out)
    session.answer({"id": said["id"], "name": said["name"], "file": str(out)})


@hub.command(help=_("Knows another hub by its card."))
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--url", help=_("Where that hub can be reached by network."))
@click.option(
    "--project", "named", multiple=True, metavar="N|NAME", help=_("Project that flows between the two.")
)
@click.option(
    "--other", type=click.Choice(tuple(MIRROR)), default=EQUAL, show_default=True,
    help=_("What the other hub is to this one: its nation (above), its province (below), or its equal."),
)  # fmt: skip
@shared_options
@pass_session
def add(session: Session, file: Path, url: str | None, named: tuple[str, ...], other: str) -> None:
    from server.peers import add_peer, read_card

    with session.hub() as opened:
        peer = add_peer(opened, read_card(file), url=url, projects_named=named, relation=other)
    session.say("The hub {name} is known here now.", name=peer.name)
    session.answer({"id": peer.id, "name": peer.name})


@hub.command(name="list", help=_("Lists the hubs known here."))
@shared_options
@pass_session
def list_(session: Session) -> None:
    from server.following import reach
    from server.hub_notices import notices_of, own_notices
    from server.peers import fingerprint_with
    from server.store.peers import list_peers

    with session.hub() as opened:
        known = [(peer, *reach(opened.read(), peer)) for peer in list_peers(opened.read())]
        session.say("This hub is {name} ({id}).", name=opened.name, id=opened.id)
        for peer, holds, seen in known:
            session.say(RELATIONS[peer.relation], name=peer.name, id=peer.id)
            session.say("It holds our entries up to {holds}; we hold its entries up to {seen}.",
                        holds=holds, seen=seen)  # fmt: skip
            session.say("Number to compare with its coordinator: {number}",
                        number=fingerprint_with(opened, peer))  # fmt: skip
        told = own_notices(opened) + [n for peer, _h, _s in known for n in notices_of(opened, peer)]
        for text in dict.fromkeys(notice.text(session.lang) for notice in told):
            session.say(text)
        session.answer(
            {
                "id": opened.id,
                "name": opened.name,
                "hubs": [
                    {
                        "id": p.id,
                        "name": p.name,
                        "url": p.url,
                        "relation": p.relation,
                        "projects": p.projects and json.loads(p.projects),
                        "holds": holds,
                        "seen": seen,
                        "fingerprint": fingerprint_with(opened, p),
                    }
                    for p, holds, seen in known
                ],
            }
        )
    if not known:
        raise click.exceptions.Exit(EXIT_FINDINGS)


@hub.command(help=_("Forgets a hub; what was exchanged with it stays."))
@click.argument("name")
@shared_options
@pass_session
def remove(session: Session, name: str) -> None:
    from server.peers import remove_peer

    with session.hub() as opened:
        peer = remove_peer(opened, name)
    session.say("The hub {name} is no longer known here.", name=peer.name)
    session.answer({"id": peer.id, "name": peer.name})


hub.add_command(pair)
COMMANDS = (hub,)
