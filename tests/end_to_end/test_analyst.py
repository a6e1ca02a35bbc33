"""As an analyst would: three provinces merge, two versions of a form, an edit, a withdrawal and a refusal; one
command to each format, opened in what analysts use, and the same totals everywhere.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import openpyxl
import pandas
import pyreadstat
import pytest

from server.exporting import form_named
from server.withdrawal import withdraw
from tests.end_to_end.hubs import ROOT, samleng
from tests.extracts.consulting import NEEDS_1, NEEDS_2, name_of, publish, submit, xform
from tests.server.season import Country

PROVINCES = {"កំពត": "07", "បាត់ដំបង": "02", "មណ្ឌលគិរី": "07"}
NATION = 3
ALL_SHEETS = "Text - txt - csv (StarCalc):44,34,76,1,,0,false,true,false,false,false,-1"  # a CSV each
BY_PROVINCE = "SELECT * FROM read_parquet('{}/*/*.parquet', hive_partitioning = true, union_by_name = true)"
VILLAGE = "ភូមិព្រែកថ្មី"


class Totals(NamedTuple):
    """submissions, women counted, people listed, and the villages that were named in the first version."""

    submissions: int
    women: int
    people: int
    villages: tuple[str, ...]


# Province by province: 2 + 3 + 2 submissions; one withdrawn, and an eighth without consent. Women: 5 each, and 9 in
# the edited one.
EXPECTED = Totals(6, 5 * 5 + 9, 2 * 6, (VILLAGE,) * 3)


def filled(province: str, version: str, women: int = 5, consent: str = "yes") -> str:
    people = "<people><person><age>34</age></person><person><age>51</age></person></people>"
    village = f"<village>{VILLAGE}</village>" if version == "1" else "<hope>សន្តិភាព</hope>"
    place = f"<place><province>{province}</province><gps>10.6 104.18 5 4.5</gps></place>"
    return f"<consent>{consent}</consent>{place}<needs>water school</needs>{village}<count>{women}</count>{people}"


@pytest.fixture(scope="module")
def nation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of the national hub, once everything came together."""
    country = Country(tmp_path_factory.mktemp("country"), (*PROVINCES, "ជាតិ"))
    hubs = country.hubs
    publish(hubs[NATION], xform("1", NEEDS_1, ("village", "story")))
    publish(hubs[NATION], xform("2", NEEDS_2, ("story", "hope")))
    for number, province in enumerate(PROVINCES.values()):
        country.carry(NATION, number)
        for nth, version in enumerate(("1", "2", "2")[: 2 + (number == 1)]):
            submit(hubs[number], 10 * number + nth + 1, filled(province, version), version)
    submit(hubs[0], 91, filled("07", "2", women=9), edits=2)
    submit(hubs[2], 29, filled("07", "2", women=100, consent="no"))
    for number in range(NATION):
        country.carry(number, NATION)
    withdraw(hubs[1], form_named(hubs[1], 1, "wps"), name_of(13))
    country.carry(1, NATION)
    folder = hubs[NATION].data
    for hub in hubs:
        hub.close()
    yield folder


@pytest.fixture
def export(nation: Path, tmp_path: Path) -> Callable[..., Path]:
    """export("sav") -> the folder in which wps.sav and what belongs to it lie."""

    def take(file_format: str, *options: str) -> Path:
        ending = {"csv.zip": "zip", "sqlite": "db"}.get(file_format, file_format)
        out = tmp_path / f"wps.{ending}"
        done = samleng(nation, "export", "wps", "--project", "1", "--format", file_format, "--out", out,
                       "--json", *options)  # fmt: skip
        assert done.returncode == 0, done.stderr
        note = json.loads((tmp_path / "wps-export.json").read_text(encoding="utf-8"))
        assert note["export"] == json.loads(done.stdout)["export"]
        return tmp_path

    return take


def totals(root: pandas.DataFrame, people: pandas.DataFrame, village: str = "village") -> Totals:
    named = tuple(str(v) for v in root[village] if v and not pandas.isna(v))
    return Totals(len(root), int(pandas.to_numeric(root["count"]).sum()), len(people), named)


def test_pandas_reads_the_csv_files(export: Callable[..., Path]) -> None:
    folder = export("csv.zip")
    shutil.unpack_archive(folder / "wps.zip", folder)
    read = [pandas.read_csv(folder / name, dtype=str) for name in ("wps.csv", "wps-person.csv")]
    assert totals(*read) == EXPECTED
    assert sorted(read[0]["Hub"].unique()) == sorted(PROVINCES)
    assert set(read[1]["PARENT_KEY"]) == set(read[0]["KEY"])
    note = json.loads((folder / "wps-export.json").read_text(encoding="utf-8"))
    assert [loss["count"] for loss in note["losses"] if loss["code"] == "consent.refused"] == [1]


def test_excel_and_libreoffice_read_the_workbook(export: Callable[..., Path]) -> None:
    folder = export("xlsx")
    book = openpyxl.load_workbook(folder / "wps.xlsx")
    sheets = [pandas.read_excel(folder / "wps.xlsx", sheet_name=name) for name in book.sheetnames[:2]]
    assert totals(*sheets) == EXPECTED
    soffice = shutil.which("soffice")
    if soffice is None:
        pytest.skip("LibreOffice is not installed")
    home = f"-env:UserInstallation={(folder / 'home').as_uri()}"
    command = [soffice, home, "--headless", "--convert-to", f"csv:{ALL_SHEETS}"]
    subprocess.run([*command, "--outdir", str(folder / "office"), str(folder / "wps.xlsx")], check=True,
                   capture_output=True, timeout=120)  # fmt: skip
    opened = [
        pandas.read_csv(folder / "office" / f"wps-{name}.csv", dtype=str) for name in book.sheetnames[:2]
    ]
    assert totals(*opened) == EXPECTED


def test_duckdb_reads_the_parquet_folder_by_province(export: Callable[..., Path]) -> None:
    folder = export("parquet")
    db = duckdb.connect()
    rows = [db.sql(BY_PROVINCE.format(folder / name)).df() for name in ("wps.parquet", "wps-person.parquet")]
    assert totals(*rows) == EXPECTED
    assert db.sql(f"SELECT count(*) FROM '{folder}/wps.parquet/province=02/*.parquet'").fetchall() == [(2,)]


@pytest.mark.parametrize(
    ("file_format", "read", "coded"),
    [("sav", pyreadstat.read_sav, "consent"), ("dta", pyreadstat.read_dta, "consent_l")],
)
def test_spss_and_stata_files_are_read_with_their_labels(
    export: Callable[..., Path], file_format: str, read: Callable[..., Any], coded: str
) -> None:
    folder = export(file_format, "--language", "km")
    (root, about), (people, _) = (read(folder / f"wps{part}.{file_format}") for part in ("", "-person"))
    assert totals(root, people) == EXPECTED
    assert {"បាទ/ចាស", "ទេ"} == set(about.variable_value_labels[coded].values())


def test_datasette_reads_the_database(export: Callable[..., Path]) -> None:
    folder = export("sqlite")
    found = subprocess.run(
        ["datasette", "--get", "/wps/wps.json?_shape=array", str(folder / "wps.db")], capture_output=True, check=True
    ) if shutil.which("datasette") else None  # fmt: skip
    with sqlite3.connect(folder / "wps.db") as db:
        rows = [pandas.read_sql(f'SELECT * FROM "{name}"', db) for name in ("wps", "wps__person")]
    assert totals(*rows) == EXPECTED
    if found is not None:
        assert len(json.loads(found.stdout)) == EXPECTED.submissions


def test_the_map_has_every_submission(export: Callable[..., Path]) -> None:
    features = json.loads((export("geojson") / "wps.geojson").read_bytes())["features"]
    assert len(features) == EXPECTED.submissions
    assert sum(int(one["properties"]["count"]) for one in features) == EXPECTED.women


def test_filters_choose_the_same_in_every_format(export: Callable[..., Path]) -> None:
    folder = export("csv", "--province", "02")
    table = pandas.read_csv(folder / "wps.csv", dtype=str)
    assert (len(table), set(table["Hub"])) == (2, {"បាត់ដំបង"})
    by_day = pandas.read_csv(export("csv", "--until", "2020-01-01") / "wps.csv", dtype=str)
    assert len(by_day) == 0


def test_the_examples_of_the_page_run_as_they_stand(
    nation: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """docs/exports.md, with the form of this test."""
    page = (ROOT / "docs" / "exports.md").read_text(encoding="utf-8").replace("wps_consultation", "wps")
    monkeypatch.chdir(tmp_path)
    commands = re.findall(r"^samleng (export .*)$", page, re.MULTILINE)
    for command in [*commands, "export wps --project 1 --format sqlite --out wps.db"]:
        done = samleng(nation, *command.split())
        assert done.returncode == 0, (command, done.stderr)
    shutil.unpack_archive("wps.zip", tmp_path)
    counted = []
    for block in re.findall(r"```python\n(.*?)```", page, re.DOTALL):
        named: dict[str, object] = {}
        exec(block, named)
        counted.append(named["total"])
    assert counted == [EXPECTED.people, EXPECTED.submissions, EXPECTED.submissions]
