"""Promises of the codebook: every column, both languages, and in which versions what was asked."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from lxml import html
from openpyxl import load_workbook

from forms.codebook import Codebook, Variable, as_written, read_codebook
from forms.codebook_pages import as_html, as_markdown, as_xlsx
from forms.compile import compile_form
from forms.fields import read_schema
from forms.translations import library_forms
from i18n import translate
from tests.forms.workbooks import book_of, saved

HEADER = ("type", "name", "label::Khmer (km)", "label::English (en)", "relevant", "constraint", "required",
          "calculation", "bind::samleng:sensitivity")  # fmt: skip
NAMESPACE = 'samleng="https://example.org/samleng"'


def form(version: str, *rows: tuple[str | None, ...], choices: tuple[str, ...] = ("well", "river")) -> bytes:
    listed = [("source", name, f"ទឹក {name}", f"Water | {name}") for name in choices]
    return compile_form(
        saved(
            book_of(
                survey=[HEADER, *rows],
                choices=[("list_name", "name", "label::Khmer (km)", "label::English (en)"), *listed],
                settings=[("form_id", "version", "namespaces"), ("water", version, NAMESPACE)],
            )
        )
    ).xform


SOURCE = ("select_one source", "source", "យកទឹកពីណា?", "Where from?", None, None, "yes")
PEOPLE = (
    "integer",
    "people",
    "មានប៉ុន្មាននាក់?",
    "How many?",
    "${source} = 'well'",
    ". > 0",
    None,
    None,
    "identifying",
)
LITRES = ("calculate", "litres", None, None, None, None, None, "${people} * 20")
NOTE = ("note", "thanks", "សូម <b>អរគុណ</b>", "=Thanks | all")


def named(book: Codebook) -> dict[str, Variable]:
    return {one.name: one for one in book.variables}


def test_a_column_is_told_as_the_designer_wrote_it() -> None:
    book = named(read_codebook([form("1", SOURCE, PEOPLE, LITRES, NOTE)]))
    people = book["people"]
    assert (people.type, people.relevant, people.constraint) == ("integer", "${source} = 'well'", ". > 0")
    assert people.labels == {"Khmer (km)": "មានប៉ុន្មាននាក់?", "English (en)": "How many?"}
    assert people.sensitivity == "identifying"
    assert (book["litres"].type, book["litres"].calculation) == ("calculate", "${people} * 20")
    assert (book["source"].type, book["source"].required) == ("select_one", "true()")
    assert [value.name for value in book["source"].values] == ["well", "river"]
    assert book["thanks"].type == "note"
    assert book["instanceID"].type == "uid"


@pytest.mark.parametrize(
    ("compiled", "written"),
    [
        (" /data/opening/consent  = 'no'", "${consent} = 'no'"),
        ("count( /data/a/b ) > 1", "count(${b}) > 1"),
        ("selected( ../x , 'a') and  current()/../y  < 2", "selected(${x}, 'a') and ${y} < 2"),
        ("regex(., '^[A-Z]{3}-[0-9]{2}$')", "regex(., '^[A-Z]{3}-[0-9]{2}$')"),
        ("", ""),
    ],
)
def test_expressions_have_names_for_paths(compiled: str, written: str) -> None:
    assert as_written(compiled, "data") == written


def test_answers_inside_a_label_are_named_as_the_designer_named_them() -> None:
    inside = ("text", "why", "ហេតុអ្វី ${people} នាក់?", "Why ${people} of them?")
    group = (("begin_group", "house", "ផ្ទះ", "House"), PEOPLE, inside, ("end_group",))
    why = named(read_codebook([form("1", SOURCE, *group)]))["why"]
    assert why.labels == {"Khmer (km)": "ហេតុអ្វី ${people} នាក់?", "English (en)": "Why ${people} of them?"}


def test_each_version_is_remembered_for_questions_and_choices() -> None:
    first = form("1", SOURCE, PEOPLE)
    second = form("2", ("select_one source", "source", "យកទឹកពីណា?", "Where does it come from?"), NOTE,
                  choices=("well", "rain"))  # fmt: skip
    book = read_codebook([first, second])
    assert book.versions == ("1", "2")
    known = named(book)
    assert {name: known[name].versions for name in ("source", "people", "thanks")} == {
        "source": ("1", "2"), "people": ("1",), "thanks": ("2",)}  # fmt: skip
    assert known["source"].labels["English (en)"] == "Where does it come from?"
    assert {v.name: v.versions for v in known["source"].values} == {
        "well": ("1", "2"), "rain": ("2",), "river": ("1",)}  # fmt: skip
    assert book.is_gone(known["people"]) and not book.is_gone(known["source"])
    assert [one.name for one in book.columns][-1] == "people"


def test_rival_versions_of_one_name_are_told_apart() -> None:
    book = read_codebook([form("1", SOURCE), form("1", SOURCE, PEOPLE)])
    assert book.versions == ("1", "1 #2")
    assert named(book)["people"].versions == ("1 #2",)


@pytest.mark.parametrize("path", library_forms(), ids=lambda p: p.parent.name)
def test_every_field_of_a_library_form_is_in_it_in_both_languages(path: Path) -> None:
    xform = compile_form(path).xform
    book = read_codebook([xform])
    assert [one.path for one in book.variables] == [
        f.path for f in read_schema(xform).fields if f.path != "/meta"
    ]
    assert set(book.languages) == {"Khmer (km)", "English (en)"}
    assert all(set(one.labels) in (set(), set(book.languages)) for one in book.variables)


def test_the_workbook_holds_texts_alone() -> None:
    opened = load_workbook(io.BytesIO(as_xlsx(read_codebook([form("1", SOURCE, PEOPLE, NOTE)]), "en")))
    assert opened.sheetnames == ["Columns", "Values", "Versions"]
    rows = {row[0].value: row for row in opened["Columns"]}
    assert {cell.data_type for row in rows.values() for cell in row if cell.value} == {"s"}
    assert "=Thanks | all" in [cell.value for cell in rows["thanks"]]
    assert [cell.value for cell in opened["Values"][2]] == ["source", "well", "ទឹក well", "Water | well", "1"]
    assert opened["Columns"].freeze_panes == "B2"


def test_markdown_keeps_its_tables_whole() -> None:
    text = as_markdown(read_codebook([form("1", SOURCE, NOTE)]), "en").decode()
    table = [line for line in text.splitlines() if line.startswith("| ")]
    assert {len(row) for row in csv.reader((line.replace("\\|", "/") for line in table), delimiter="|")} == {
        6
    }
    assert "&lt;b>អរគុណ&lt;/b>" in text


@pytest.mark.parametrize("lang", ["km", "en"])
def test_the_page_stands_alone_and_shows_labels_as_they_are(lang: str) -> None:
    page = html.fromstring(as_html(read_codebook([form("1", SOURCE, PEOPLE), form("2", SOURCE, NOTE)]), lang))
    assert page.xpath("//script | //link | //img | //b") == []
    assert page.get("lang") == lang
    texts = page.xpath("//section[@id='/thanks']//p[@lang='km']/text()")
    assert texts == ["សូម <b>អរគុណ</b>"]
    assert page.xpath("//section[@id='/people'][contains(@class, 'gone')]")


@pytest.mark.parametrize("lang", ["km", "en"])
def test_the_headings_are_in_the_reader_s_language(lang: str) -> None:
    book, heading = read_codebook([form("1", SOURCE)]), translate("Versions", lang)
    assert heading in as_markdown(book, lang).decode()
    assert heading in as_html(book, lang).decode()
    assert heading in load_workbook(io.BytesIO(as_xlsx(book, lang))).sheetnames
    assert (heading == "Versions") == (lang == "en")
