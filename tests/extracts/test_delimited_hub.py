"""The zip and the maps from a real hub: what was handed in is what the analyst reads."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import orjson
import pytest

from server.extracts.arranging import arranged
from server.extracts.gathering import gathered
from server.hub import Hub
from server.store.forms import Form
from tests.extracts.consulting import consultation, submit
from tests.extracts.works import counted, make_work, write_one

PHOTO = "ផ្ទះ.jpg"
LARGE = b"\xff\xd8" + bytes(range(256)) * 400  # beyond what the database itself holds
PLACE = "<place><province>07</province><gps>{}</gps></place><photo>{}</photo><story>{}</story>"


@pytest.fixture
def held(tmp_path: Path) -> Iterator[tuple[Hub, Form]]:
    hub, form = consultation(tmp_path)
    yield hub, form
    hub.close()


def write(held: tuple[Hub, Form], folder: Path, file_format: str, **options: object) -> tuple[bytes, dict]:
    hub, form = held
    work = make_work(folder, file_format, **options)
    with gathered(hub, form) as extract:
        return write_one(arranged(extract, work.options), work), counted(work)


def read(packed: zipfile.ZipFile, name: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(packed.read(name).decode(), newline="")))


def test_every_photo_is_found_from_its_row_damaged_and_missing_ones_are_told(
    held: tuple[Hub, Form], tmp_path: Path
) -> None:
    hub, _ = held
    sound = submit(hub, 1, PLACE.format("10.6 104.2 0 0", PHOTO, "ទី១"), **{PHOTO: LARGE + b"1"})
    spoilt = submit(hub, 2, PLACE.format("", PHOTO, "=1+1"), **{PHOTO: LARGE + b"2"})
    missing = submit(hub, 3, PLACE.format("", PHOTO, "- ទី៣"))
    for file in hub.blobs.folder.rglob("*"):
        if file.is_file() and file.read_bytes().endswith(b"2"):
            file.write_bytes(LARGE[:70_000])
    data, losses = write(held, tmp_path, "csv.zip", guard=True)
    packed = zipfile.ZipFile(io.BytesIO(data))
    rows = {row["KEY"]: row for row in read(packed, "wps.csv")}
    index = {(row["KEY"], row["name"]): row for row in read(packed, "media.csv")}
    states = {key: index[key, rows[key]["photo"]]["state"] for key in rows}
    assert states == {sound: "whole", spoilt: "damaged", missing: "not arrived"}
    assert packed.read(index[sound, PHOTO]["path"]) == LARGE + b"1"
    assert losses == {
        ("file.damaged", "", ""): 1,
        ("file.not_arrived", "wps", "photo"): 1,
        ("cell.guarded", "wps", "story"): 2,
    }


def test_repeats_in_repeats_have_a_file_each_and_their_keys_meet(
    held: tuple[Hub, Form], tmp_path: Path
) -> None:
    people = (
        "<people><person><age>34</age><job><title>កសិករ, គ្រូ</title></job><job><title/></job></person>"
        "<person><age>51</age></person></people>"
    )
    key = submit(held[0], 1, f"<consent>yes</consent>{people}")
    packed = zipfile.ZipFile(io.BytesIO(write(held, tmp_path, "csv.zip")[0]))
    assert packed.namelist()[:3] == ["wps.csv", "wps-person.csv", "wps-job.csv"]
    persons, jobs = read(packed, "wps-person.csv"), read(packed, "wps-job.csv")
    assert [(row["age"], row["PARENT_KEY"]) for row in persons] == [("34", key), ("51", key)]
    assert [row["title"] for row in jobs] == ["កសិករ, គ្រូ", ""]
    assert {row["PARENT_KEY"] for row in jobs} == {persons[0]["KEY"]}


def test_a_map_of_a_form_has_its_points_and_says_who_has_none(held: tuple[Hub, Form], tmp_path: Path) -> None:
    hub, _ = held
    here = submit(hub, 1, PLACE.format("10.6 104.2 3 4.5", "", "ទី១"))
    submit(hub, 2, PLACE.format("", "", "ទី២"))
    data, losses = write(held, tmp_path, "geojson", points="whole")
    (feature,) = orjson.loads(data)["features"]
    assert (feature["id"], feature["geometry"]["coordinates"]) == (here, [104.2, 10.6, 3])
    assert (feature["properties"]["story"], feature["properties"]["geo_question"]) == ("ទី១", "/place/gps")
    assert losses["row.no_place", "wps", ""] == 1
    assert losses["sheet.no_place", "person", ""] == 1
