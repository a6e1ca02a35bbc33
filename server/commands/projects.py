"""project add."""

from __future__ import annotations

import click

from server.commands.session import Session, _, pass_session, shared_options


@click.group(help=_("Projects: each holds forms, their tablets and what they send."))
def project() -> None:
    pass


@project.command(help=_("Makes a project."))
@click.argument("name")
@shared_options
@pass_session
def add(session: Session, name: str) -> None:
    from server.projects import create_project

    with session.hub() as hub:
        made = create_project(hub, name)
    session.say("The project {name} is made; its number is {number}.", name=made.name, number=made.id)
    session.answer({"id": made.id, "name": made.name})


COMMANDS = (project,)
