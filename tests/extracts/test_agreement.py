"""One promise over all formats: the same answers, whichever file they are read from, by programs that are not ours."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given

from server.extracts.arranging import arranged
from server.extracts.options import Options
from tests.extracts.random_forms import Season, seasons
from tests.extracts.reading_back import READERS, answers, expected, untrailed, written
from tests.extracts.test_every_answer import examples, held, template
from tests.extracts.works import make_work

__all__ = ["template"]


@pytest.mark.parametrize("file_format", READERS)
@examples(15, 200)
@given(season=seasons())
def test_the_same_answers_are_read_back_from_every_format(
    template: Path, tmp_path_factory: pytest.TempPathFactory, file_format: str, season: Season
) -> None:
    folder = tmp_path_factory.mktemp("agreement")
    with held(template, folder / "hubs", season) as extract:
        made = arranged(extract, Options(profile="full"))
        work = make_work(folder / "work", file_format, profile="full")
        work.folder.mkdir()
        read = READERS[file_format](made, written(made, work, folder))
        found, wanted = answers(made, read), expected(made)
        if file_format == "sav":
            found, wanted = untrailed(found), untrailed(wanted)
        assert found == wanted
