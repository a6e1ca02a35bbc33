"""project add, project encrypt, project privacy."""

from __future__ import annotations

import click

from server.commands.service import read_passphrase
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


@project.command(help=_("Has the answers to a project's forms encrypted, to be read by passphrase alone."))
@click.argument("name", metavar="N|NAME")
@click.option("--hint", help=_("What reminds you of the passphrase; everybody who may read answers sees it."))
@click.option("--passphrase-stdin", is_flag=True, help=_("Read the passphrase from standard input."))
@shared_options
@pass_session
def encrypt(session: Session, name: str, hint: str | None, passphrase_stdin: bool) -> None:
    """Once more, it gives the key to forms that another hub published without it."""
    from server.encrypting import encrypt_forms, encrypt_project
    from server.peers import project_of
    from server.store import forms

    with session.hub() as hub:
        found = project_of(hub, name)
        if found.key_id is None:
            encrypt_project(hub, found, read_passphrase(passphrase_stdin, confirm=True), hint)
            changed = [form.xml_form_id for form in forms.list_forms(hub.read(), found.id)]
            session.say("Keep the passphrase: without it nobody can ever read what is sent from now on.")
        else:
            changed = encrypt_forms(hub, found)
    for form_id in changed:
        session.say("{form_id}: tablets get its encrypted version with the next update.", form_id=form_id)
    session.answer({"id": found.id, "forms": changed})


@project.command(
    help=_("Says or shows how carefully answers are kept whose questions do not say it themselves.")
)
@click.argument("name", metavar="N|NAME")
@click.option("--names", metavar="LEVEL", help=_("Names of people."))
@click.option("--phones", metavar="LEVEL", help=_("Telephone numbers and e-mail addresses."))
@click.option("--identifiers", metavar="LEVEL", help=_("Addresses, numbers of cards, dates of birth."))
@click.option("--devices", metavar="LEVEL", help=_("What a tablet fills in about itself and its user."))
@click.option("--recordings", metavar="LEVEL", help=_("Pictures, voices and other files."))
@click.option("--places", metavar="LEVEL", help=_("Places found by satellite."))
@shared_options
@pass_session
def privacy(session: Session, /, name: str, **levels: str | None) -> None:
    from server.peers import project_of
    from server.privacy.keeping import defaults_of, set_defaults

    said = {kind: level.lower() for kind, level in levels.items() if level is not None}
    with session.hub() as hub:
        found = project_of(hub, name)
        held = set_defaults(hub, found.uid, said) if said else defaults_of(hub, found.uid)
    for kind, level in held.items():
        session.say("{kind}: {level}", kind=kind, level=level)
    session.answer({"id": found.id, "levels": held})


COMMANDS = (project,)
