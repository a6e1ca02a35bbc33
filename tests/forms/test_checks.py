"""Promises of the checks: each code has a form that it is told of, and one that narrowly is not."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest
from openpyxl import Workbook
from openpyxl.worksheet.worksheet import Worksheet

from forms.checks import findings
from forms.checks.findings import CODES, Finding
from forms.design import read_design
from forms.lint import check_design
from forms.staleness import stamp
from forms.workbook import read_workbook
from i18n import LANGUAGES
from tests.forms.check_cases import CASES, FILES, SETTINGS, labels


def book(markdown: str, change: Callable[[Workbook], None] | None = None) -> bytes:
    """An .xlsx of a table of check_cases."""
    made, sheet = Workbook(), None
    del made["Sheet"]
    if "| settings " not in markdown:
        markdown += SETTINGS
    markdown = markdown.replace("STAMP", stamp("Question"))
    for line in markdown.strip().splitlines():
        if not line.strip():
            continue
        name, *cells = [cell.strip(" ") for cell in line.strip()[1:].removesuffix("|").split("|")]
        if name:
            sheet = made.create_sheet(name)
        assert sheet is not None
        sheet.append([cell.replace("·", " ").replace("¶", "\n") or None for cell in cells])
    if change is not None:
        change(made)
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def found(source: bytes) -> list[Finding]:
    return check_design(read_design(read_workbook(source)), FILES)


@pytest.mark.parametrize("code", CASES)
def test_the_fault_is_told_and_its_neighbour_is_not(code: str) -> None:
    bad, good = CASES[code]
    told = [finding for finding in found(book(bad)) if finding.code == code]
    assert told
    assert code not in {finding.code for finding in found(book(good))}
    for finding in told:
        for lang in LANGUAGES:
            assert finding.text(lang) and "{" not in finding.text(lang).replace("${", "").replace(
                "{name}", ""
            )


def survey(change: Callable[[Worksheet], None]) -> bytes:
    return book(labels("សំណួរ"), lambda made: change(made["survey"]))


def merge(sheet: Worksheet) -> None:
    sheet.merge_cells("C2:D2")


def hide(sheet: Worksheet) -> None:
    sheet.parent["survey"].sheet_state = "hidden"
    sheet.parent.active = sheet.parent.sheetnames.index("settings")


def put(cell: str, value: object) -> Callable[[Worksheet], None]:
    def change(sheet: Worksheet) -> None:
        sheet[cell] = value

    return change


SPREADSHEET: dict[str, tuple[Callable[[Worksheet], None], Callable[[Worksheet], None]]] = {
    "workbook.merged": (merge, put("A1", "type")),
    "workbook.hidden_sheet": (hide, put("A1", "type")),
    "cell.formula_empty": (put("D2", '="Ques"&"tion"'), put("D2", "1 = 1")),
    "cell.too_long": (put("D2", "a" * 32767), put("D2", "a" * 32766)),
}


@pytest.mark.parametrize("code", SPREADSHEET)
def test_what_only_a_spreadsheet_can_do_is_told(code: str) -> None:
    bad, good = SPREADSHEET[code]
    assert code in {finding.code for finding in found(survey(bad))}
    assert code not in {finding.code for finding in found(survey(good))}


def test_a_formula_with_a_result_is_a_warning() -> None:
    out, source = io.BytesIO(), survey(put("D2", '="Ques"&"tion"'))
    with zipfile.ZipFile(io.BytesIO(source)) as old, zipfile.ZipFile(out, "w") as new:
        for part in old.infolist():
            data = old.read(part)
            if part.filename.endswith("sheet1.xml"):
                data = data.replace(b"<v></v>", b"<v>Question</v>").replace(b"<v />", b"<v>Question</v>")
                data = data.replace(b'<c r="D2"', b'<c r="D2" t="str"')
            new.writestr(part, data)
    told = [finding for finding in found(out.getvalue()) if finding.code.startswith("cell.formula")]
    assert [(finding.code, finding.cell, finding.values["text"]) for finding in told] == [
        ("cell.formula", "survey!D2", "Question")
    ]


def test_a_finding_names_the_cell() -> None:
    (told,) = [finding for finding in found(book(labels("ស្រ្តី"))) if finding.code == "khmer.order"]
    assert (told.cell, told.header, told.severity) == ("survey!C2", "label::Khmer (km)", "error")
    assert told.values["expected"] == "ស្ត្រី"


def test_a_translation_that_was_rewritten_is_not_stale() -> None:
    stale = CASES["translation.stale"][0]
    rewritten = stale.replace("| stamp |", "| stamp | text |").replace(
        "| 00000000 |", "| 00000000 | 11111111 |"
    )
    assert rewritten != stale
    assert "translation.stale" not in {finding.code for finding in found(book(rewritten))}


def test_every_kind_of_finding_is_in_the_forms_page() -> None:
    page = (Path(__file__).parents[2] / "docs" / "xlsform.md").read_text(encoding="utf-8")
    assert {code.partition(".")[0] for code in CODES} == set(re.findall(r"`(\w+)\.\*`", page))


def test_every_code_has_a_form_with_it_and_one_without() -> None:
    from tests.forms.test_compared import COMPARED
    from tests.forms.test_lint import PROGRAMS

    tried = {*CASES, *SPREADSHEET, "cell.formula", *PROGRAMS, *COMPARED}
    assert sorted(set(CODES) - tried) == []
    assert sorted(tried - set(CODES)) == []


def test_severities_are_two() -> None:
    assert {severity for severity, _ in CODES.values()} == {findings.ERROR, findings.WARNING}
