"""init and serve."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable
from typing import Any

import click

from i18n import mark
from server.commands.session import Session, _, pass_session, shared_options
from server.errors import Fault
from server.roles import role_named


@click.command(help=_("Makes a hub and its first administrator."))
@click.option("--name", required=True, help=_("Name of the hub, such as its province."))
@click.option("--admin", required=True, metavar="EMAIL", help=_("Email address of the first administrator."))
@click.option("--password-stdin", is_flag=True, help=_("Read the password from standard input."))
@shared_options
@pass_session
def init(session: Session, name: str, admin: str, password_stdin: bool) -> None:
    from server.accounts import assign, check_new_password, create_user
    from server.hub import Hub

    password = read_password(session, password_stdin)
    check_new_password(password)
    if admin.count("@") != 1:
        raise Fault("email.invalid", email=admin)
    hub = Hub.create(session.data, name)
    try:
        assign(hub, create_user(hub, admin, password, admin), role_named("admin"))
        session.say("The hub {name} is made in {path}.", name=name, path=session.data)
        session.answer({"hub": hub.id, "name": name, "data": str(session.data)})
    finally:
        hub.close()


def read_password(session: Session, from_stdin: bool) -> str:
    """From standard input, else asked twice without showing it."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    asked: str = click.prompt(_("Password"), hide_input=True, confirmation_prompt=True, err=True)
    return asked


def read_passphrase(from_stdin: bool, *, confirm: bool = False) -> str:
    """As read_password, for what opens encrypted answers."""
    if from_stdin:
        return sys.stdin.readline().rstrip("\r\n")
    asked: str = click.prompt(_("Passphrase"), hide_input=True, confirmation_prompt=confirm, err=True)
    return asked


NO_HUB = mark("There is no hub in {path} yet. Open {url} in a browser on this computer to set one up.")


@click.command(help=_("Serves the hub until it is stopped with Ctrl-C."))
@click.option(
    "--host",
    show_default="127.0.0.1",
    help=_(
        "Address to listen on. Without it, the hub is opened to its network, and shut, on the page Network."
    ),
)
@click.option(
    "--port", default=8383, show_default=True, type=click.IntRange(0, 65535), help=_("Port to listen on.")
)
@shared_options
@pass_session
def serve(session: Session, host: str | None, port: int) -> None:
    from server.config import load_config
    from server.door import Door
    from server.opening import Opening
    from server.serve import serve as serve_app

    backgrounds: list[Any] = []

    def opened(app: Any) -> None:
        app.extensions["samleng"].door = door
        backgrounds.append(_begin_work(app.extensions["samleng"].hub))

    def ready(url: str) -> None:
        if not opening.is_open:
            session.hint(NO_HUB, path=session.data, url=url)
        click.echo(f"listening on {url}")
        sys.stdout.flush()

    config = load_config(session.data, {})
    settings: dict[str, Any] = {
        "threads": config.threads,
        "body_limit": config.max_content_length,
        "trusted_proxy": config.trusted_proxy,
    }
    door = Door(session.data, host)
    opening = Opening(session.data, opened)
    try:
        serve_app(opening, host=door, port=port, ready=ready, **settings)
    finally:
        for background in filter(None, backgrounds):
            background.stop()
        opening.close()


def _begin_work(hub: Any) -> Any:
    """What a served hub begins with; then its background, if it is to have one."""
    from server import spool
    from server.upkeep import sweep

    sweep(hub)
    spool.sweep(hub.data, hub.clock.now().timestamp())
    background = _background(hub)
    if background is not None:
        background.start()
    return background


def _background(hub: Any) -> Any:
    """What the served hub does by itself; None when it is to do nothing."""
    from server.background import Background, Schedule
    from server.commands.sizes import read_attachments
    from server.syncing import default_world
    from sync.exchange import Wishes

    every_s = hub.config.sync_minutes * 60
    if not hub.config.background:
        return None
    wishes = Wishes(read_attachments(hub.config.sync_attachments))

    def make(wait: Callable[[float], None]) -> Schedule:
        return Schedule(hub, default_world(wait, random.random, time.monotonic), every_s, wishes)

    return Background(hub, make)


COMMANDS = (init, serve)
