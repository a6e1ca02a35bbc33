"""The SQLite file of an export: tables, keys, words in both languages, and nothing that the extract does not have."""

from __future__ import annotations

import asyncio
import sqlite3
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from server.extracts.imprint import Imprint
from server.extracts.options import Choosing, Options
from server.extracts.sheets import Column, Kind, Role, Sheet
from server.formats import Work, format_named
from tests.extracts.listed import PEOPLE, ROOT, A, B, ListedExtract, consultation

IMPRINT = Imprint(
    "0123456789abcdef", "សុខា", datetime(2026, 11, 24, tzinfo=UTC), "កំពត", "ស្រូវ", "wps", "working", "sqlite"
)


def work(folder: Path, **choosing: Any) -> Work:
    return Work(IMPRINT, Options(choosing=Choosing(**choosing)), folder)


def written(extract: ListedExtract, folder: Path, made: Work | None = None) -> Path:
    (part,) = format_named("sqlite").writer()(extract, made or work(folder))
    path = folder / "wps.db"
    path.write_bytes(b"".join(part.pieces))
    return path


def ask(path: Path, sql: str) -> list[Any]:
    with closing(sqlite3.connect(path)) as db:
        return db.execute(sql).fetchall()


def test_answers_stand_in_typed_columns_with_keys_between_tables(tmp_path: Path) -> None:
    path = written(consultation(), tmp_path)
    assert ask(path, 'SELECT KEY, women, typeof(women), "place-province" FROM wps ORDER BY KEY') == [
        (A, 12, "integer", "07"), (B, None, "null", "02")]  # fmt: skip
    joined = (
        "SELECT w.Hub, sum(p.age) FROM wps w JOIN wps__person p ON p.PARENT_KEY = w.KEY GROUP BY 1 ORDER BY 1"
    )
    assert ask(path, joined) == [("កំពត", 34), ("បាត់ដំបង", 51)]
    assert ask(path, "PRAGMA foreign_key_list(wps__person)")[0][2:5] == ("wps", "PARENT_KEY", "KEY")
    assert ask(path, "PRAGMA foreign_key_check") == []
    assert ask(path, "PRAGMA integrity_check") == [("ok",)]


def test_views_say_it_in_both_languages(tmp_path: Path) -> None:
    path = written(consultation(), tmp_path)
    assert ask(path, 'SELECT "យល់ព្រម?", "ខេត្ត", "ចំនួនស្ត្រី" FROM wps_km ORDER BY KEY')[0] == (
        "បាទ/ចាស",
        "កំពត",
        12,
    )
    assert ask(path, 'SELECT "Consent?", "Province (place-province)" FROM wps_en ORDER BY KEY')[0] == (
        "Yes",
        "Kampot",
    )
    assert ask(path, "SELECT km, en FROM questions WHERE path = '/women'") == [("ចំនួនស្ត្រី", "Women")]
    assert ask(path, 'SELECT km, en FROM questions WHERE "column" IS NULL') == [("អ្នកចូលរួម", "Participant")]
    assert ask(path, "SELECT name, km FROM choices WHERE \"column\" = 'consent' ORDER BY place") == [
        ("yes", "បាទ/ចាស"), ("no", "ទេ")]  # fmt: skip


def test_what_is_no_number_stands_as_it_was_given(tmp_path: Path) -> None:
    held = consultation()
    long = "12345678901234567890"
    held.rows = {"": held.rows[""], "/person": [
        [cell, A, f"{A}/person[{n}]"] for n, cell in enumerate(["៣៤", "abc", "007", long, " 5", "1_000"], start=1)
    ]}  # fmt: skip
    ages = [row[0] for row in ask(written(held, tmp_path), "SELECT age FROM wps__person ORDER BY KEY")]
    assert ages == ["៣៤", "abc", 7, long.encode(), 5, "1_000"]


def test_texts_and_formulas_are_the_bytes_that_were_typed(tmp_path: Path) -> None:
    path = written(consultation(), tmp_path)
    assert ask(path, "SELECT story FROM wps ORDER BY KEY") == [('គាត់និយាយថា "ទឹក, ដី"\nបន្ទាត់ទីពីរ',), ("=1+1",)]


def test_the_file_says_what_it_is_and_what_was_lost(tmp_path: Path) -> None:
    made = work(tmp_path)
    made.losses.add("column.left_out", "wps", "story")
    path = written(consultation(), tmp_path, made)
    about = dict(ask(path, "SELECT name, value FROM about"))
    assert about["export"] == IMPRINT.id
    assert about["profile"] == "working"
    ((code, sheet, column, count, said),) = ask(path, "SELECT * FROM losses")
    assert (code, sheet, column, count) == ("column.left_out", "wps", "story", 1)
    assert "story" in said
    assert made.losses.rows == {"wps": 2, "person": 3}


def test_a_profile_without_keys_still_makes_a_file(tmp_path: Path) -> None:
    columns = tuple(c for c in ROOT.columns if c.role is not Role.KEY)
    place = ROOT.place(Role.KEY)
    held = consultation()
    held.sheets = (replace(ROOT, columns=columns),)
    held.rows = {"": [[c for n, c in enumerate(row) if n != place] for row in held.rows[""]]}
    path = written(held, tmp_path)
    assert ask(path, "SELECT count(*) FROM wps_km") == [(2,)]
    assert A not in path.read_bytes().decode("utf-8", "replace")


def test_a_parked_row_with_the_key_of_another_is_taken_too(tmp_path: Path) -> None:
    held = consultation()
    held.rows = {"": [held.rows[""][0], held.rows[""][0]], "/person": held.rows["/person"]}
    path = written(held, tmp_path, work(tmp_path, parked=True))
    assert ask(path, f"SELECT count(*) FROM wps WHERE KEY = '{A}'") == [(2,)]


@pytest.mark.parametrize("form_id", ["forms", "questions", "sqlite_x", "ទម្រង់ ១", "a b", "about", 'x"y'])
def test_any_name_of_a_form_is_the_name_of_a_table(tmp_path: Path, form_id: str) -> None:
    held = consultation()
    held.form_id = form_id
    assert sorted(
        row[0] for row in ask(written(held, tmp_path), "SELECT name FROM sqlite_master WHERE type = 'view'")
    )


def test_columns_that_differ_in_case_alone_are_two(tmp_path: Path) -> None:
    sheet = Sheet("", "wps", None, (
        Column("KEY", Kind.TEXT, role=Role.KEY), Column("key", Kind.TEXT, "/key"), Column("A", Kind.TEXT, "/A"),
        Column("a", Kind.TEXT, "/a"),
    ))  # fmt: skip
    path = written(ListedExtract((sheet,), {"": [["k", "1", "2", "3"]]}), tmp_path)
    assert ask(path, "SELECT * FROM wps") == [("k", 1, "1", "2", "3")]


def test_more_columns_than_sqlite_takes_are_told(tmp_path: Path) -> None:
    columns = tuple(Column(f"q{n}", Kind.TEXT, f"/q{n}") for n in range(2100))
    sheet = Sheet("", "wps", None, (Column("KEY", Kind.TEXT, role=Role.KEY), *columns))
    made = work(tmp_path)
    path = written(ListedExtract((sheet,), {"": [["k", *map(str, range(2100))]]}), tmp_path, made)
    assert ask(path, "SELECT q1988 FROM wps") == [("1988",)]
    assert sum(loss.count for loss in made.losses) == 2100 - 1989


def test_it_opens_in_datasette(tmp_path: Path) -> None:
    app = pytest.importorskip("datasette.app", reason="Datasette is not installed")
    path = written(consultation(), tmp_path)
    held = app.Datasette([str(path)])

    async def get(url: str) -> Any:
        answer = await held.client.get(url)
        assert answer.status_code == 200, url
        return answer

    tables = {t["name"]: t["count"] for t in asyncio.run(get("/wps.json")).json()["tables"]}
    assert (tables["wps"], tables["wps__person"]) == (2, 3)
    rows = asyncio.run(get("/wps/wps_km.json?_shape=array")).json()
    assert "កំពត" in [row["ខេត្ត"] for row in rows]
    assert "អ្នកចូលរួម" in asyncio.run(get("/wps/questions")).text
    assert PEOPLE.labels["km"] == "អ្នកចូលរួម"
