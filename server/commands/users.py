"""user add, user reset, user resets, user second-factor-off."""

from __future__ import annotations

import click

from server.commands.service import read_password
from server.commands.session import EXIT_FINDINGS, Session, _, pass_session, shared_options
from server.commands.tablets import ADDRESS
from server.errors import Fault
from server.roles import role_named

ROLES = ("admin", "manager", "viewer", "formfill")


@click.group(help=_("Web users: coordinators, analysts, data collectors."))
def user() -> None:
    pass


@user.command(help=_("Adds a web user, or gives one another role."))
@click.argument("email")
@click.option(
    "--role", type=click.Choice(ROLES), default="viewer", show_default=True, help=_("What they may do.")
)
@click.option("--project", metavar="N|NAME", help=_("Project in which; without it, the whole hub."))
@click.option("--password-stdin", is_flag=True, help=_("Read the password from standard input."))
@shared_options
@pass_session
def add(session: Session, email: str, role: str, project: str | None, password_stdin: bool) -> None:
    from server.accounts import assign, create_user
    from server.peers import project_of
    from server.store import actors

    if email.count("@") != 1:
        raise Fault("email.invalid", email=email)
    with session.hub() as hub:
        where = project_of(hub, project) if project else None
        if actors.find_by_email(hub.read(), email) is not None:
            raise Fault("email.taken", email=email)
        made = create_user(hub, email, read_password(session, password_stdin), email)
        assign(hub, made, role_named(role), where)
        session.say("The user {email} is added with the role {role}.", email=email, role=role)
        session.answer({"id": made.id, "email": made.email, "role": role})


@user.command(help=_("Makes a link with which a web user sets a new password, once, within a day."))
@click.argument("email")
@click.option("--address", metavar="URL", help=_("Where the user reaches this hub; default: public_url."))
@shared_options
@pass_session
def reset(session: Session, email: str, address: str | None) -> None:
    from server.clock import shown
    from server.resets import hand_out, link_of
    from server.store import actors

    with session.hub() as hub:
        held = actors.find_by_email(hub.read(), email)
        if held is None:
            raise Fault("user.unknown", email=email)
        made = hand_out(hub, held)
        link = link_of(address or hub.config.public_url or ADDRESS, made)
        until = shown(made.expires_at)
        session.say(
            "Give this to {email}, and to nobody else. It holds until {until}:", email=email, until=until
        )
        click.echo(link, err=session.as_json)
        session.answer({"email": held.email, "token": made.token, "url": link, "expiresAt": until})


@user.command(help=_("Lists who asked for a new password."))
@shared_options
@pass_session
def resets(session: Session) -> None:
    from server.clock import shown
    from server.store.resets import list_requests

    with session.hub() as hub:
        asked = list_requests(hub.read())
        for each in asked:
            click.echo(f"{each.user.email}  {shown(each.asked_at)}", err=session.as_json)
        if not asked:
            session.say("Nobody waits for a new password.")
        session.answer({"asked": [{"email": a.user.email, "askedAt": shown(a.asked_at)} for a in asked]})


@user.command(help=_("Takes a user's second factor off, when phone and recovery codes are lost."))
@click.argument("email")
@shared_options
@pass_session
def second_factor_off(session: Session, email: str) -> None:
    from server.second_factor import is_on, switch_off
    from server.store import actors

    with session.hub() as hub:
        held = actors.find_by_email(hub.read(), email)
        if held is None:
            raise Fault("user.unknown", email=email)
        was_on = is_on(hub, held)
        if was_on:
            switch_off(hub, held, None)
    session.say("{email} signs in with the password alone.", email=email)
    session.answer({"email": held.email, "changed": was_on})
    if not was_on:
        raise click.exceptions.Exit(EXIT_FINDINGS)


COMMANDS = (user,)
