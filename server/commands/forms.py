"""form compile and form publish; the group that the rest of the form kit joins."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from i18n import LANGUAGES, mark, translate
from server.commands.form_codebook import codebook
from server.commands.form_gazetteer import gazetteer
from server.commands.form_new import new
from server.commands.form_preview import preview
from server.commands.form_print import print_
from server.commands.form_translate import translate as translate_forms
from server.commands.session import EXIT_FINDINGS, EXIT_INPUT, Session, _, pass_session, shared_options

if TYPE_CHECKING:
    from forms.checks.findings import Finding
    from forms.lint import Report

FORM_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group(help=_("The form kit: check, compile and publish XLSForms."))
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


SEVERITIES = {"error": mark("error"), "warning": mark("warning")}


@form.command(help=_("Says what is wrong with forms, and in which cell."))
@click.argument("file", type=click.Path(path_type=Path), nargs=-1, required=True)
@click.option("--against", type=FORM_FILE, help=_("The version before, as .xlsx or .xml, to compare with."))
@click.option("--project", metavar="N|NAME", help=_("Compare with what is published in this project."))
@click.option("--no-java", is_flag=True, help=_("Leave ODK Validate out, which takes a second a form."))
@shared_options
@pass_session
def check(
    session: Session, file: tuple[Path, ...], against: Path | None, project: str | None, no_java: bool
) -> None:
    if against is not None and (project is not None or len(file) > 1):
        raise click.UsageError(_("--against compares one form, and not together with --project."))
    done = [_check_one(session, path, against, project, not no_java) for path in file]
    session.answer({"files": [said for _code, said in done]})
    code = max(code for code, _said in done)
    if code:
        raise click.exceptions.Exit(code)


def _check_one(
    session: Session, path: Path, against: Path | None, project: str | None, java: bool
) -> tuple[int, dict[str, Any]]:
    """Exit code and JSON of one file. One that cannot be read does not stop the others."""
    from forms.errors import FormFault
    from forms.lint import check_file
    from server.errors import Fault

    try:
        if not path.is_file():
            raise Fault("file.unreadable", path=path, reason="No such file or directory")
        published = _published(session, path, against, project)
        report = check_file(path, published=published, java=java)
    except (FormFault, Fault) as fault:
        click.echo(f"{path}: {fault.text(session.lang)}", err=session.as_json)
        return EXIT_INPUT, {"file": str(path), "unreadable": fault.code, "findings": []}
    for finding in report.findings:
        _say_finding(session, path, finding)
    if java and not report.validated and report.form_id:
        session.say("ODK Validate was not run: this machine has no Java.")
    session.say("{path}: {errors} errors, {warnings} warnings", path=path,
                errors=report.errors, warnings=report.warnings)  # fmt: skip
    return (EXIT_FINDINGS if report.errors else 0), _report_json(path, report)


def _published(session: Session, path: Path, against: Path | None, project: str | None) -> bytes | None:
    """The XForm to compare with, if any."""
    from forms.compile import compile_form

    if against is not None:
        return compile_form(against).xform
    if project is None:
        return None
    from server.peers import project_of
    from server.publish import published_xform

    form_id = compile_form(path).form_id
    with session.hub() as hub:
        xform = published_xform(hub, project_of(hub, project), form_id)
    if xform is None:
        session.say("{form_id} is not published in this project: nothing to compare with.", form_id=form_id)
    return xform


def _say_finding(session: Session, path: Path, finding: Finding) -> None:
    severity = translate(SEVERITIES[finding.severity], session.lang)
    place = f"{path.name}: {finding.cell}" if finding.cell else path.name
    header = f" ({finding.header})" if finding.header else ""
    said = finding.text(session.lang)
    click.echo(f"{place}{header}: {severity}: {said} [{finding.code}]", err=session.as_json)
    for line in finding.original.splitlines():
        click.echo(f"    {line}", err=session.as_json)


def _report_json(path: Path, report: Report) -> dict[str, Any]:
    return {
        "file": str(path),
        "form_id": report.form_id,
        "version": report.version,
        "errors": report.errors,
        "warnings": report.warnings,
        "odk_validate": report.validated,
        "findings": [finding_json(finding) for finding in report.findings],
    }


def finding_json(finding: Finding) -> dict[str, Any]:
    return {
        "severity": finding.severity,
        "code": finding.code,
        "sheet": finding.sheet,
        "row": finding.row or None,
        "column": finding.column or None,
        "header": finding.header or None,
        "values": dict(finding.values),
        "text": {lang: finding.text(lang) for lang in LANGUAGES},
        "original": finding.original or None,
    }


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
form.add_command(translate_forms)

COMMANDS = (form,)
