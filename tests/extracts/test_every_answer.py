"""Over random forms and answers: every answer is there exactly once, under its own question, however arranged."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.extracts.arranging import arranged
from server.extracts.gathering import gathered
from server.extracts.options import Options
from server.extracts.sheets import Extract, Role
from server.hub import Hub
from tests.extracts.consulting import name_of, publish, submit
from tests.extracts.random_forms import Season, seasons
from tests.server.season import QUICK, copied

LONG = bool(os.environ.get("CI"))
CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
Opened = Callable[[Season], "contextmanager[Extract]"]


def examples(everyday: int, long: int) -> settings:
    count = long if LONG else everyday
    return settings(max_examples=count, deadline=None, print_blob=True, suppress_health_check=CHECKS)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("template") / "hub"
    Hub.create(folder, "ទទេ", **QUICK).close()  # type: ignore[arg-type]
    return folder


@contextmanager
def held(template: Path, folder: Path, season: Season) -> Iterator[Extract]:
    with copied(template, folder, 1) as (hub,):
        for xml in season.forms:
            form = publish(hub, xml)
        for one in season.instances:
            submit(hub, one.number, one.xml, one.version)
        with gathered(hub, form) as extract:
            yield extract


def answers_in(extract: Extract) -> Counter[tuple[str, str, str]]:
    """(key of the row, path, text) of every answer; the form's own meta left out."""
    found: Counter[tuple[str, str, str]] = Counter()
    for sheet in extract.sheets:
        for batch in extract.batches(sheet):
            keys = batch.columns[sheet.place(Role.KEY)]
            for column, cells in zip(sheet.columns, batch.columns, strict=True):
                if column.role is Role.ANSWER and not column.path.startswith("/meta"):
                    found.update(
                        (k, column.path, c) for k, c in zip(keys, cells, strict=True) if c is not None
                    )  # type: ignore[misc]
    return found


def given_in(season: Season) -> Counter[tuple[str, str, str]]:
    return Counter(
        (name_of(one.number) + suffix, path, text)
        for one in season.instances
        for (suffix, path), text in one.cells.items()
    )


@examples(25, 400)
@given(season=seasons())
def test_every_answer_stands_once_under_its_own_path(template: Path, tmp_path: Path, season: Season) -> None:
    with held(template, tmp_path / "hubs", season) as extract:
        assert answers_in(extract) == given_in(season)
        for sheet in extract.sheets:
            parent = next((s for s in extract.sheets if s.path == sheet.parent), None)
            if parent is not None:
                above = {k for b in extract.batches(parent) for k in b.columns[parent.place(Role.KEY)]}
                below = {k for b in extract.batches(sheet) for k in b.columns[sheet.place(Role.PARENT)]}
                assert below <= above


@examples(25, 400)
@given(
    season=seasons(),
    repeats=st.sampled_from(("wide", "long")),
    group_names=st.booleans(),
    headers=st.sampled_from(("names", "labels")),
)
def test_however_joined_nothing_is_lost_and_no_two_columns_are_alike(
    template: Path, tmp_path: Path, season: Season, repeats: str, group_names: bool, headers: str
) -> None:
    options = Options(repeats=repeats, group_names=group_names, headers=headers)
    with held(template, tmp_path / "hubs", season) as extract:
        made = arranged(extract, options)
        for sheet in made.sheets:
            names = [column.name for column in sheet.columns]
            assert len(set(names)) == len(names)
            keys = [k for b in made.batches(sheet) for k in b.columns[sheet.place(Role.KEY)]]
            assert len(set(keys)) == len(keys) and None not in keys
        said = Counter((path, text) for _, path, text in answers_in(made).elements())
        wanted = Counter((path, text) for _, path, text in given_in(season).elements())
        if repeats == "wide":
            assert said == wanted
        else:  # what stands above is said again in each row below
            assert said.keys() == wanted.keys() and said >= wanted
