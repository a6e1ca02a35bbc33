"""`samleng form gazetteer`: lists for the whole country, or small ones for a province."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from server import cli


def run(capsys: pytest.CaptureFixture[str], *arguments: str | Path) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as ended:
        cli.run(["form", "gazetteer", *map(str, arguments)])
    return int(ended.value.code or 0), *capsys.readouterr()


def test_two_provinces_take_a_tenth_of_the_country(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    code, out, _err = run(
        capsys, "--province", "កំពត", "--province", "23", "--out", tmp_path / "media", "--json"
    )
    said = json.loads(out)
    assert (code, said["provinces"]) == (0, ["07", "23"])
    assert {Path(path).name for path in said["written"]} == {
        "provinces.csv", "districts.csv", "communes.csv", "villages.csv"}  # fmt: skip
    _code, out, _err = run(capsys, "--out", tmp_path / "all", "--json")
    assert sum(said["written"].values()) < 0.1 * sum(json.loads(out)["written"].values())


@pytest.mark.parametrize("lang", ["km", "en"])
def test_an_unknown_province_is_told_and_nothing_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], lang: str
) -> None:
    out = tmp_path / "media"
    code, _out, err = run(capsys, "--province", "07", "--province", "ព្រៃនគរ", "--out", out, "--lang", lang)
    assert code == 1
    assert "ព្រៃនគរ" in err
    assert not out.exists()


def test_a_place_that_cannot_be_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "taken").write_text("ឯកសារ", "utf-8")
    code, _out, err = run(capsys, "--out", tmp_path / "taken" / "media")
    assert code == 2
    assert "taken" in err
