"""Promises of forms.cells: one cell is changed, and not a byte beside it."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from forms.cells import Book
from forms.errors import FormFault
from tests.forms.workbooks import (
    adorned,
    book_of,
    cells_of,
    parts_of,
    saved,
    water,
    with_parts,
    with_shared_strings,
)

SURVEY = "xl/worksheets/sheet1.xml"
KHMER = 'តើមានមនុស្សប៉ុន្មាននាក់? <&> "ឧទាហរណ៍"'
PLACES = st.tuples(st.integers(2, 5), st.integers(1, 30))
TEXTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"), min_size=1).filter(
    lambda t: all(c in "\t\n" or c >= " " for c in t) and not set(t) & {"\ufffe", "\uffff"}
)


def written(source: bytes, place: tuple[int, int], text: str, like: tuple[int, int] | None = None) -> bytes:
    book = Book(source)
    book.sheets[0].write(place, text, like)
    return book.saved()


def test_a_cell_is_changed_and_every_other_byte_stays() -> None:
    source = adorned(water())
    after, before = parts_of(written(source, (4, 4), KHMER)), parts_of(source)
    assert {name for name in before if before[name] != after[name]} == {SURVEY}
    assert list(before) == list(after)
    old, new = cells_of(before[SURVEY]), cells_of(after[SURVEY])
    assert {c for c in old if old[c] != new[c]} == {"D4"}
    assert before[SURVEY].replace(old["D4"], b"") == after[SURVEY].replace(new["D4"], b"")


def test_a_changed_cell_keeps_its_look_and_a_new_one_takes_its_neighbours() -> None:
    source = adorned(water())
    sheet = load_workbook(io.BytesIO(written(source, (4, 4), KHMER)))["survey"]
    assert (sheet["D4"].value, sheet["D4"].font.name, sheet["D4"].font.b) == (
        KHMER,
        "Khmer OS Battambang",
        True,
    )
    sheet = load_workbook(io.BytesIO(written(source, (2, 12), KHMER, like=(2, 3))))["survey"]
    assert (sheet["L2"].value, sheet["L2"].fill.fgColor.rgb) == (KHMER, "00FFE699")
    assert sheet["C2"].comment.text == "ពិនិត្យម្តងទៀត"


def test_nothing_to_change_gives_the_very_same_bytes() -> None:
    source = adorned(water())
    assert Book(source).saved() == source


@given(changes=st.dictionaries(PLACES, TEXTS, max_size=8))
@settings(max_examples=60, deadline=None)
def test_what_is_written_is_read_again_and_all_else_as_before(changes: dict[tuple[int, int], str]) -> None:
    source = water()
    book = Book(source)
    expected = book.sheets[0].texts | changes
    for place, text in changes.items():
        book.sheets[0].write(place, text)
    assert Book(book.saved()).sheets[0].texts == expected
    sheet = load_workbook(io.BytesIO(book.saved()))["survey"]
    assert {place for place in changes if sheet.cell(*place).value is None} == set()


def test_the_stated_extent_follows() -> None:
    after = written(water(), (2, 30), "x")
    assert b'<dimension ref="A1:AD5"' in parts_of(after)[SURVEY]


@pytest.mark.parametrize(
    ("sheet", "text"),
    [
        ('<row r="2"><c r="A2" t="s"><v>0</v></c></row>', "ទឹក"),
        ('<row r="2"><c r="A2" t="inlineStr"><is><r><t>ទ</t></r><r><t>ឹក</t></r></is></c></row>', "ទឹក"),
        ('<row r="2" spans="1:1"><c t="str"><f>B1</f><v>ទឹក</v></c></row>', "ទឹក"),
        ('<row><c/></row><row><c t="n"><v>12</v></c></row>', "12"),
        ('<row r="2"/>', None),
        ('<row r="2"><c r="A2" t="s"><v>99</v></c></row>', None),
    ],
)  # fmt: skip
@pytest.mark.parametrize("prefix", ["", "x:"])
def test_every_way_of_writing_cells_is_read_and_changed(sheet: str, text: str | None, prefix: str) -> None:
    sheet = (
        sheet.replace("</", "</" + prefix)
        .replace("<", "<" + prefix)
        .replace(f"<{prefix}/{prefix}", "</" + prefix)
    )
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    space = f'xmlns{":x" if prefix else ""}="{main}"'
    xml = f"<{prefix}worksheet {space}><{prefix}sheetData>{sheet}</{prefix}sheetData></{prefix}worksheet>"
    source = with_shared_strings(with_parts(saved(book_of(survey=[])), {SURVEY: xml.encode()}), "ទឹក")
    assert Book(source).sheets[0].texts.get((2, 1)) == text
    for column in (1, 3):
        after = Book(written(source, (2, column), KHMER))
        assert after.sheets[0].texts[2, column] == KHMER
    assert Book(written(source, (2, 3), KHMER)).sheets[0].texts.get((2, 1)) == text


def test_formulas_and_the_inside_of_merged_cells_take_nothing() -> None:
    sheet = Book(adorned(water())).sheets[0]
    assert [sheet.takes(p) for p in ((2, 10), (4, 10), (5, 10), (4, 11), (4, 4))] == [
        False,
        True,
        False,
        False,
        True,
    ]


def test_a_hidden_sheet_is_added_once_and_then_written_anew() -> None:
    book = Book(adorned(water()))
    book.put_hidden_sheet("translation_stamps", [["a"], ["ទឹក"]])
    once = book.saved()
    opened = load_workbook(io.BytesIO(once))
    assert opened.sheetnames == ["survey", "choices", "settings", "notes", "translation_stamps"]
    assert opened["translation_stamps"].sheet_state == "hidden"
    book = Book(once)
    book.put_hidden_sheet("translation_stamps", [["b"]])
    twice = book.saved()
    assert {n for n, data in parts_of(twice).items() if parts_of(once)[n] != data} == {
        "xl/worksheets/translation_stamps.xml"
    }
    assert Book(twice).sheets[-1].texts == {(1, 1): "b"}


def bomb() -> bytes:
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    xml = f'<!DOCTYPE x [<!ENTITY a "aaa">]><worksheet xmlns="{main}"><sheetData/></worksheet>'
    return with_parts(water(), {SURVEY: xml.encode()})


def cut() -> bytes:
    return with_parts(water(), {SURVEY: parts_of(water())[SURVEY][:-40]})


def empty_zip() -> bytes:
    out = io.BytesIO()
    zipfile.ZipFile(out, "w").close()
    return out.getvalue()


@pytest.mark.parametrize(
    "source",
    [
        b"",
        b"type,name\n",
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1encrypted",
        water()[:900],
        empty_zip(),
        bomb(),
        cut(),
    ],
    ids=["empty", "csv", "encrypted", "half", "zip", "bomb", "cut"],
)
def test_what_is_no_workbook_is_told(source: bytes) -> None:
    with pytest.raises(FormFault) as fault:
        Book(source)
    assert fault.value.code == "xlsform.unreadable"


def test_a_workbook_that_would_fill_the_memory_is_not_unpacked() -> None:
    source = with_parts(water(), {"xl/big.xml": b" " * (17 * 1024 * 1024)})
    with pytest.raises(FormFault) as fault:
        Book(source)
    assert fault.value.code == "xlsform.too_large"
