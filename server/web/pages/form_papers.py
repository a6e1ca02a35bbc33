"""A form to read and to print: its preview, its paper, its codebook.

They are documents that stand alone, with their styles in them: each is served under a policy that lets just these
styles be, and nothing else.
"""

from __future__ import annotations

import base64
import hashlib
import re

from flask import Response, request

from forms.codebook_pages import FORMATS
from server.errors import Fault, Problem
from server.form_papers import LANGUAGES, SIZES, codebook, previewed, printed
from server.store.forms import Form, FormVersion
from server.store.projects import Project
from server.web import wire
from server.web.pages.form_page import FORM, find, version_of
from server.web.pages.frame import reader_language, room
from server.web.rest.files import content_type, disposition

blueprint = room("form_paper_pages")
STYLE = re.compile(rb"<style>(.*?)</style>", re.DOTALL)
MEDIA_TYPES = {".md": "text/markdown; charset=utf-8"}


def _asked(project_id: int, xml_form_id: str) -> tuple[Project, Form, FormVersion]:
    """The version that is out; ?draft: the draft, for those who may change the form. Raises Problem 404.1, 403.1."""
    wants_draft = "draft" in request.args
    project, form = find(project_id, xml_form_id, "form.update" if wants_draft else "form.read")
    version = version_of(form, form.draft_id if wants_draft else form.current_id)
    if version is None:
        raise Problem("404.1")
    return project, form, version


@blueprint.get(f"{FORM}/preview")
def preview(project_id: int, xml_form_id: str) -> Response:
    _, _, version = _asked(project_id, xml_form_id)
    return _document(previewed(wire.hub(), version, reader_language()))


@blueprint.get(f"{FORM}/print.pdf")
def print_it(project_id: int, xml_form_id: str) -> Response:
    """?language: km, en or both; ?size: A4, A5 or Letter."""
    _, form, version = _asked(project_id, xml_form_id)
    language = _choice("language", LANGUAGES, "both")
    size = _choice("size", SIZES, "A4")
    answer = Response(printed(wire.hub(), version, language, size), content_type="application/pdf")
    answer.headers["Content-Disposition"] = disposition(f"{form.xml_form_id}-{language}.pdf", "inline")
    return answer


def _choice(name: str, known: tuple[str, ...], default: str) -> str:
    """Raises Fault export.option."""
    said = request.args.get(name, default)
    if said not in known:
        raise Fault("export.option", option=name, value=said, allowed=", ".join(known))
    return said


@blueprint.get(f"{FORM}/codebook.<ending>")
def show_codebook(project_id: int, xml_form_id: str, ending: str) -> Response:
    """As a page (html), for a spreadsheet (xlsx) or as text (md)."""
    _, form, version = _asked(project_id, xml_form_id)
    write = FORMATS.get(f".{ending}")
    if write is None:
        raise Problem("404.1")
    made = write(codebook(wire.hub(), form, version), reader_language())
    if ending == "html":
        return _document(made)
    name = f"{form.xml_form_id}-codebook.{ending}"
    answer = Response(made, content_type=MEDIA_TYPES.get(f".{ending}", content_type(name)))
    answer.headers["Content-Disposition"] = disposition(name)
    return answer


def _document(page: bytes) -> Response:
    answer = Response(page, content_type="text/html; charset=utf-8")
    hashes = [base64.b64encode(hashlib.sha256(style).digest()).decode() for style in STYLE.findall(page)]
    styles = " ".join(f"'sha256-{one}'" for one in hashes) or "'none'"
    answer.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src {styles}; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
    )
    return answer
