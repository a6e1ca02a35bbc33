"""submission withdraw."""

from __future__ import annotations

import click

from server.commands.session import Session, _, pass_session, shared_options


@click.group(help=_("Submissions: withdrawing what a person takes back."))
def submission() -> None:
    pass


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
