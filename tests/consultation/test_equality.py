"""Brought up step by step, the consultation database says what one made anew says: row for row, word for word."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server import upkeep
from server.consultation.checking import compare
from server.consultation.following import catch_up
from server.hub import Hub
from server.projects import update_project
from server.store.consultation import NAME
from tests.server.season import Country, begin
from tests.server.test_projection import carry_out, examples, nation_project

DEEDS = ("post", "post", "edit", "review", "delete", "restore", "carry", "carry", "publish", "pick", "take", "accept",
         "withdraw", "look", "look", "fold anew", "rename")  # fmt: skip
work = st.lists(st.tuples(st.sampled_from(DEEDS), *(st.integers(0, 11) for _ in range(4))), max_size=16)


def do(country: Country, deed: str, at: int, one: int, other: int, content: int) -> None:
    hub = country.hubs[at % 3]
    if deed == "look":
        catch_up(hub)
    elif deed == "fold anew":
        upkeep.rebuild(hub)
    elif deed == "rename":
        update_project(country.hubs[0], nation_project(country.hubs[0]), {"name": f"ស្រូវ {content}"})
    else:
        carry_out(country, deed, at, one, other, content)


@given(work)
@examples(25, 400)
def test_step_by_step_and_at_once_are_the_same(
    tmp_path_factory: pytest.TempPathFactory, deeds: list[tuple[str, int, int, int, int]]
) -> None:
    country = Country(tmp_path_factory.mktemp("country"), ("ជាតិ", "កំពត", "កែប"))
    begin(country.hubs[0])
    country.meet()
    for hub in country.hubs:
        catch_up(hub)
    for deed in deeds:
        do(country, *deed)
    for hub in country.hubs:
        catch_up(hub)
        assert compare(hub) == []
        check_keys(hub)
    country.close()


def check_keys(hub: Hub) -> None:
    with closing(sqlite3.connect(hub.data / NAME)) as db:
        assert db.execute("PRAGMA foreign_key_check").fetchall() == []
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]


def test_hubs_that_hold_the_same_say_the_same(tmp_path: Path) -> None:
    country = Country(tmp_path, ("ជាតិ", "កំពត", "កែប"))
    begin(country.hubs[0])
    for deed in [("post", 0, n, 0, n) for n in range(5)] + [("publish", 0, 0, 0, 0)]:
        do(country, *deed)
    country.meet()
    said = [rows(hub) for hub in country.hubs]
    assert said[0] == said[1] == said[2]
    assert any("ភូមិ1" in row for row in said[0])
    country.close()


def rows(hub: Hub) -> list[tuple[object, ...]]:
    catch_up(hub)
    with closing(sqlite3.connect(hub.data / NAME)) as db:
        (table,) = db.execute('SELECT "table" FROM forms').fetchone()
        found = db.execute(f'SELECT * FROM "{table}" ORDER BY KEY').fetchall()
        return [tuple(d[0] for d in db.execute(f'SELECT * FROM "{table}" LIMIT 0').description), *found]
