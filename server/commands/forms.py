"""form compile and form publish; the group that the rest of the form kit joins."""

from __future__ import annotations

from pathlib import Path

import click

from server.commands.form_print import print_
from server.commands.form_codebook import codebook
from server.commands.form_gazetteer import gazetteer
from server.commands.form_new import new
from server.commands.form_preview import preview
from server.commands.form_translate import translate
from server.commands.session import EXIT_FINDINGS, Session, _, pass_session, shared_options

FORM_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(help=_("The form kit: compile and publish XLSForms."))
def form() -> None:
    pass


@form.command(name="compile", help=_("Turns an XLSForm into an XForm and its media."))
@click.argument("file", type=FORM_FILE)
@click.option(
    "--out", required=True, type=click.Path(file_okay=False, path_type=Path), help=_("Folder to write to.")
)
@shared_options
@pass_session
def compile_(session: Session, file: Path, out: Path) -> None:
    from forms.compile import compile_folder, validate_with_java

    made = compile_folder(file, out)
    for warning in made.form.warnings:
        session.say("Warning: {warning}", warning=warning)
    findings = validate_with_java(made.form.xform)
    for finding in findings or ():
        session.say("ODK Validate: {finding}", finding=finding)
    if findings is None:
        session.say("ODK Validate was not run: this machine has no Java.")
    for name in made.missing:
        session.say("The form needs the file {name}, which is not in its media folder.", name=name)
    for path in made.written:
        session.say("Written: {path}", path=path)
    session.answer(
        {
            "form_id": made.form.form_id,
            "version": made.form.version,
            "written": [str(p) for p in made.written],
            "missing": list(made.missing),
            "warnings": list(made.form.warnings),
            "odk_validate": findings,
        }
    )
    if findings or made.missing:
        raise click.exceptions.Exit(EXIT_FINDINGS)


@form.command(help=_("Publishes a form to a project, with the files in the media folder beside it."))
@click.argument("file", type=FORM_FILE)
@click.option("--project", required=True, metavar="N|NAME", help=_("Project to publish in."))
@shared_options
@pass_session
def publish(session: Session, file: Path, project: str) -> None:
    from server.peers import project_of
    from server.publish import publish_file

    with session.hub() as hub:
        done = publish_file(hub, project_of(hub, project), file, file.parent / "media", None)
        if done.changed:
            session.say(
                "Published: {form_id} version {version}.", form_id=done.xml_form_id, version=done.version
            )
        else:
            session.say("{form_id} version {version} is published already.", form_id=done.xml_form_id,
                        version=done.version)  # fmt: skip
        session.answer({"form_id": done.xml_form_id, "version": done.version, "changed": done.changed})


form.add_command(print_)
form.add_command(codebook)
form.add_command(gazetteer)
form.add_command(new)
form.add_command(preview)
form.add_command(translate)

COMMANDS = (form,)
