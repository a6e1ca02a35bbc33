"""conflict list, show, resolve; parked list, accept."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, Any

import click

from i18n import mark, translate
from server.commands.session import EXIT_FINDINGS, Session, _, pass_session, shared_options
from server.errors import Fault

if TYPE_CHECKING:
    from server.conflicts import Conflict

PROJECT = click.option("--project", required=True, metavar="N|NAME", help=_("Project of the form."))
FORM = click.option("--form", "form_id", required=True, metavar="ID", help=_("Form of the submission."))
ANY_FORM = click.option("--form", "form_id", metavar="ID", help=_("Only this form."))
KINDS = {
    "versions": mark("{sides} versions made apart"),
    "review": mark("{sides} reviews that differ"),
    "deleted": mark("deleted by one who did not know everything ({sides})"),
}
STATES = ("received", "hasIssues", "edited", "rejected", "approved")


@click.group(help=_("What hubs said apart about a submission, and which of it stands."))
def conflict() -> None:
    pass


@conflict.command(name="list", help=_("Lists the submissions that a person must decide about."))
@PROJECT
@ANY_FORM
@shared_options
@pass_session
def list_(session: Session, project: str, form_id: str | None) -> None:
    from server.conflict_shapes import row_json
    from server.exporting import form_named
    from server.peers import project_of
    from server.store import conflicts, forms

    with session.hub() as hub:
        where = project_of(hub, project)
        only = form_named(hub, where.id, form_id) if form_id is not None else None
        names = {f.id: f.xml_form_id for f in forms.list_forms(hub.read(), where.id)}
        rows = conflicts.list_conflicts(hub.read(), where.id, only.id if only else None)
    found = [row_json(row, names[row.form_id]) for row in rows if row.form_id in names]
    for row in found:
        click.echo(
            f"{row['xmlFormId']}  {row['instanceId']}  {_kinds(session, row['kinds'])}", err=session.as_json
        )
    session.say("{count} submissions wait for a decision.", count=len(found))
    session.answer({"conflicts": found})


def _kinds(session: Session, kinds: dict[str, int]) -> str:
    return "; ".join(translate(KINDS[kind], session.lang, sides=sides) for kind, sides in kinds.items())


@conflict.command(help=_("Shows the sides of a conflict, question by question."))
@click.argument("instanceid")
@PROJECT
@FORM
@shared_options
@pass_session
def show(session: Session, instanceid: str, project: str, form_id: str) -> None:
    from server.conflict_shapes import conflict_json
    from server.conflicts import read_conflict
    from server.store.peers import hub_names

    with session.hub() as hub:
        form, held = _find(hub, project, form_id, instanceid)
        found = read_conflict(hub, form, held)
        said = conflict_json(found, instanceid, hub_names(hub.read()))
    _say(session, found, said)
    session.answer(said)
    if not found.kinds:
        raise click.exceptions.Exit(EXIT_FINDINGS)


def _find(hub: Any, project: str, form_id: str, instance_id: str) -> tuple[Any, Any]:
    """(form, submission). Raises Fault project.unknown, form.unknown, submission.unknown."""
    from server.exporting import form_named
    from server.peers import project_of
    from server.store.submissions import find_submission

    form = form_named(hub, project_of(hub, project).id, form_id)
    held = find_submission(hub.read(), form.id, instance_id)
    if held is None:
        raise Fault("submission.unknown", instance_id=instance_id, form_id=form_id)
    return form, held


def _say(session: Session, found: Conflict, said: dict[str, Any]) -> None:
    if not found.kinds:
        session.say("There is no conflict about {instance_id}.", instance_id=said["instanceId"])
        return
    session.say("{instance_id}: {kinds}", instance_id=said["instanceId"], kinds=_kinds(session, found.kinds))
    for version in said["versions"]:
        session.say("Version {version} from {hub} by {by}, {made_at}", version=version["instanceId"],
                    hub=version["hub"], by=version["by"] or "–", made_at=version["createdAt"])  # fmt: skip
    for question in said["questions"] or ():
        values = zip(said["versions"], question["values"], strict=True)
        _echo(session, _named(session, question), [(v["instanceId"], value) for v, value in values])
    if said["questions"] is None:
        session.say("The answers cannot be read here. Pick a version as a whole.")
    for review in said["reviews"]:
        _echo(session, review["reviewState"] or STATES[0], [(review["hub"], review["by"])])
    for entry in said["apart"]:
        _echo(session, entry["kind"], [(entry["hub"], entry["by"])])


def _named(session: Session, question: dict[str, Any]) -> str:
    """The question in the caller's language, else in any, and the path that `resolve --take` wants."""
    labels = question["label"]
    label = labels.get(session.lang) or next(iter(labels.values()), "")
    return f"{label}  ({question['path']})" if label else question["path"]


def _echo(session: Session, name: str, values: list[tuple[str, Any]]) -> None:
    click.echo(name, err=session.as_json)
    for where, value in values:
        click.echo(f"    {where}: {'–' if value is None else value}", err=session.as_json)


@conflict.command(help=_("Ends a conflict. The decision travels to every hub; nothing is lost by it."))
@click.argument("instanceid")
@PROJECT
@FORM
@click.option("--pick", metavar="VERSION", help=_("The version that stands, by its instanceID."))
@click.option(
    "--take",
    multiple=True,
    metavar="PATH=VERSION",
    help=_("Take the answer to this question from this version. May be said more than once."),
)
@click.option("--review", type=click.Choice(STATES), help=_("The review state that holds."))
@click.option("--restore", is_flag=True, help=_("Take it back from the trash."))
@click.option("--keep-deleted", is_flag=True, help=_("Leave it in the trash, knowing everything."))
@shared_options
@pass_session
def resolve(
    session: Session, instanceid: str, project: str, form_id: str, pick: str | None, take: tuple[str, ...],
    review: str | None, restore: bool, keep_deleted: bool,
) -> None:  # fmt: skip
    from server.conflicts import decide, read_conflict

    said = _decision(pick, take, review, restore, keep_deleted)
    with session.hub() as hub:
        form, held = _find(hub, project, form_id, instanceid)
        decide(hub, form, held, said, instance_id=f"uuid:{uuid.uuid4()}")
        left = read_conflict(hub, form, _find(hub, project, form_id, instanceid)[1])
    session.say("Decided: {instance_id}.", instance_id=instanceid)
    if left.kinds:
        session.say("{instance_id}: {kinds}", instance_id=instanceid, kinds=_kinds(session, left.kinds))
    session.answer({"instanceId": instanceid, "current": left.sides[0].instance_id, "kinds": left.kinds})


def _decision(
    pick: str | None, take: tuple[str, ...], review: str | None, restore: bool, keep_deleted: bool
) -> dict[str, Any]:
    """What `decide` takes. Raises Fault conflict.decision unless exactly one thing was said."""
    taken = dict(choice.partition("=")[::2] for choice in take)
    said: list[dict[str, Any]] = []
    said += [{"pick": pick}] if pick is not None else []
    said += [{"take": taken}] if taken else []
    said += [{"reviewState": None if review == STATES[0] else review}] if review is not None else []
    said += [{"deleted": False}] if restore else []
    said += [{"deleted": True}] if keep_deleted else []
    if len(said) != 1 or not all(taken.values()):
        raise Fault("conflict.decision", options="--pick, --take, --review, --restore, --keep-deleted")
    return said[0]


@click.group(help=_("Submissions that are set aside until a person or a form comes."))
def parked() -> None:
    pass


@parked.command(name="list", help=_("Lists what is set aside, and why."))
@PROJECT
@ANY_FORM
@shared_options
@pass_session
def list_parked(session: Session, project: str, form_id: str | None) -> None:
    from server.conflict_shapes import parked_json
    from server.notices import PARKED
    from server.peers import project_of
    from server.store import forms, submissions
    from server.subjects import form_key

    with session.hub() as hub:
        where = project_of(hub, project)
        form = forms.find_form(hub.read(), where.id, form_id) if form_id is not None else None
        key = form.key if form is not None else form_key(form_id) if form_id is not None else None
        found = [parked_json(row) for row in submissions.list_parked(hub.read(), where.id, key)]
    for row in found:
        code = row["reason"]
        reason = translate(PARKED[code], session.lang)
        click.echo(f"{row['id']}  {row['xmlFormId']}  {row['instanceId']}  {reason}", err=session.as_json)
    session.say("{count} submissions are set aside.", count=len(found))
    session.answer({"parked": found})


@parked.command(help=_("Lets a submission that was set aside take part, on every hub."))
@click.argument("entry", metavar="ID")
@click.option("--project", required=True, metavar="N|NAME", help=_("Project that it is in."))
@shared_options
@pass_session
def accept(session: Session, entry: str, project: str) -> None:
    from server.parked import accept as let_in
    from server.peers import project_of

    with session.hub() as hub:
        made = let_in(hub, project_of(hub, project), entry)
    session.say("{instance_id} takes part now.", instance_id=made.body["instance_id"])
    session.answer({"id": made.id, "instanceId": made.body["instance_id"]})


COMMANDS = (conflict, parked)
