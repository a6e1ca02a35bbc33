"""`samleng report`: any form of the library, quotas by file, the ledger, both languages."""

from __future__ import annotations

from pathlib import Path

import pytest
from lxml import html
from openpyxl import Workbook
from pypdf import PdfReader

from forms.sampling import make_samples
from server.export_entries import taken_of
from server.exporting import form_named
from server.hub import Hub
from server.projects import create_project
from server.publish import publish_file
from server.reports.quotas import Quota, read_quotas
from tests.extracts.consulting import make_hub
from tests.server.season import answers, hand_in
from tests.server.test_cli import Run, data, hub, made, run

__all__ = ["data", "hub", "made", "run"]
LIBRARY = Path(__file__).parent.parent.parent / "forms" / "library"
FORMS = sorted(path.parent.name for path in LIBRARY.glob("*/sample_answers.csv"))
ASK = ("report", "rice", "--project", "1")


@pytest.mark.parametrize("form_id", FORMS)
def test_any_form_of_the_library_has_a_report(tmp_path: Path, run: Run, form_id: str) -> None:
    opened = make_hub(tmp_path)
    project = create_project(opened, "ការពិគ្រោះយោបល់")
    publish_file(opened, project, LIBRARY / form_id / "form.xlsx")
    for sample in make_samples(LIBRARY / form_id, seed=5, n=14, province="07"):
        hand_in(opened, sample.xml)
    opened.close()
    folder = tmp_path / "កំពត"
    for ending in ("html", "pdf"):
        out = tmp_path / f"report.{ending}"
        done = run("report", form_id, "--project", "1", "--out", out, folder=folder)
        assert done.code == 0, done.err
    page = html.fromstring((tmp_path / "report.html").read_text(encoding="utf-8"))
    assert page.find(".//h1") is not None and len(list(page.iter("table"))) > 1
    assert len(PdfReader(tmp_path / "report.pdf").pages) > 1


def test_a_report_is_in_the_ledger_like_every_export(run: Run, hub: Hub, tmp_path: Path) -> None:
    hand_in(hub, answers("uuid:a"))
    done = run(*ASK, "--out", tmp_path / "របាយការណ៍.pdf", "--json")
    assert done.code == 0, done.err
    (one,) = taken_of(hub, form_named(hub, 1, "rice"))
    assert (one.id, one.file_format, one.outcome) == (done.said["export"], "report.pdf", "finished")
    pages = PdfReader(tmp_path / "របាយការណ៍.pdf").pages
    assert all(one.id in page.extract_text() for page in pages)


@pytest.mark.parametrize("lang", ["km", "en"])
def test_what_cannot_be_is_told_and_nothing_is_written(run: Run, hub: Hub, tmp_path: Path, lang: str) -> None:
    (tmp_path / "bad.csv").write_text("province,goal\n07,5\n")
    (tmp_path / "worse.csv").write_text("province,target\nAtlantis,5\n")
    (tmp_path / "damaged.xlsx").write_bytes(b"PK\x03\x04 no workbook")
    before = set(tmp_path.iterdir())
    for more in (
        ("--out", tmp_path / "a.docx"), ("--out", tmp_path / "a.pdf", "--k", "5"),
        *(("--out", tmp_path / "a.pdf", "--quota", tmp_path / name)
          for name in ("bad.csv", "worse.csv", "damaged.xlsx", "none.csv")),
    ):  # fmt: skip
        done = run(*ASK, *more, lang=lang)
        assert done.code == 2 and done.err.strip() and "Traceback" not in done.err
    assert set(tmp_path.iterdir()) == before
    assert taken_of(hub, form_named(hub, 1, "rice")) == []


def test_quotas_are_read_from_csv_and_from_a_workbook(tmp_path: Path) -> None:
    book = Workbook()
    for row in (("Province", "Sex", "Target"), (7, "female", 30), (None, None, None), ("បាត់ដំបង", None, 40)):
        book.active.append(row)  # type: ignore[union-attr]
    book.save(tmp_path / "quota.xlsx")
    expected = [Quota("07", "", "female", 30, 2), Quota("02", "", "", 40, 4)]
    assert read_quotas(tmp_path / "quota.xlsx") == expected
    (tmp_path / "quota.csv").write_text(
        "target,province,sex\n៣០,Kampot,female\n\n40,02,\n", encoding="utf-8-sig"
    )
    assert read_quotas(tmp_path / "quota.csv") == expected
