"""`samleng form translate`: a form goes to a translator and comes back, as its designer would type it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from openpyxl import load_workbook

from forms.catalogues import catalogue_path
from server import cli
from tests.forms.workbooks import adorned, water

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Run:
    """run("update", …) -> (exit code, stdout, stderr), on the catalogues of the test's folder."""

    def call(verb: str, *arguments: str | Path) -> tuple[int, str, str]:
        said = ["form", "translate", verb, *map(str, arguments), "--po", str(tmp_path / "i18n")]
        with pytest.raises(SystemExit) as ended:
            cli.run(said)
        return int(ended.value.code or 0), *capsys.readouterr()

    return call


@pytest.fixture
def form(tmp_path: Path) -> Path:
    path = tmp_path / "ទឹក" / "form.xlsx"
    path.parent.mkdir()
    path.write_bytes(adorned(water()))
    return path


def answer(said: tuple[int, str, str]) -> Any:
    assert said[0] == 0, said
    return json.loads(said[1])


def test_a_translator_fills_the_file_and_the_workbook_has_it(run: Run, form: Path, tmp_path: Path) -> None:
    assert answer(run("update", form, "--json"))["catalogues"][0]["untranslated"] == 2
    po = catalogue_path(tmp_path / "i18n", "km")
    po.write_text(
        re.sub(r'msgid "River"\nmsgstr ""', 'msgid "River"\nmsgstr "ទន្លេ"', po.read_text("utf-8")), "utf-8"
    )
    said = answer(run("status", form, "--json"))["forms"][0]
    assert said == {"form_id": "water", "language": "km", "percent": 66, "total": 6, "translated": 4, "stale": 0,
                    "blank": 2, "ready": 1}  # fmt: skip
    assert answer(run("merge", form, "--json"))["forms"][0]["filled"] == 1
    book = load_workbook(form)
    assert book["choices"]["D3"].value == "ទន្លេ"
    assert book["survey"]["C2"].comment.text == "ពិនិត្យម្តងទៀត"
    assert answer(run("status", form, "--json"))["forms"][0]["percent"] == 83


def test_the_template_holds_every_text(run: Run, form: Path, tmp_path: Path) -> None:
    assert answer(run("extract", form, "--json"))["texts"] == 6
    assert 'msgctxt "water:choices:source/river:label"' in (tmp_path / "i18n" / "forms.pot").read_text(
        "utf-8"
    )


@pytest.mark.parametrize("lang", ["km", "en"])
@pytest.mark.parametrize("verb", ["extract", "update", "merge", "status"])
def test_a_broken_workbook_is_named_and_the_others_are_done(
    run: Run, form: Path, tmp_path: Path, verb: str, lang: str
) -> None:
    broken = tmp_path / "broken.xlsx"
    broken.write_bytes(b"type,name\n")
    code, out, err = run(verb, broken, form, "--lang", lang)
    assert code == 1
    assert "broken.xlsx" in out
    assert bool(re.search("[ក-៹]", out.replace("ទឹក", ""))) == (lang == "km")
    assert len(out.splitlines()) >= 2
    assert broken.read_bytes() == b"type,name\n"
    assert "Traceback" not in out + err


def test_without_files_the_library_is_meant(run: Run) -> None:
    assert "wps_consultation" in {row["form_id"] for row in answer(run("status", "--json"))["forms"]}


def test_a_catalogue_that_cannot_be_read_changes_no_workbook(run: Run, form: Path, tmp_path: Path) -> None:
    po, before = catalogue_path(tmp_path / "i18n", "km"), form.read_bytes()
    po.parent.mkdir(parents=True)
    po.write_text('msgid "a"\nmsgstr "ក\nmsgid', "utf-8")
    code, _out, err = run("merge", form)
    assert (code, form.read_bytes()) == (1, before)
    assert "forms.po" in err


def test_a_workbook_that_cannot_be_written_stays_whole(
    run: Run, form: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = form.read_bytes()

    def locked(_self: Path, _target: Path) -> Path:  # as Windows answers while Excel has the file open
        raise PermissionError(13, "locked")

    monkeypatch.setattr(Path, "replace", locked)
    code, _out, err = run("merge", form)
    assert (code, form.read_bytes(), list(form.parent.iterdir())) == (2, before, [form])
    assert str(form) in err


def test_another_language_has_its_own_file_and_column(run: Run, form: Path, tmp_path: Path) -> None:
    run("update", form, "--to", "fr")
    po = catalogue_path(tmp_path / "i18n", "fr")
    po.write_text(
        po.read_text("utf-8").replace('msgid "River"\nmsgstr ""', 'msgid "River"\nmsgstr "Fleuve"'), "utf-8"
    )
    run("merge", form, "--to", "fr")
    sheet = load_workbook(form)["choices"]
    assert (sheet["E1"].value, sheet["E3"].value) == ("label::French (fr)", "Fleuve")
