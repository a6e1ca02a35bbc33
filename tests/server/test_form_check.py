"""`samleng form check`: exit codes, both languages, what programs read, and the published version."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from server.hub import Hub
from server.projects import create_project
from server.publish import publish_file
from tests.forms.check_cases import labels
from tests.forms.test_checks import book
from tests.forms.test_compared import COMPARED, OLD

ROOT = Path(__file__).parents[2]
COMMAND = "from server.cli import entry_point; entry_point()"


@pytest.fixture
def good(tmp_path: Path) -> Path:
    return write(tmp_path / "ល្អ.xlsx", labels("សំណួរ"))


@pytest.fixture
def bad(tmp_path: Path) -> Path:
    return write(tmp_path / "bad.xlsx", labels("ស្រ្តី"))


def write(path: Path, form: str) -> Path:
    path.write_bytes(book(form))
    return path


def check(*arguments: str | Path, folder: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The command as a person runs it, from another folder than the program's."""
    said = [sys.executable, "-c", COMMAND, "form", "check", "--no-java", *map(str, arguments)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "LANG": "en_US.UTF-8", "LC_ALL": ""}
    return subprocess.run(
        said, capture_output=True, encoding="utf-8", check=False, cwd=folder, env=environment
    )


def test_a_good_form_ends_with_nothing_to_do(good: Path, tmp_path: Path) -> None:
    done = check(good, folder=tmp_path)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout == f"{good}: 0 errors, 0 warnings\n"


def test_an_error_is_told_with_its_cell_in_both_languages(bad: Path) -> None:
    english, khmer = check(bad), check(bad, "--lang", "km")
    assert (english.returncode, khmer.returncode) == (1, 1)
    assert english.stdout.startswith("bad.xlsx: survey!C2 (label::Khmer (km)): error: The signs of")
    assert khmer.stdout.startswith("bad.xlsx: survey!C2 (label::Khmer (km)): កំហុស: សញ្ញានៃ")
    assert "[khmer.order]" in khmer.stdout


def test_one_file_that_cannot_be_read_stops_no_other(bad: Path, tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("type,name", encoding="utf-8")
    done = check(tmp_path / "a.csv", tmp_path / "none.xlsx", bad, "--json")
    assert done.returncode == 2
    said = json.loads(done.stdout)["files"]
    assert [one.get("unreadable") for one in said] == ["xlsform.other_spreadsheet", "file.unreadable", None]
    (finding,) = said[2]["findings"]
    assert (finding["severity"], finding["sheet"], finding["row"], finding["column"], finding["header"]) == (
        "error", "survey", 2, "C", "label::Khmer (km)",
    )  # fmt: skip
    assert set(finding["text"]) == {"km", "en"} and finding["values"]["expected"] == "ស្ត្រី"


def test_the_version_before_may_be_a_workbook(tmp_path: Path) -> None:
    old, new, _ = COMPARED["compared.retyped"]
    done = check(write(tmp_path / "new.xlsx", new), "--against", write(tmp_path / "old.xlsx", old))
    assert done.returncode == 1
    assert "[compared.retyped]" in done.stdout


def test_two_forms_cannot_be_compared_with_one(good: Path, bad: Path) -> None:
    assert check(good, bad, "--against", good).returncode == 2


def test_a_form_is_compared_with_what_is_published(data: Path, tmp_path: Path) -> None:
    hub = Hub(data)
    try:
        publish_file(hub, create_project(hub, "ស្ត្រី"), write(tmp_path / "f.xlsx", OLD))
    finally:
        hub.close()
    new = write(tmp_path / "new.xlsx", COMPARED["compared.removed"][1])
    done = check(new, "--project", "ស្ត្រី", "--data", data)
    assert "[compared.removed]" in done.stdout and done.returncode == 0
    other = write(tmp_path / "other.xlsx", labels("សំណួរ").replace("| q |", "| q9 |"))
    assert check(other, "--project", "nowhere", "--data", data).returncode == 2


def test_a_form_that_is_not_published_is_checked_all_the_same(data: Path, good: Path) -> None:
    hub = Hub(data)
    create_project(hub, "ស្ត្រី")
    hub.close()
    done = check(good, "--project", "ស្ត្រី", "--data", data)
    assert done.returncode == 0 and "nothing to compare with" in done.stdout
