"""The codebook beside an export explains every column in both languages, and keeps nothing back of what was lost."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from lxml import html

from server.extracts.imprint import Imprint
from server.extracts.options import Options
from server.formats import Work
from server.formats.codebook import write
from tests.extracts.listed import ListedExtract, consultation

IMPRINT = Imprint(
    "0123456789abcdef", "សុខា", datetime(2026, 11, 25, tzinfo=UTC), "កំពត", "ផែនការជាតិ", "wps", "working", "csv",
    "<b>ហេតុផល</b>", {"since": "2026-11-01"},
)  # fmt: skip


def made(
    extract: ListedExtract, tmp_path: Path, language: str = "en"
) -> tuple[str, list[dict[str, str]], Work]:
    work = Work(IMPRINT, Options(language=language), tmp_path)
    work.names["", "place-province"] = "place_province"
    work.losses.add("option.decided", "", "headers")
    parts = {part.inside: b"".join(part.pieces) for part in write(extract, work)}
    assert set(parts) == {"html", "csv"}
    rows = list(csv.DictReader(io.StringIO(parts["csv"].decode("utf-8-sig"))))
    return parts["html"].decode(), rows, work


def test_every_column_and_every_choice_has_a_row_with_both_languages(tmp_path: Path) -> None:
    extract = consultation()
    _page, rows, _work = made(extract, tmp_path)
    columns = [(row["sheet"], row["column"]) for row in rows if not row["code"]]
    assert columns == [(sheet.name, column.name) for sheet in extract.sheets for column in sheet.columns]
    province = [row for row in rows if row["column"] == "place-province"]
    assert (province[0]["question_km"], province[0]["question_en"]) == ("ខេត្ត", "Province")
    assert {row["code"]: row["label_km"] for row in province[1:]} == {"07": "កំពត", "02": "បាត់ដំបង"}
    assert {row["name_in_file"] for row in province} == {"place_province"}


def test_the_page_says_it_in_khmer_and_in_english_and_stands_alone(tmp_path: Path) -> None:
    text, _rows, _work = made(consultation(), tmp_path, "km")
    page = html.fromstring(text)
    assert [section.get("lang") for section in page.xpath("//section")] == ["km", "en"]
    for words in ("យល់ព្រម?", "Consent?", "place_province", "សុខា", "2026-11-01"):
        assert words in page.text_content()
    assert not page.xpath("//script | //link | //img | //*[@src] | //*[@href]")
    assert "<b>ហេតុផល" not in text


def test_what_was_lost_is_told_in_both_languages(tmp_path: Path) -> None:
    text, _rows, _work = made(consultation(), tmp_path)
    assert text.count("headers") >= 2


def test_a_long_list_is_whole_in_the_csv_and_short_on_the_page(tmp_path: Path) -> None:
    extract = consultation()
    many = {f"{n:08}": {"km": f"ភូមិ{n}", "en": f"Village {n}"} for n in range(500)}
    root = extract.sheets[0]
    columns = (replace(root.columns[2], values=many), *root.columns[3:])
    extract.sheets = (replace(root, columns=columns), extract.sheets[1])
    text, rows, _work = made(extract, tmp_path)
    assert sum(row["column"] == "place-province" and row["code"] != "" for row in rows) == 500
    assert "Village 59" in text
    assert "Village 60" not in text
    assert "440" in text


def test_words_of_an_older_version_stand_with_its_name(tmp_path: Path) -> None:
    extract = consultation()
    root = extract.sheets[0]
    older = {1: {"yes": {"km": "ចាស", "en": "Aye"}, "no": root.columns[1].values["no"]}}
    column = replace(root.columns[1], values_by_version=older)
    extract.sheets = (replace(root, columns=(root.columns[0], column, *root.columns[2:])), extract.sheets[1])
    text, rows, _work = made(extract, tmp_path)
    assert [(r["version"], r["code"], r["label_en"]) for r in rows if r["version"]] == [
        ("2026112401", "yes", "Aye")
    ]
    assert "Aye" in text
