"""The whole consultation as a zip: names that any system takes, nothing overwritten, nothing missing in silence."""

from __future__ import annotations

import csv
import hashlib
import io
import shutil
import subprocess
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.exports.filenames import MediaFolders, kept_name, safe_name
from server.exports.rows import Media
from server.extracts.arranging import arranged
from server.extracts.options import Options
from server.extracts.sheets import Column, Extract, Kind, Role, Sheet
from server.formats import csv_zip
from sync.errors import BlobMissing
from tests.extracts.listed import PEOPLE, ROOT, A, B, ListedExtract, consultation
from tests.extracts.works import counted, make_work, write_one


def pack(extract: Extract, folder: Path, **options: Any) -> zipfile.ZipFile:
    packed = zipfile.ZipFile(io.BytesIO(write_one(extract, make_work(folder, "csv.zip", **options))))
    assert packed.testzip() is None
    return packed


def index(packed: zipfile.ZipFile) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(packed.read("media.csv").decode("utf-8-sig"), newline="")))


def test_a_file_a_sheet_then_media_then_what_is_said_of_them(tmp_path: Path) -> None:
    packed = pack(consultation(), tmp_path)
    names = packed.namelist()
    assert names[:4] == ["wps.csv", "wps-person.csv", f"media/{A.replace(':', '')}/ផ្ទះ.jpg", "media.csv"]
    assert names[-4:] == ["wps-codebook.html", "wps-codebook.csv", "README.txt", "export.json"]
    assert packed.read(names[2]) == b"\xff\xd8photo"
    assert packed.getinfo("wps.csv").date_time == (2026, 11, 24, 10, 0, 8)  # in Cambodia


def test_rows_of_repeats_find_their_parents(tmp_path: Path) -> None:
    packed = pack(consultation(), tmp_path)
    root = pandas.read_csv(packed.open("wps.csv"), dtype=str)
    people = pandas.read_csv(packed.open("wps-person.csv"), dtype=str)
    joined = people.merge(root, left_on="PARENT_KEY", right_on="KEY", suffixes=("_person", ""))
    assert list(joined["place-province"]) == ["07", "07", "02"]


def test_the_index_leads_from_a_row_to_its_file(tmp_path: Path) -> None:
    packed = pack(consultation(), tmp_path)
    root = pandas.read_csv(packed.open("wps.csv"), dtype=str)
    found = {(row["KEY"], row["name"]): row for row in index(packed)}
    row = found[root["KEY"][0], root["photo"][0]]
    content = packed.read(row["path"])
    assert (row["size_bytes"], row["state"]) == ("7", "whole")
    assert row["sha256"] == hashlib.sha256(content).hexdigest()


def test_files_of_one_name_do_not_overwrite_each_other(tmp_path: Path) -> None:
    names = [(A, "IMG_1.jpg"), (A, "img_1.JPG"), (B, "IMG_1.jpg"), (B, "con.jpg"), (B, "a:b?.jpg")]
    files = {one: str(number).encode() for number, one in enumerate(names)}
    packed = pack(replace(consultation(), files=files), tmp_path)
    rows = index(packed)
    assert {(row["KEY"], row["name"]): packed.read(row["path"]) for row in rows if row["path"]} == files
    places = [row["path"].casefold() for row in rows if row["path"]]
    assert len(set(places)) == len(files)
    assert all(safe_name(part) == part for row in rows for part in row["path"].split("/"))


@given(
    st.lists(st.tuples(st.sampled_from(["uuid:a", "uuid:A", "uuida", "ក", "..", ""]), st.text()), unique=True)
)
def test_any_names_find_places_of_their_own_that_windows_takes(files: list[tuple[str, str]]) -> None:
    folders = MediaFolders()
    places = [folders.place(*one) for one in files]
    assert len({place.casefold() for place in places}) == len(files)
    for place in places:
        media, folder, name = place.split("/")
        assert (media, safe_name(folder), safe_name(name)) == ("media", folder, name)


def test_a_thousand_names_that_windows_takes_for_one_are_told_apart() -> None:
    folders = MediaFolders()
    places = {folders.place(A, f"{'?' * number}x.jpg") for number in range(1000)}
    assert len(places) == 1000
    assert f"media/{A.replace(':', '')}/x~1000.jpg" in places


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("ផ្ទះ.jpg", "ផ្ទះ.jpg"), ("con.jpg", "file.jpg"), ("a<b>.m4a", "ab.m4a"), ("...", "file"), ("", "file"),
        ("x. ", "x"), ("ក" * 100 + ".jpg", "ក" * 83 + ".jpg"), ("." * 3 + "jpg", "...jpg"),
    ],
)  # fmt: skip
def test_a_name_keeps_what_any_system_takes(name: str, kept: str) -> None:
    assert kept_name(name, "file") == kept


def test_a_file_that_is_named_and_has_not_arrived_is_told(tmp_path: Path) -> None:
    work = make_work(tmp_path, "csv.zip")
    packed = zipfile.ZipFile(io.BytesIO(write_one(replace(consultation(), files={}), work)))
    assert index(packed) == [
        {"KEY": A, "name": "ផ្ទះ.jpg", "path": "", "size_bytes": "", "sha256": "", "state": "not arrived"}
    ]
    assert counted(work) == {("file.not_arrived", "wps", "photo"): 1}
    assert "1 files are named and have not arrived" in packed.read("README.txt").decode()


def test_a_file_of_a_repeat_is_found_by_its_submission(tmp_path: Path) -> None:
    keys = tuple(replace(column, table="/person/toy") for column in PEOPLE.columns[1:])
    toys = Sheet("/person/toy", "toy", "/person", (Column("scan", Kind.FILE, "/person/toy/scan"), *keys))
    rows = {**consultation().rows, "/person/toy": [["ឯកសារ.pdf", f"{A}/person[1]", f"{A}/person[1]/toy[1]"]]}
    files = {**consultation().files, (A, "ឯកសារ.pdf"): b"%PDF"}
    extract = ListedExtract((ROOT, PEOPLE, toys), rows, files=files)
    assert [row["state"] for row in index(pack(extract, tmp_path))] == ["whole", "whole"]


@pytest.mark.parametrize("repeats", ["wide", "long"])
def test_files_are_found_in_joined_sheets_too(tmp_path: Path, repeats: str) -> None:
    extract = arranged(consultation(), Options(repeats=repeats))
    work = make_work(tmp_path, "csv.zip", repeats=repeats)
    packed = zipfile.ZipFile(io.BytesIO(write_one(extract, work)))
    assert packed.namelist()[:2] == ["wps.csv", f"media/{A.replace(':', '')}/ផ្ទះ.jpg"]
    assert [row["state"] for row in index(packed)] == ["whole"]


def test_the_log_of_a_device_is_no_missing_file(tmp_path: Path) -> None:
    audit = Column("meta-audit", Kind.FILE, "/meta/audit")
    sheet = Sheet("", "wps", None, (audit, Column("KEY", Kind.TEXT, role=Role.KEY)))
    work = make_work(tmp_path, "csv.zip")
    write_one(ListedExtract((sheet,), {"": [["audit.csv", A]]}), work)
    assert counted(work) == {}


class Sector(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        if self.tell():
            raise OSError("bad sector")
        return super().read(2)


class Damaged(ListedExtract):
    """One file gone from the disk, one that breaks off, one with other bytes than were received, and a sound one."""

    def media(self) -> Iterator[Media]:
        def gone() -> io.BytesIO:
            raise BlobMissing("blob.missing", sha256="00")

        yield Media(A, "gone.jpg", gone)
        yield Media(A, "broken.jpg", lambda: Sector(b"\xff\xd8photo"))
        yield Media(A, "other.jpg", lambda: io.BytesIO(b"other"), hashlib.sha256(b"photo").hexdigest())
        yield Media(B, "sound.jpg", lambda: io.BytesIO(b"sound"), hashlib.sha256(b"sound").hexdigest())


def test_damaged_files_are_told_and_stop_no_other(tmp_path: Path) -> None:
    extract = Damaged(consultation().sheets, consultation().rows)
    work = make_work(tmp_path, "csv.zip")
    packed = zipfile.ZipFile(io.BytesIO(write_one(extract, work)))
    states = {row["name"]: row["state"] for row in index(packed)}
    assert states == {
        "gone.jpg": "damaged", "broken.jpg": "damaged", "other.jpg": "damaged", "sound.jpg": "whole",
        "ផ្ទះ.jpg": "not arrived",
    }  # fmt: skip
    assert counted(work)["file.damaged", "", ""] == 3
    assert packed.testzip() is None


def test_a_form_without_files_has_no_index_of_them(tmp_path: Path) -> None:
    packed = pack(ListedExtract((PEOPLE,), {"/person": [["34", A, f"{A}/person[1]"]]}), tmp_path)
    assert "media.csv" not in packed.namelist()
    assert "media.csv" not in packed.read("README.txt").decode()


def test_without_media_neither_files_nor_their_index(tmp_path: Path) -> None:
    work = make_work(tmp_path, "csv.zip", media=False)
    packed = zipfile.ZipFile(io.BytesIO(write_one(replace(consultation(), files={}), work)))
    assert not [name for name in packed.namelist() if name.startswith("media")]
    assert counted(work) == {}


def test_sheets_that_share_a_name_and_names_that_no_disk_takes(tmp_path: Path) -> None:
    def repeat(path: str, name: str) -> Sheet:
        return replace(PEOPLE, path=path, name=name)

    sheets = (
        ROOT,
        repeat("/a", "person"),
        repeat("/b", "person"),
        repeat("/c", "Person~1"),
        repeat("/d", "អ្នក/?"),
    )
    rows = {sheet.path: [] for sheet in sheets}
    packed = pack(ListedExtract(sheets, rows, form_id="con"), tmp_path)
    assert packed.namelist()[:5] == [
        "form.csv", "con-person~1.csv", "con-person~2.csv", "con-Person~1~2.csv", "con-អ្នក.csv",
    ]  # fmt: skip
    assert pack(ListedExtract((ROOT,), {"": []}, form_id="media"), tmp_path).namelist()[0] == "media~2.csv"
    assert (
        pack(ListedExtract((ROOT,), {"": []}, form_id="ក" * 90), tmp_path).namelist()[0] == "ក" * 83 + ".csv"
    )


def test_the_note_names_every_file_by_its_sum(tmp_path: Path) -> None:
    packed = pack(consultation(), tmp_path, guard=True)
    told = orjson.loads(packed.read("export.json"))
    assert (told["export"], told["made_by"], told["hub"]) == ("00f1e2d3c4b5a697", "សុខា", "កំពត")
    sums = {file["path"]: file["sha256"] for file in told["files"]}
    beside = {name for name in packed.namelist() if not name.startswith("media/")} - {
        "README.txt",
        "export.json",
    }
    assert sums == {name: hashlib.sha256(packed.read(name)).hexdigest() for name in beside}
    assert [file.get("rows") for file in told["files"]][:2] == [2, 3]
    assert told["losses"] == []
    assert [(remark["code"], remark["column"]) for remark in told["remarks"]] == [("cell.guarded", "story")]


def test_the_readme_speaks_khmer_and_english(tmp_path: Path) -> None:
    khmer, english = pack(consultation(), tmp_path).read("README.txt").decode().split("-" * 72)
    assert "Nothing was left out or cut." in english
    assert "Nothing was left out or cut." not in khmer
    assert "00f1e2d3c4b5a697" in khmer and "00f1e2d3c4b5a697" in english


def test_the_codebook_in_the_zip_explains_every_column(tmp_path: Path) -> None:
    packed = pack(consultation(), tmp_path)
    explained = pandas.read_csv(packed.open("wps-codebook.csv"), dtype=str)
    for name, sheet in (("wps.csv", "wps"), ("wps-person.csv", "person")):
        columns = list(pandas.read_csv(packed.open(name), dtype=str).columns)
        assert set(columns) <= set(explained[explained["sheet"] == sheet]["column"])
    assert "រឿងរ៉ាវ" in packed.read("wps-codebook.html").decode()


def test_every_table_in_the_zip_has_its_bom(tmp_path: Path) -> None:
    packed = pack(consultation(), tmp_path, bom=True)
    tables = [name for name in packed.namelist() if name.endswith(".csv")]
    assert len(tables) == 4
    assert all(packed.read(name).startswith(b"\xef\xbb\xbf") for name in tables)


def test_a_zip_that_was_cut_opens_nowhere(tmp_path: Path) -> None:
    whole = write_one(consultation(), make_work(tmp_path, "csv.zip"))
    for length in range(0, len(whole), 41):
        with pytest.raises(zipfile.BadZipFile):
            zipfile.ZipFile(io.BytesIO(whole[:length]))


class Stop(Exception):
    pass


def test_a_cancelled_zip_has_no_directory_and_leaves_nothing_behind(tmp_path: Path) -> None:
    def stop(rows: int) -> None:
        raise Stop

    work = make_work(tmp_path, "csv.zip")
    work.on_rows = stop
    part = next(csv_zip.write(consultation(), work))
    given: list[bytes] = []
    with pytest.raises(Stop):
        given.extend(part.pieces)
    assert not zipfile.is_zipfile(io.BytesIO(b"".join(given)))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(shutil.which("unzip") is None, reason="needs unzip, which is not here")
def test_unzip_lays_khmer_names_on_the_disk(tmp_path: Path) -> None:
    (tmp_path / "wps.zip").write_bytes(write_one(consultation(), make_work(tmp_path, "csv.zip")))
    subprocess.run(
        ["unzip", "-q", "wps.zip"],
        cwd=tmp_path,
        check=True,
        env={"LC_ALL": "C.UTF-8", "PATH": "/usr/bin:/bin"},
    )
    assert (tmp_path / "media" / A.replace(":", "") / "ផ្ទះ.jpg").read_bytes() == b"\xff\xd8photo"
