"""`samleng form print`, as its user runs it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from server import cli

FORM = Path(__file__).parents[2] / "forms" / "library" / "wps_consultation" / "form.xlsx"


def run(*arguments: object) -> int:
    with pytest.raises(SystemExit) as ended:
        cli.run([str(argument) for argument in arguments])
    return int(ended.value.code or 0)


def test_a_pdf_is_written_and_told_of(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    out = tmp_path / "ទម្រង់.pdf"
    assert run("form", "print", FORM, "--out", out, "--language", "km", "--json") == 0
    said = json.loads(capsys.readouterr().out)
    assert said["form_id"] == "wps_consultation"
    assert said["pages"] > 5
    assert out.read_bytes().startswith(b"%PDF-1.7")


def test_a_file_that_is_no_form_is_refused_and_nothing_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    broken = tmp_path / "form.xlsx"
    broken.write_bytes(b"PK not a workbook")
    assert run("form", "print", broken, "--out", tmp_path / "a.pdf") != 0
    assert "spreadsheet" in capsys.readouterr().err
    assert not (tmp_path / "a.pdf").exists()


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run("form", "print", FORM, "--out", tmp_path / "nowhere" / "a.pdf") == 2
    assert "cannot be written" in capsys.readouterr().err
