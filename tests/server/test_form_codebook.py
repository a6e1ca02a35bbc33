"""`samleng form codebook`: of a file, and of a hub's form with all its versions."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from forms.cells import Book
from server import cli
from server.hub import Hub
from server.projects import create_project
from server.publish import publish_file
from tests.forms.workbooks import water


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        cli.run([str(a) for a in arguments])
    return int(ended.value.code or 0), *capsys.readouterr()


def published(folder: Path, hub: Hub, project: Any, version: str, name: str) -> None:
    """A version of the water form in which the last question is called `name`."""
    book = Book(water())
    book.sheets[0].write((4, 2), name)
    book.sheets[2].write((2, 2), version)
    file = folder / "form.xlsx"
    file.write_bytes(book.saved())
    publish_file(hub, project, file)


def test_a_hub_s_form_comes_with_every_version(
    data: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    hub = Hub(data, password_cost=4)
    project = create_project(hub, "ទឹក")
    published(tmp_path, hub, project, "1", "people")
    published(tmp_path, hub, project, "2", "members")
    hub.close()
    out = tmp_path / "book.xlsx"
    code, said, _err = run(
        capsys, "form", "codebook", "water", "--project", "ទឹក", "--out", out, "--data", data, "--json"
    )
    assert (code, json.loads(said)["versions"]) == (0, ["1", "2"])
    rows = {row[0].value: row[-1].value for row in load_workbook(out)["Columns"]}
    assert (rows["members"], rows["people"], rows["source"]) == ("2", "1 – no longer asked", "1, 2")


@pytest.mark.parametrize("suffix", [".xlsx", ".md", ".html"])
def test_a_workbook_needs_no_hub(tmp_path: Path, capsys: pytest.CaptureFixture[str], suffix: str) -> None:
    form, out = tmp_path / "form.xlsx", tmp_path / f"book{suffix}"
    form.write_bytes(water())
    assert run(capsys, "form", "codebook", form, "--out", out)[0] == 0
    assert out.stat().st_size > 500


@pytest.mark.parametrize(
    ("name", "out", "code"), [("none.xlsx", "b.md", 2), ("form.xlsx", "b.docx", 2), ("bad.xlsx", "b.md", 1)]
)
@pytest.mark.parametrize("lang", ["km", "en"])
def test_bad_input_is_told_and_writes_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, out: str, code: int, lang: str
) -> None:
    (tmp_path / "form.xlsx").write_bytes(water())
    (tmp_path / "bad.xlsx").write_bytes(b"no workbook")
    said = run(capsys, "form", "codebook", tmp_path / name, "--out", tmp_path / out, "--lang", lang)
    assert said[0] == code
    assert said[2].strip() and "Traceback" not in said[2]
    assert not (tmp_path / out).exists()
