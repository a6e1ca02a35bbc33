"""user add."""

from __future__ import annotations

import click

from server.commands.service import read_password
from server.commands.session import Session, _, pass_session, shared_options
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


COMMANDS = (user,)
