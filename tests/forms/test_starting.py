"""Promises of a new form: it compiles at once, is bilingual throughout, and helps its designer."""

from __future__ import annotations

import io
import re
import shutil
from pathlib import Path

import pytest
from openpyxl import load_workbook

from forms.compile import compile_form, validate_with_java
from forms.errors import FormFault
from forms.starting import LISTS, SURVEY, TYPES, new_workbook, start_form
from forms.texts import read_texts
from forms.translations import progress
from tests.forms.workbooks import book_of, saved


def test_it_compiles_as_it_is_without_a_warning() -> None:
    form = compile_form(new_workbook("village_visit", "2026112401"))
    assert (form.form_id, form.version, form.warnings) == ("village_visit", "2026112401", ())


@pytest.mark.skipif(shutil.which("java") is None, reason="ODK Validate needs Java, which is not here")
def test_odk_validate_passes_it() -> None:
    assert validate_with_java(compile_form(new_workbook("village_visit", "1")).xform) == []


def test_every_text_of_it_is_in_both_languages() -> None:
    form = read_texts(new_workbook("village_visit", "1"))
    assert progress(form, "km").percent == 100
    assert len(form.texts) > 6


def test_every_type_that_it_offers_compiles() -> None:
    rows = [SURVEY[:4]]
    for kind in TYPES:
        name = None if kind.startswith("end_") else "audit" if kind == "audit" else re.sub(r"\W", "_", kind)
        label = (None, None) if kind in ("audit", "start", "end", "calculate") else ("ក", "a")
        rows.append((kind, name, *label))
    rows[0] = (*rows[0], "calculation")
    rows[TYPES.index("calculate") + 1] += ("1 + 1",)
    choices = [("list_name", "name", *SURVEY[2:4]), ("yes_no", "yes", "បាទ", "Yes")]
    assert compile_form(saved(book_of(survey=rows, choices=choices))).xform


def test_cells_offer_lists_and_let_other_values_in() -> None:
    book = load_workbook(io.BytesIO(new_workbook("village_visit", "1")))
    rules = {str(rule.sqref): rule for rule in book["survey"].data_validations.dataValidation}
    assert len(rules) == len(LISTS)
    assert rules["A2:A500"].formula1 == f"offered!$A$1:$A${len(TYPES)}"
    assert not any(rule.showErrorMessage for rule in rules.values())
    assert [cell.value for cell in book["offered"]["A"]] == list(TYPES)


def test_missing_translations_turn_yellow_and_headers_stay_in_sight() -> None:
    book = load_workbook(io.BytesIO(new_workbook("village_visit", "1")))
    for name, pairs in (("survey", 4), ("choices", 1)):
        assert book[name].freeze_panes == "C2"
        assert len(list(book[name].conditional_formatting)) == 2 * pairs
    assert book.active.title == "survey"


def test_instructions_stand_in_both_languages() -> None:
    rows = list(
        load_workbook(io.BytesIO(new_workbook("village_visit", "1")))["read_first"].iter_rows(
            values_only=True
        )
    )
    assert len(rows) > 8
    assert all(re.search("[ក-៹]", km) and not re.search("[ក-៹]", en) for km, en in rows)
    assert any("${consent} = 'yes'" in en for _km, en in rows)


@pytest.mark.parametrize("name", ["", "2visit", "visit-1", "ទស្សនកិច្ច", "../visit", "a" * 64, "Visit"])
def test_a_name_that_no_form_can_have_is_told(name: str, tmp_path: Path) -> None:
    with pytest.raises(FormFault) as fault:
        start_form(name, tmp_path, "1")
    assert fault.value.code == "form.bad_name"
    assert list(tmp_path.iterdir()) == []


def test_a_form_that_is_there_stays_as_it_was(tmp_path: Path) -> None:
    path = start_form("visit", tmp_path, "1")
    before = path.read_bytes()
    with pytest.raises(FormFault) as fault:
        start_form("visit", tmp_path, "2")
    assert (fault.value.code, path.read_bytes()) == ("form.exists", before)
    assert (path.parent / "media").is_dir()
