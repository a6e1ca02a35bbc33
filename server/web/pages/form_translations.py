"""How far a form is translated, by language; its catalogue to take away, and a translated one to bring back."""

from __future__ import annotations

from typing import Any

from babel import Locale, UnknownLocaleError
from flask import Response, request

from forms.errors import FormFault
from forms.translations import Left
from i18n import mark
from server.errors import Fault, Refusal
from server.form_translations import Language, catalogue, is_translatable, languages, with_catalogue
from server.form_uploads import Upload, add_draft, look
from server.store.forms import Form, FormVersion
from server.store.projects import Project
from server.web import wire
from server.web.pages.form_page import FORM, changed_meanwhile, find, place, title_of, trail, version_of
from server.web.pages.forms import name_of_file
from server.web.pages.frame import back, page, reader_language, room, say, takes_files, tell
from server.web.rest.files import disposition

blueprint = room("form_translations_pages")
PAGE = f"{FORM}/translations"
PO_TYPE = "text/x-gettext-translation; charset=utf-8"
READ_LIMIT = 6_000_000  # bytes of a catalogue that are read at all
SHOWN = 200  # texts of a kind in a language
REASONS = {
    "differs": mark(
        "The workbook has another translation, which stays. Blank the cell to have the catalogue's."
    ),
    "formula": mark("The cell is computed or merged with others, and was left alone."),
    "too_long": mark("Too long for a cell."),
    "unwritable": mark("Holds a character that no workbook can."),
}


@blueprint.get(PAGE)
def show(project_id: int, xml_form_id: str) -> Response:
    return _page(*find(project_id, xml_form_id))


def _page(project: Project, form: Form, fault: Any = None, status: int = 200, **more: Any) -> Response:
    version = _worked_on(project, form)
    texts: tuple[Language, ...] = ()
    if version is not None and is_translatable(version):
        try:
            texts = tuple(languages(wire.hub(), form, version))
        except (Refusal, FormFault) as unreadable:
            fault = fault or unreadable
    return page(
        "forms/translations.html", status, section="forms", project=project, form=form, place=place(form),
        version=version, title=title_of(form), trail=trail(project, form, (say(mark("Translations")), None)),
        languages=texts, shown=SHOWN, reasons=REASONS, language_name=_language_name,
        fault=fault.text(reader_language()) if fault else "", **more,
    )  # fmt: skip


def _worked_on(project: Project, form: Form) -> FormVersion | None:
    """The draft for those who may change it, else what is out."""
    draft = form.draft_id if wire.may("form.update", project, form) else None
    return version_of(form, draft or form.current_id)


def _language_name(code: str) -> str:
    """In the reader's language."""
    try:
        return Locale.parse(code, sep="-").get_display_name(reader_language()) or code
    except (UnknownLocaleError, ValueError):
        return code


@blueprint.get(f"{PAGE}/<language>.po")
def take(project_id: int, xml_form_id: str, language: str) -> Response:
    project, form = find(project_id, xml_form_id)
    version = _worked_on(project, form)
    if version is None:
        raise Fault("po.no_workbook")
    answer = Response(catalogue(wire.hub(), form, version, language), content_type=PO_TYPE)
    answer.headers["Content-Disposition"] = disposition(f"{form.xml_form_id}-{language}.po")
    return answer


@blueprint.post(PAGE)
@takes_files
def bring(project_id: int, xml_form_id: str) -> Response:
    """A translated catalogue makes a new draft; what is published stays."""
    project, form = find(project_id, xml_form_id, "form.update")
    version = _worked_on(project, form)
    try:
        if version is None:
            raise Fault("po.no_workbook")
        if request.form.get("seen") != version.xform:
            raise changed_meanwhile(form)
        source, name = _sent()
        done = with_catalogue(wire.hub(), form, version, request.form.get("language", ""), source, name)
        looked = look(wire.hub(), project, Upload(f"{form.xml_form_id}.xlsx", done.source), form)
        if looked.definition is None:
            return _page(project, form, status=400, looked=looked)
        add_draft(wire.hub(), form, looked, by=wire.caller().by)
    except (Refusal, FormFault) as fault:
        return _page(project, form, fault, getattr(fault, "status", 400))
    tell(
        mark("Translations taken into the new draft: {n}. Look it through, then publish it."),
        n=done.filled + done.renewed,
    )
    _tell_left(done.left)
    return back(place(form, "/draft"))


def _sent() -> tuple[bytes, str]:
    """Raises Fault upload.no_files."""
    sent = request.files.get("po")
    source = sent.stream.read(READ_LIMIT) if sent is not None else b""
    if sent is None or not source:
        raise Fault("upload.no_files")
    return source, name_of_file(sent.filename)


def _tell_left(left: list[Left]) -> None:
    for reason, words in REASONS.items():
        rows = sorted(one.row for one in left if one.reason == reason)
        if rows:
            tell(
                mark("Left out, rows {rows}: {reason}"),
                rows=", ".join(map(str, rows[:20])),
                reason=say(words),
            )
