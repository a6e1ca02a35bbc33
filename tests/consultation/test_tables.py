"""What stands in consultation.db: every form's answers as typed tables that later versions only add to."""

from __future__ import annotations

import os
import shutil
import sqlite3
import stat
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from server import review, upkeep
from server.consultation.checking import compare
from server.consultation.following import catch_up, is_current
from server.consultation.searching import search
from server.definition import read_definition
from server.hub import Hub
from server.projects import create_project
from server.publish import create_form, delete_form, restore_form
from server.store import projects, submissions
from server.store.consultation import NAME
from server.store.forms import Form
from server.withdrawal import withdraw
from tests.extracts.consulting import (
    NEEDS_1,
    NEEDS_2,
    consultation,
    make_hub,
    name_of,
    publish,
    xform,
)
from tests.extracts.consulting import submit as hand_over
from tests.server.season import QUICK, hand_in
from tests.server.season import xform as rice_xform

T = "ការពិគ្រោះយោបល់_២០២៦__wps"
ANSWERS = (
    "<day>2026-11-20</day><consent>yes</consent><place><province>07</province><gps>11.5 104.9 1 2.5</gps></place>"
    "<needs>water health</needs><story>យើងត្រូវការទឹក</story><count>12</count><people><person><age>34</age><job>"
    "<title>កសិករ</title></job></person><person><age>៤០</age></person></people>"
)


def submit(hub: Hub, number: int, inside: str, *more: str, edits: int = 0) -> str:
    """Of somebody who agreed to take part, unless the answers say otherwise."""
    agreed = "" if "<consent>" in inside else "<consent>yes</consent>"
    return hand_over(hub, number, agreed + inside, *more, edits=edits)


@pytest.fixture
def held(tmp_path: Path) -> Iterator[tuple[Hub, Form]]:
    hub, form = consultation(tmp_path)
    yield hub, form
    hub.close()


def ask(hub: Hub, sql: str) -> list[Any]:
    catch_up(hub)
    with closing(sqlite3.connect(hub.data / NAME)) as db:
        return db.execute(sql).fetchall()


def columns(hub: Hub, table: str) -> list[str]:
    return [row[1] for row in ask(hub, f'PRAGMA table_info("{table}")')]


def test_a_row_says_where_it_comes_from_and_what_was_answered(held: tuple[Hub, Form]) -> None:
    hub, _ = held
    submit(hub, 1, ANSWERS)
    (row,) = ask(hub, f'SELECT KEY, Hub, Province, FormVersion, ReviewState, Edits, SubmissionDate, SubmitterName, '
                      f'"place-gps-Latitude", count, typeof(count), needs FROM "{T}"')  # fmt: skip
    assert row == (name_of(1), "កំពត", "07", "2", None, 0, "2026-11-23T01:15:00.000Z", "ថេប្លេត ៧", 11.5, 12,
                   "integer", "water health")  # fmt: skip
    ages = f'SELECT p.age, j.title FROM "{T}__person" p LEFT JOIN "{T}__job" j ON j.PARENT_KEY = p.KEY ORDER BY p.KEY'
    assert ask(hub, ages) == [(34, "កសិករ"), ("៤០", None)]
    assert ask(hub, "PRAGMA foreign_key_check") == []


def test_views_say_it_in_words_of_the_version_that_was_answered(held: tuple[Hub, Form]) -> None:
    hub, _ = held
    submit(hub, 1, "<needs>school</needs>", "1")
    submit(hub, 2, "<needs>school water gone</needs>", "2")
    for view, first, second in (
        ("km", "សាលា", "សាលារៀន, ទឹក, gone"),
        ("en", "School", "A school, Water, gone"),
    ):
        title = {"km": "តម្រូវការ", "en": "Needs"}[view]
        assert ask(hub, f'SELECT "{title}" FROM "{T}_{view}" ORDER BY KEY') == [(first,), (second,)]
    assert ask(hub, f'SELECT "អាយុ" FROM "{T}__person_km"') == []


def test_what_was_asked_stands_by_version_in_both_languages(held: tuple[Hub, Form]) -> None:
    hub, _ = held
    asked = "SELECT version, km, en FROM questions WHERE path = '/needs' ORDER BY version"
    assert ask(hub, asked) == [(1, "តម្រូវការ", "Needs"), (2, "តម្រូវការ", "Needs")]
    assert [r[0] for r in ask(hub, "SELECT version FROM questions WHERE path = '/village'")] == [1]
    assert ask(hub, "SELECT number, name FROM versions ORDER BY number") == [(1, "1"), (2, "2")]
    provinces = "SELECT name, km, en FROM choices WHERE \"column\" = 'place-province' ORDER BY name"
    assert ask(hub, provinces) == [("02", "បាត់ដំបង", "Battambang"), ("07", "កំពត", "Kampot")]


def test_a_new_version_adds_columns_at_the_end_and_keeps_the_others(tmp_path: Path) -> None:
    hub = make_hub(tmp_path)
    publish(hub, xform("1", NEEDS_1, ("village", "story")))
    submit(hub, 1, "<village>ភូមិ</village>", "1")
    before = columns(hub, T)
    publish(hub, xform("2", NEEDS_2, ("hope", "story")))
    submit(hub, 2, "<hope>សាលា</hope>")
    assert columns(hub, T) == [*before, "hope"]
    assert ask(hub, f'SELECT village, hope FROM "{T}" ORDER BY KEY') == [("ភូមិ", None), (None, "សាលា")]
    assert compare(hub) == []
    hub.close()


def test_two_projects_with_one_form_have_tables_of_their_own(held: tuple[Hub, Form]) -> None:
    hub, _ = held
    for name in ("ក", "ខ"):
        create_form(hub, create_project(hub, name), read_definition(hub, rice_xform()), publish=True)
    before = {row[0] for row in ask(hub, 'SELECT "table" FROM forms')}
    assert {"ក__rice", "ខ__rice", T} == before
    create_form(hub, create_project(hub, "ក"), read_definition(hub, rice_xform()), publish=True)
    assert len({row[0].casefold() for row in ask(hub, 'SELECT "table" FROM forms')}) == 4
    assert compare(hub) == []


def test_the_trash_is_not_in_it_and_what_comes_back_is(held: tuple[Hub, Form]) -> None:
    hub, form = held
    submit(hub, 1, ANSWERS)
    row = submissions.find_submission(hub.read(), form.id, name_of(1))
    assert row is not None
    for act, count in ((review.delete_submission, 0), (review.restore_submission, 1)):
        act(hub, form, row)
        assert ask(hub, f'SELECT count(*) FROM "{T}"') == [(count,)]
        assert ask(hub, f'SELECT count(*) FROM "{T}__job"') == [(count,)]


def test_a_word_of_an_edited_answer_is_no_more(held: tuple[Hub, Form]) -> None:
    hub, _ = held
    submit(hub, 1, ANSWERS)
    assert ask(hub, f'SELECT story, Edits FROM "{T}"') == [("យើងត្រូវការទឹក", 0)]
    submit(hub, 2, "<story>ដី</story>", edits=1)
    assert ask(hub, f'SELECT KEY, story, Edits, ReviewState FROM "{T}"') == [(name_of(1), "ដី", 1, "edited")]
    assert compare(hub) == []


# The file itself


def test_nobody_else_may_read_it(held: tuple[Hub, Form]) -> None:
    hub, _ = held
    catch_up(hub)
    assert stat.S_IMODE((hub.data / NAME).stat().st_mode) == 0o600


@pytest.mark.skipif(os.name == "nt", reason="an open file cannot be spoiled there")
@pytest.mark.parametrize(
    "harm", ["deleted", "garbage", "cut", "zeros", "foreign", "older", "table dropped", "empty"]
)
def test_a_file_that_is_not_ours_any_more_is_made_anew(held: tuple[Hub, Form], harm: str) -> None:
    hub, _ = held
    for number in range(1, 30):
        submit(hub, number, ANSWERS)
    rows = ask(hub, f'SELECT * FROM "{T}" ORDER BY KEY')
    path = hub.data / NAME
    spoil(path, harm)
    submit(hub, 40, ANSWERS)
    catch_up(hub)
    assert ask(hub, f'SELECT * FROM "{T}" ORDER BY KEY')[:29] == rows
    assert ask(hub, f'SELECT count(*) FROM "{T}"') == [(30,)]
    assert compare(hub) == []


def spoil(path: Path, harm: str) -> None:
    data = path.read_bytes()
    match harm:
        case "deleted":
            path.unlink()
        case "empty":
            path.write_bytes(b"")
        case "garbage":
            path.write_bytes(bytes(reversed(data)))
        case "cut":
            path.write_bytes(data[: len(data) // 2])
        case "zeros":
            path.write_bytes(data[:4096] + bytes(len(data) - 4096))
        case "foreign":
            path.unlink()
            change(path, "CREATE TABLE mine (a)")
        case "older":
            change(path, "UPDATE _state SET value = '\"0\"' WHERE name = 'layout'")
        case "table dropped":
            change(path, f'DROP TABLE "{T}__job"')


def change(path: Path, sql: str) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute(sql)
        db.commit()


def test_a_hub_that_went_back_makes_it_anew(held: tuple[Hub, Form], tmp_path: Path) -> None:
    """Somebody puts an older hub.db beside a newer consultation.db, and other work goes on over it."""
    hub, _ = held
    submit(hub, 1, ANSWERS)
    catch_up(hub)
    hub.close()
    older = tmp_path / "older"
    shutil.copytree(hub.data, older)
    again = Hub(hub.data, **QUICK)  # type: ignore[arg-type]
    submit(again, 2, ANSWERS)
    catch_up(again)
    again.close()
    shutil.copy(again.data / NAME, older / NAME)
    back = Hub(older, **QUICK)  # type: ignore[arg-type]
    submit(back, 3, ANSWERS)
    submit(back, 4, ANSWERS)
    assert [r[0] for r in ask(back, f'SELECT KEY FROM "{T}" ORDER BY KEY')] == [name_of(n) for n in (1, 3, 4)]
    assert compare(back) == []
    back.close()


def test_a_restored_hub_makes_it_anew(held: tuple[Hub, Form], tmp_path: Path) -> None:
    hub, _ = held
    submit(hub, 1, ANSWERS)
    catch_up(hub)
    upkeep.backup(hub, tmp_path / "b.tar")
    upkeep.restore(tmp_path / "b.tar", tmp_path / "restored")
    assert not (tmp_path / "restored" / NAME).exists()
    back = Hub(tmp_path / "restored", **QUICK)  # type: ignore[arg-type]
    assert ask(back, f'SELECT count(*) FROM "{T}"') == [(1,)]
    back.close()


def test_a_rebuild_makes_it_anew_and_its_check_names_what_differs(held: tuple[Hub, Form]) -> None:
    hub, _ = held
    submit(hub, 1, ANSWERS)
    catch_up(hub)
    assert upkeep.compare(hub) == []
    change(hub.data / NAME, f'UPDATE "{T}" SET count = 13')
    assert upkeep.compare(hub) == [f"{NAME}: {T}"]
    upkeep.rebuild(hub)
    assert upkeep.compare(hub) == []


def test_a_hub_that_wants_none_has_none(held: tuple[Hub, Form]) -> None:
    hub, _ = held
    catch_up(hub)
    hub.close()
    without = Hub(hub.data, consultation=False, **QUICK)  # type: ignore[arg-type]
    assert catch_up(without) is False
    assert not (without.data / NAME).exists()
    without.close()


def test_taking_a_submission_notes_nothing_for_it(held: tuple[Hub, Form]) -> None:
    """What came is told by its number: a post writes no row more than before."""
    hub, _ = held
    submit(hub, 1, ANSWERS)
    assert hub.read().execute("SELECT count(*) FROM submission_change").fetchone() == (0,)
    submit(hub, 2, "<story>ដី</story>", edits=1)
    catch_up(hub)
    assert hub.read().execute("SELECT count(*) FROM submission_change").fetchone() == (1,)
    assert is_current(hub)


def test_a_renamed_hub_and_tablet_are_renamed_in_the_rows(held: tuple[Hub, Form]) -> None:
    hub, _ = held
    submit(hub, 1, ANSWERS)
    catch_up(hub)
    subject = f"hub:{hub.id}"
    before = [entry.id for entry in hub.ledger.entries_of(subject)]
    hub.write(lambda turn: turn.append("hub.introduce", subject, {"name": "កែប"}, supersedes=before))
    other = {"id": "tablet7", "name": "ថេប្លេត ៨"}
    xml = f'<data id="wps" version="2"><consent>yes</consent><meta><instanceID>{name_of(2)}</instanceID></meta></data>'
    hand_in(hub, xml.encode(), other)
    assert ask(hub, f'SELECT Hub, SubmitterName FROM "{T}"') == [("កែប", "ថេប្លេត ៨")] * 2
    assert compare(hub) == []


def test_a_reader_puts_a_withdrawal_off_and_nothing_is_lost(held: tuple[Hub, Form]) -> None:
    hub, form = held
    submit(hub, 1, ANSWERS)
    submit(hub, 2, "<story>ដី</story>")
    catch_up(hub)
    with closing(sqlite3.connect(hub.data / NAME, isolation_level=None)) as reader:
        reader.execute("BEGIN")
        reader.execute(f'SELECT * FROM "{T}"').fetchone()
        withdraw(hub, form, name_of(1))
        assert hub.erase() is False
        reader.execute("COMMIT")
    assert hub.erase() is True
    assert (
        b"".join(p.read_bytes() for p in hub.data.rglob("*") if p.is_file()).count("យើងត្រូវការទឹក".encode())
        == 0
    )
    assert ask(hub, f'SELECT KEY FROM "{T}"') == [(name_of(2),)]
    assert compare(hub) == []


def test_drafts_and_forms_in_the_trash_have_no_tables(held: tuple[Hub, Form]) -> None:
    hub, form = held
    submit(hub, 1, ANSWERS)
    create_form(hub, projects.list_projects(hub.read())[0], read_definition(hub, rice_xform()), publish=False)
    assert ask(hub, "SELECT form_id FROM forms") == [("wps",)]
    delete_form(hub, form)
    assert ask(hub, "SELECT form_id FROM forms") == []
    assert ask(hub, "SELECT name FROM sqlite_master WHERE name LIKE '%wps%'") == []
    restore_form(hub, form)
    assert ask(hub, f'SELECT story FROM "{T}"') == [("យើងត្រូវការទឹក",)]
    assert compare(hub) == []


def test_who_did_not_agree_is_not_in_it(held: tuple[Hub, Form]) -> None:
    hub, _ = held
    submit(hub, 1, ANSWERS)
    submit(hub, 2, ANSWERS.replace("<consent>yes", "<consent>no"))
    assert ask(hub, f'SELECT KEY FROM "{T}"') == [(name_of(1),)]
    assert ask(hub, f'SELECT count(*) FROM "{T}__person"') == [(2,)]
    submit(hub, 3, ANSWERS.replace("<consent>yes", "<consent>no"), edits=1)
    assert ask(hub, f'SELECT KEY FROM "{T}"') == []
    assert search(hub, "ទឹក", [1]).answers == ()
    assert compare(hub) == []
