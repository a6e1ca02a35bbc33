"""hub pair: offers to pair, and takes another hub's offer."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import click

from i18n import mark
from server.commands.session import Session, _, pass_session, shared_options
from server.errors import Fault
from server.flow import ABOVE, BELOW, EQUAL, MIRROR

ADDRESS = "http://127.0.0.1:8383"
ONLY_HERE = ("http://127.", "http://localhost")
LOOK_S = 1.0
RELATIONS = {
    EQUAL: mark("{name} ({id}) is equal to this hub: everything flows both ways."),
    ABOVE: mark(
        "{name} ({id}) is above this hub: answers go up to it; forms, tablets and decisions come down."
    ),
    BELOW: mark(
        "{name} ({id}) is below this hub: its answers come up; forms, tablets and decisions go down to it."
    ),
}
HOW = (
    mark("At the other hub, in the next 15 minutes: samleng hub pair {code} --url {base}"),
    mark("Or: samleng hub pair \"{link}\""),
    mark("Or photograph the code below, and there: samleng hub pair PICTURE.jpg"),
)  # fmt: skip


@click.command(help=_("Pairs this hub with another: without WHAT makes an offer; with the other's code, link, "
                    "picture or file takes it."))  # fmt: skip
@click.argument("what", required=False)
@click.option("--url", metavar="URL", help=_("Where the other hub can be reached by network."))
@click.option(
    "--other", type=click.Choice(tuple(MIRROR)),
    help=_("What the other hub is to this one: its nation (above), its province (below), or its equal."),
)  # fmt: skip
@click.option(
    "--project", "named", multiple=True, metavar="N|NAME", help=_("Project that flows between the two.")
)
@click.option("--address", multiple=True, metavar="URL", help=_("Where this hub can be reached by network."))
@click.option(
    "--out", type=click.Path(dir_okay=False, path_type=Path),
    help=_("File to write: .png for the code as a picture, .json for an offer by hand or the reply to one."),
)  # fmt: skip
@click.option("--wait", is_flag=True, help=_("Wait until the other hub has taken the offer."))
@shared_options
@pass_session
def pair(
    session: Session,
    what: str | None,
    url: str | None,
    other: str | None,
    named: tuple[str, ...],
    address: tuple[str, ...],
    out: Path | None,
    wait: bool,
) -> None:
    with session.hub() as opened:
        if what is None:
            if url is not None:
                raise click.UsageError(_("--url goes with the other hub's code, link, picture or file."))
            _offer(session, opened, other or EQUAL, named, address, out, wait)
        elif other is not None or named or wait:
            raise click.UsageError(_("--other, --project and --wait belong to the hub that makes the offer."))
        else:
            _take(session, opened, what, url, address, out)


# Offering


def _offer(
    session: Session, hub: Any, other: str, named: Any, addresses: Any, out: Path | None, wait: bool
) -> None:
    from server.offers import offer_by_code, offer_by_file
    from server.pairing import write_new

    suffix = None if out is None else out.suffix.lower()
    if suffix not in (None, ".png", ".json"):
        raise Fault("pair.out", path=str(out))
    if out is not None and out.exists():
        raise Fault("file.exists", path=str(out))
    if out is not None and suffix == ".json":
        made = offer_by_file(hub, other, named, addresses)
        write_new(out, made.secret.encode())
        session.say("The offer is in {path}, good until {until} for one hub. Hand it over in person.",
                    path=out, until=made.expires_at)  # fmt: skip
        session.say("The other hub writes a reply; bring it back: samleng hub pair REPLY.json")
        said: dict[str, Any] = {"file": str(out)}
    else:
        made = offer_by_code(hub, other, named, addresses)
        said = _show(session, hub, made.secret, addresses, out)
    if wait:
        said |= _wait(session, hub, made.id)
    session.answer({"offer": made.id, "expires_at": made.expires_at, **said})


def _show(session: Session, hub: Any, code: str, addresses: Any, out: Path | None) -> dict[str, Any]:
    from server.tablets import terminal_text, write_png
    from sync.pairing import make_link

    base = (next(iter(addresses), None) or hub.config.public_url or ADDRESS).rstrip("/")
    link = make_link(base, hub.id, code)
    session.say("Code: {code}", code=code)
    for line in HOW[: 2 if out else 3]:
        session.say(line, code=code, base=base, link=link)
    if out is not None:
        write_png(link, out)
        session.say("Written: {path}", path=out)
    else:
        click.echo(terminal_text(link), err=session.as_json)
    session.say("This hub must be served meanwhile (samleng serve), where the other can reach it.")
    if base.startswith(ONLY_HERE):
        session.say(
            "Other computers cannot reach {base}: give this computer's address in the network with --address.",
            base=base,
        )
    return {"code": code, "link": link, "file": None if out is None else str(out)}


def _wait(session: Session, hub: Any, offer_id: str) -> dict[str, Any]:
    from server.offers import find_open, taker_of

    session.say("Waiting for the other hub; Ctrl-C leaves the offer open.")
    while find_open(hub, offer_id):
        time.sleep(LOOK_S)
    return _tell(session, hub, taker_of(hub, offer_id))


# Taking


def _take(session: Session, hub: Any, what: str, url: str | None, addresses: Any, out: Path | None) -> None:
    from server.pairing import pair_by_code, pair_by_file, pair_by_link
    from server.pictures import is_picture, read_codes
    from sync.pairing import is_link

    reply = None
    path = Path(what)
    if what.startswith(("http://", "https://")):
        peer = pair_by_link(hub, what, addresses, url)
    elif is_picture(path):
        codes = read_codes(path)
        link = next((code for code in codes if is_link(code)), codes[0])
        peer = pair_by_link(hub, link, addresses, url)
    elif path.suffix.lower() == ".json":
        peer, reply = pair_by_file(hub, path, out=out, addresses=addresses, url=url)
    elif url is None:
        raise Fault("pair.url_needed")
    else:
        peer = pair_by_code(hub, what, url, addresses)
    told = _tell(session, hub, peer)
    if reply is not None:
        session.say(
            "The reply is in {path}. Take it back to the other hub: samleng hub pair REPLY.json", path=reply
        )
    session.answer({**told, "reply": None if reply is None else str(reply)})


def _tell(session: Session, hub: Any, peer: Any) -> dict[str, Any]:
    from server.peers import fingerprint_with

    number = fingerprint_with(hub, peer)
    session.say("Paired with {name} ({id}).", name=peer.name, id=peer.id)
    session.say(RELATIONS[peer.relation], name=peer.name, id=peer.id)
    session.say("Compare by telephone; both hubs show the same number: {number}", number=number)
    return {"id": peer.id, "name": peer.name, "relation": peer.relation, "fingerprint": number}
