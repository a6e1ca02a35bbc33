"""consultation, search."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from server.commands.session import EXIT_FINDINGS, Session, _, pass_session, shared_options

if TYPE_CHECKING:
    from server.consultation.searching import Found


@click.command(help=_("Says where the consultation database is, and what it holds of each form."))
@click.option("--update", is_flag=True, help=_("Bring it up to everything that the hub holds first."))
@shared_options
@pass_session
def consultation(session: Session, update: bool) -> None:
    from server.consultation.telling import overview

    with session.hub() as hub:
        told = overview(hub, update=update)
    session.say("Consultation database: {path}", path=told.path)
    for form in told.forms:
        session.say("- {table}: {rows} submissions of the form {form} ({project})", table=form.table,
                    rows=form.tables[form.table], form=form.form_id, project=form.project)  # fmt: skip
        for name, rows in form.tables.items():
            if name != form.table:
                click.echo(f"    {name}: {rows}", err=session.as_json)
    if told.current:
        session.say("It holds everything that the hub holds.")
    else:
        session.say("It does not hold everything yet: samleng consultation --update brings it up.")
    session.answer(
        {"file": str(told.path), "current": told.current,
         "forms": [{"projectId": f.project_id, "project": f.project, "xmlFormId": f.form_id, "table": f.table,
                    "rows": f.tables} for f in told.forms]}
    )  # fmt: skip


@click.command(
    help=_("Looks for words in open answers. It shows what people said: read it where nobody looks on.")
)
@click.argument("words", nargs=-1, required=True)
@click.option("--project", metavar="N|NAME", help=_("Only this project."))
@click.option("--form", "form_id", metavar="ID", help=_("Only this form."))
@click.option(
    "--limit", type=click.IntRange(1), default=20, show_default=True, help=_("How many answers at most.")
)
@shared_options
@pass_session
def search(
    session: Session, words: tuple[str, ...], project: str | None, form_id: str | None, limit: int
) -> None:
    from server.consultation.searching import look_up
    from server.consultation.telling import answer_json

    with session.hub() as hub:
        result = look_up(hub, " ".join(words), project, form_id, limit)
    for found in result.answers:
        _show(session, found)
    if result.more:
        session.say("There are more: --limit shows them.")
    if not result.answers:
        session.say("Nobody said this in an open answer.")
    session.answer({"answers": [answer_json(found) for found in result.answers], "more": result.more})
    if not result.answers:
        raise click.exceptions.Exit(EXIT_FINDINGS)


def _show(session: Session, found: Found) -> None:
    label = found.labels.get(session.lang) or next(iter(found.labels.values()), found.column)
    click.echo(f"{found.form_id}  {' '.join(label.split())}", err=session.as_json)
    click.echo(f"  {found.key}", err=session.as_json)
    click.echo(f"  {_marked(found)}", err=session.as_json)


def _marked(found: Found) -> str:
    """The words stand out where the terminal can do so."""
    text, end, pieces = found.snippet, 0, list[str]()
    for start, stop in found.marks:
        if start >= end:
            pieces += [text[end:start], click.style(text[start:stop], bold=True)]
            end = stop
    return "".join([*pieces, text[end:]]).replace("\r", " ").replace("\n", " ")


COMMANDS: tuple[Any, ...] = (consultation, search)
