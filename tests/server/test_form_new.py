"""`samleng form new` and `samleng form preview`, as a designer types them."""

from __future__ import annotations

import json
import re
import webbrowser
from pathlib import Path

import pytest

from server import cli


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        cli.run(["form", *map(str, arguments)])
    return int(ended.value.code or 0), *capsys.readouterr()


def test_a_new_form_is_looked_at_at_once(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", lambda address: opened.append(address) or True)
    code, out, _err = run(capsys, "new", "village_visit", "--out", tmp_path, "--json")
    made = json.loads(out)
    assert code == 0
    assert re.fullmatch(r"20\d{6}01", made["version"])
    code, out, _err = run(capsys, "preview", made["file"], "--json")
    assert (code, json.loads(out)["opened"]) == (0, True)
    assert opened[0].startswith("file:")
    assert "village_visit" in Path(json.loads(out)["file"]).read_text("utf-8")


def test_a_page_can_be_written_without_opening_it(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    run(capsys, "new", "visit", "--out", tmp_path)
    code, _out, _err = run(capsys, "preview", tmp_path / "visit" / "form.xlsx", "--out", tmp_path / "p.html")
    assert code == 0
    assert (tmp_path / "p.html").read_text("utf-8").startswith("<!doctype html>")


@pytest.mark.parametrize("lang", ["km", "en"])
def test_bad_names_and_broken_workbooks_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str
) -> None:
    code, _out, err = run(capsys, "new", "ភូមិ", "--out", tmp_path / "new", "--lang", lang)
    assert code == 1 and "ភូមិ" in err
    assert not (tmp_path / "new").exists()
    (tmp_path / "broken.xlsx").write_bytes(b"no workbook")
    code, _out, err = run(
        capsys, "preview", tmp_path / "broken.xlsx", "--out", tmp_path / "p.html", "--lang", lang
    )
    assert code == 1 and "Traceback" not in err
    assert not (tmp_path / "p.html").exists()
