"""GeoJSON as RFC 7946 has it, and what could not be drawn is told."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.extracts.sheets import Kind
from server.formats.geography import read_shape
from tests.extracts.listed import A, B, ListedExtract, consultation
from tests.extracts.maps import CLOCKWISE, C, places
from tests.extracts.works import counted, make_work, write_one


def collection(extract: ListedExtract, folder: Path, **options: Any) -> dict[str, Any]:
    document: dict[str, Any] = orjson.loads(write_one(extract, make_work(folder, "geojson", **options)))
    assert document["type"] == "FeatureCollection"
    return document


def by_id(document: dict[str, Any]) -> dict[str, Any]:
    found = {feature["id"]: feature for feature in document["features"]}
    assert len(found) == len(document["features"])
    return found


def test_a_point_has_longitude_first_and_every_digit(tmp_path: Path) -> None:
    data = write_one(places(), make_work(tmp_path, "geojson"))
    assert b'"coordinates":[104.1815,10.6104000,12.5]' in data
    found = by_id(orjson.loads(data))
    assert found[C]["geometry"] == {"type": "Point", "coordinates": [-104.25, -10.5]}


def test_a_row_and_question_is_a_feature_and_repeats_know_their_parent(tmp_path: Path) -> None:
    found = by_id(collection(places(), tmp_path))
    assert list(found) == [
        A, C, f"{A}/field[1]#/field/border", f"{A}/field[1]#/field/way", f"{A}/field[2]#/field/border",
    ]  # fmt: skip
    way = found[f"{A}/field[1]#/field/way"]
    assert way["geometry"] == {"type": "LineString", "coordinates": [[104.2, 10.6, 1], [104.3, 10.7, 1]]}
    assert way["properties"]["PARENT_KEY"] == A
    assert (way["properties"]["geo_question"], way["properties"]["geo_label"]) == ("/field/way", "Way to it")


def test_answers_are_properties_of_their_type(tmp_path: Path) -> None:
    properties = by_id(collection(places(), tmp_path, language="km"))[A]["properties"]
    assert properties == {
        "women": 12, "area_ha": 0.5, "needs/water": 1, "story": 'ទឹក & ដី <ស្រែ>\r\n"យើង"',
        "gps": "10.6104000 104.1815 12.5 4.8", "KEY": A, "geo_question": "/place/gps", "geo_label": "ទីតាំង",
    }  # fmt: skip
    assert by_id(collection(places(), tmp_path))[C]["properties"]["women"] == 3


def test_areas_are_closed_and_counterclockwise(tmp_path: Path) -> None:
    found = by_id(collection(places(), tmp_path))
    ring = found[f"{A}/field[1]#/field/border"]["geometry"]["coordinates"][0]
    assert [place[:2] for place in ring] == [
        [104.2, 10.6],
        [104.21, 10.6],
        [104.21, 10.61],
        [104.2, 10.61],
        [104.2, 10.6],
    ]
    opened = found[f"{A}/field[2]#/field/border"]["geometry"]["coordinates"]
    assert opened == [[[104.20, 10.60], [104.21, 10.60], [104.21, 10.61], [104.20, 10.60]]]


def test_what_is_not_on_the_map_is_told(tmp_path: Path) -> None:
    work = make_work(tmp_path, "geojson")
    document = orjson.loads(write_one(places(), work))
    assert counted(work) == {
        ("place.unsound", "wps", "gps"): 1,
        ("row.no_place", "wps", ""): 1,
        ("place.unsound", "field", "way"): 1,
        ("row.no_place", "field", ""): 1,
        ("ring.closed", "field", "border"): 1,
        ("sheet.no_place", "person", ""): 1,
    }
    assert {(loss["code"], loss["column"]) for loss in document["losses"]} == {
        (c, n) for c, _, n in counted(work)
    }
    assert work.losses.rows == {"wps": 2, "field": 2}


def test_an_answer_that_is_no_number_is_empty_and_counted(tmp_path: Path) -> None:
    extract = places()
    extract.rows[""][1][4] = "10 104"  # type: ignore[index]
    work = make_work(tmp_path, "geojson")
    properties = by_id(orjson.loads(write_one(extract, work)))[B]["properties"]
    assert (properties["women"], properties["area_ha"], properties["needs/water"]) == (None, None, 0)
    assert counted(work)["value.not_typed", "wps", "women"] == 1
    assert counted(work)["value.not_typed", "wps", "area_ha"] == 1


def test_the_file_says_who_took_it(tmp_path: Path) -> None:
    document = collection(places(), tmp_path)
    assert (document["title"], document["export"]["made_by"]) == ("ផែនទី & ដី", "សុខា")


def test_a_form_without_places_gives_an_empty_map_that_says_so(tmp_path: Path) -> None:
    work = make_work(tmp_path, "geojson")
    document = orjson.loads(write_one(consultation(), work))
    assert document["features"] == []
    assert [loss["code"] for loss in document["losses"]] == ["sheet.no_place", "sheet.no_place"]


def test_a_question_named_like_our_properties_keeps_its_answer(tmp_path: Path) -> None:
    extract = places()
    root, *rest = extract.sheets
    story = root.columns[3]
    renamed = type(story)("geo_label", Kind.TEXT, "/story")
    columns = tuple(renamed if column is story else column for column in root.columns)
    extract.sheets = (type(root)("", "wps", None, columns), *rest)
    properties = by_id(collection(extract, tmp_path))[A]["properties"]
    assert properties["geo_label"].startswith("ទឹក") and properties["geo_label_"] == "Where are you?"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.POINT, "ភូមិ"), (Kind.POINT, "10.6"), (Kind.POINT, "91 104"), (Kind.POINT, "10 181"),
        (Kind.POINT, "10 104;11 105"), (Kind.POINT, "nan nan"), (Kind.POINT, "10,5 104,2"), (Kind.LINE, "10 104"),
        (Kind.LINE, "10 104;;11 104"),
        (Kind.AREA, "10 104;10 105;10 104"), (Kind.AREA, "10 104;10 105"), (Kind.POINT, ";"), (Kind.POINT, " "),
    ],
)  # fmt: skip
def test_what_is_no_place_is_not_drawn(kind: Kind, text: str) -> None:
    assert read_shape(kind, text) == ((), False)


PLACE = st.tuples(st.integers(-900, 900), st.integers(-1800, 1800)).map(
    lambda p: f"{p[0] / 10} {p[1] / 10} 0 0"
)


@given(st.lists(PLACE, min_size=1, max_size=8))
def test_every_ring_that_is_drawn_is_sound(corners: list[str]) -> None:
    for text in (";".join(corners), ";".join([*corners, corners[0]]), ";".join([corners[0], *corners[::-1]])):
        ring, _ = read_shape(Kind.AREA, text)
        if ring:
            xy = [(float(place[0]), float(place[1])) for place in ring]
            assert len(xy) >= 4 and xy[0] == xy[-1]
            assert sum(a * d - c * b for (a, b), (c, d) in pairwise(xy)) >= -1e-6


@given(st.text(), st.sampled_from([Kind.POINT, Kind.LINE, Kind.AREA]))
def test_no_text_stops_a_map(text: str, kind: Kind) -> None:
    read_shape(kind, text)


def test_an_area_keeps_its_corners_whichever_way_it_was_walked() -> None:
    ring, closed = read_shape(Kind.AREA, CLOCKWISE)
    back, _ = read_shape(Kind.AREA, ";".join(CLOCKWISE.split(";")[::-1]))
    assert ring == back and not closed
