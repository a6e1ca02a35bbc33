"""submission where and withdraw."""

from __future__ import annotations

from typing import Any

import click

from i18n import mark
from server.commands.session import Session, _, pass_session, shared_options
from server.errors import Fault

GIVEN = mark("- {name} gave it to this hub.")
PROVED = mark("- {name} holds it since {since}, by its signed receipt {proof}.")


@click.group(help=_("Submissions: who holds them, and withdrawing what a person takes back."))
def submission() -> None:
    pass


@submission.command(help=_("Says which hubs hold a submission, since when, and by what proof."))
@click.argument("instanceid")
@click.option("--project", required=True, metavar="N|NAME", help=_("Project of the form."))
@click.option("--form", "form_id", required=True, metavar="ID", help=_("Form of the submission."))
@shared_options
@pass_session
def where(session: Session, instanceid: str, project: str, form_id: str) -> None:
    from server.exporting import form_named
    from server.holding import holders_of
    from server.peers import project_of
    from server.subjects import submission_subject

    with session.hub() as hub:
        form = form_named(hub, project_of(hub, project).id, form_id)
        held = holders_of(hub, submission_subject(form.project_uid, form.key, instanceid))
    if not held:
        raise Fault("submission.unknown", instance_id=instanceid, form_id=form_id)
    for fact in held:
        session.say("{kind}, made {made_at}: {id}", kind=fact.kind, made_at=fact.made_at, id=fact.entry)
        for name, (since, proof) in sorted(fact.holders.items()):
            message = GIVEN if proof is None else PROVED
            session.say(message, name=name, since=since, proof=proof)
        if not fact.holders:
            session.say("- No other hub is known to hold it yet.")
    session.answer({"instanceId": instanceid, "entries": [_fact(fact) for fact in held]})


def _fact(fact: Any) -> dict[str, Any]:
    holders = [{"hub": n, "since": since, "receipt": proof} for n, (since, proof) in fact.holders.items()]
    return {"id": fact.entry, "kind": fact.kind, "madeAt": fact.made_at, "holders": holders}


@submission.command(
    help=_(
        "Wipes a submission with its files, here and on every hub that the withdrawal reaches. "
        "This cannot be undone."
    )
)
@click.argument("instanceid")
@click.option("--project", required=True, metavar="N|NAME", help=_("Project of the form."))
@click.option("--form", "form_id", required=True, metavar="ID", help=_("Form of the submission."))
@click.option(
    "--reason", metavar="TEXT", help=_("A short reason without personal data; it stays and travels.")
)
@shared_options
@pass_session
def withdraw(session: Session, instanceid: str, project: str, form_id: str, reason: str | None) -> None:
    from server.exporting import form_named
    from server.peers import project_of
    from server.withdrawal import withdraw as take_back

    with session.hub() as hub:
        form = form_named(hub, project_of(hub, project).id, form_id)
        wiped = take_back(hub, form, instanceid, reason=reason)
        erased = hub.erase()
    session.say("{instance_id} is withdrawn: {count} entries are wiped here. "
                "Other hubs wipe theirs once the withdrawal reaches them.",
                instance_id=instanceid, count=wiped)  # fmt: skip
    if not erased:
        session.say(
            "Somebody is still reading, so the last traces on this disk go when that ends, "
            "at the latest at the next start."
        )
    session.say("Backups made before still hold it: destroy them, or let them grow old.")
    session.answer({"instanceId": instanceid, "wiped": wiped, "erased": erased})


COMMANDS = (submission,)
