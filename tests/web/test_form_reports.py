"""…/forms/ID/report.html and report.pdf over HTTP."""

from __future__ import annotations

import io

from lxml import html
from pypdf import PdfReader

from server.export_entries import taken_of
from server.exporting import form_named
from server.hub import Hub
from tests.web.conftest import Survey


def test_the_address_gives_the_report_and_the_ledger_knows(answered: Survey, hub: Hub) -> None:
    form = form_named(hub, int(answered.project.rpartition("/")[2]), "rice")
    page, paper = answered.get("/report.html?languages=km"), answered.get("/report.pdf")
    assert (page.status_code, page.content_type) == (200, "text/html; charset=utf-8")
    assert html.fromstring(page.data.decode()).get("lang") == "km"
    assert paper.content_type == "application/pdf" and len(PdfReader(io.BytesIO(paper.data)).pages) >= 1
    exports = {one.id: one.outcome for one in taken_of(hub, form)}
    assert exports == {answer.headers["X-Samleng-Export"]: "finished" for answer in (page, paper)}


def test_asking_what_it_would_be_takes_nothing(answered: Survey, hub: Hub) -> None:
    form = form_named(hub, int(answered.project.rpartition("/")[2]), "rice")
    assert answered.ask("HEAD", f"{answered.path}/report.pdf").status_code == 200
    for wrong in ("languages=fr", "khmerDigits=maybe"):
        assert answered.get(f"/report.html?{wrong}").status_code == 400
    assert taken_of(hub, form) == []
