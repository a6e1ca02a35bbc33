"""The examples of docs/consultation-database.md, run as they stand, on a hub with two versions and repeats."""

from __future__ import annotations

import asyncio
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from server.consultation.following import catch_up
from server.hub import Hub
from server.store.consultation import NAME
from tests.consultation.test_tables import ANSWERS, T, submit
from tests.extracts.consulting import consultation

PAGE = (Path(__file__).parents[2] / "docs" / "consultation-database.md").read_text(encoding="utf-8")
EXPECTED = [
    [("Kampot", "កំពត", 2), (None, "កំពត", 1)],
    [("07", 34.0, 2)],
    [("health", 2), ("water", 2)],
    [("1", "តម្រូវការ", "Needs"), ("2", "តម្រូវការ", "Needs")],
]


def examples(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    made, _ = consultation(tmp_path_factory.mktemp("hub"))
    submit(made, 1, ANSWERS)
    submit(made, 2, ANSWERS)
    submit(made, 3, "<village>ភូមិ</village>", "1")
    catch_up(made)
    yield made
    made.close()


@pytest.mark.parametrize(("sql", "rows"), list(zip(examples("sql"), EXPECTED, strict=True)))
def test_queries_answer(hub: Hub, sql: str, rows: list[Any]) -> None:
    with closing(sqlite3.connect(hub.data / NAME)) as db:
        assert sorted(db.execute(sql).fetchall(), key=repr) == sorted(rows, key=repr)


def test_python_reads_it(hub: Hub) -> None:
    pytest.importorskip("pandas", reason="pandas is not installed")
    (code,) = examples("python")
    done = subprocess.run([sys.executable, "-X", "utf8", "-c", code], cwd=hub.data, capture_output=True, text=True,
                          encoding="utf-8", check=False)  # fmt: skip
    assert done.stdout == "4 នាក់\n", done.stderr


def test_r_reads_it(hub: Hub) -> None:
    program = shutil.which("Rscript")
    if program is None:
        pytest.skip("R is not installed")
    (code,) = examples("r")
    done = subprocess.run([program, "-e", code], cwd=hub.data, capture_output=True, text=True, check=False)
    if "there is no package" in done.stderr:
        pytest.skip("R has no RSQLite")
    assert done.stdout.split() == ["3"], done.stderr


def test_datasette_shows_every_table_and_view(hub: Hub) -> None:
    app = pytest.importorskip("datasette.app", reason="Datasette is not installed")
    quote = pytest.importorskip("datasette.utils").tilde_encode
    held = app.Datasette([str(hub.data / NAME)])

    async def get(url: str) -> Any:
        answer = await held.client.get(url)
        assert answer.status_code == 200, url
        return answer

    said = asyncio.run(get("/consultation.json")).json()
    assert None not in [table["count"] for table in said["tables"]], "each can be counted"
    shown = {table["name"] for table in said["tables"] if not table["hidden"]}
    assert {T, f"{T}__person", "forms", "questions", "choices"} <= shown
    assert {view["name"] for view in said["views"]} >= {f"{T}_km", f"{T}_en"}
    for name in (*shown, *(view["name"] for view in said["views"])):
        if not name.startswith("_"):
            asyncio.run(get(f"/consultation/{quote(name)}"))
    rows = asyncio.run(get(f"/consultation/{quote(T + '_km')}.json?_shape=array")).json()
    assert [row["តម្រូវការ"] for row in rows].count("ទឹក, សុខភាព") == 2
