"""Submissions on a map, as ODK Central gives them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote

import pytest

from forms.fields import Field
from server.exports.geojson import geometry
from server.hub import Hub

XML = {"Content-Type": "application/xml"}
MAP = "/place/village"
WALK = "/walk/line"
FORM = """<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
 <h:head><h:title>ផែនទី</h:title><model><instance><data id="map" version="{version}">
  {extra}<place><village/></place><walk><line/></walk><meta><instanceID/></meta></data></instance>
  <bind nodeset="/data/spot" type="geopoint"/><bind nodeset="/data/place/village" type="geopoint"/>
  <bind nodeset="/data/walk/line" type="geotrace"/></model></h:head>
 <h:body><repeat nodeset="/data/walk"/></h:body></h:html>"""


def answers(name: str, village: str, *lines: str, version: str = "1", spot: str = "", old: str = "") -> bytes:
    walks = "".join(f"<walk><line>{line}</line></walk>" for line in lines)
    first = f"<spot>{spot}</spot>" if spot else ""
    edit = f"<deprecatedID>{old}</deprecatedID>" if old else ""
    return (
        f'<data id="map" version="{version}">{first}<place><village>{village}</village></place>{walks}'
        f"<meta><instanceID>{name}</instanceID>{edit}</meta></data>"
    ).encode()


@pytest.fixture
def path(as_admin: Callable[..., Any]) -> str:
    number = as_admin("POST", "/v1/projects", {"name": "ផែនទី"}).get_json()["id"]
    xml = FORM.format(version="1", extra="").encode()
    as_admin("POST", f"/v1/projects/{number}/forms?publish=true", data=xml, headers=XML)
    return f"/v1/projects/{number}/forms/map"


@pytest.fixture
def enter(as_admin: Callable[..., Any], path: str) -> Callable[..., None]:
    def send(*said: str, **more: str) -> None:
        method, address = ("PUT", f"/{said[0].partition('.')[0]}") if more.get("old") else ("POST", "")
        answer = as_admin(method, f"{path}/submissions{address}", data=answers(*said, **more), headers=XML)
        assert answer.status_code == 200, answer.get_json()

    return send


def points(document: dict[str, Any]) -> dict[str, Any]:
    """id -> geometry's coordinates."""
    assert document["type"] == "FeatureCollection"
    return {f["id"]: f["geometry"]["coordinates"] for f in document["features"]}


def test_each_submission_with_a_place_is_a_feature(as_admin: Any, enter: Any, path: str) -> None:
    enter("uuid:ក", "11.5 104.9 12.50 4.8")
    enter("uuid:ខ", "")
    answer = as_admin("GET", f"{path}/submissions.geojson")
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8"
    assert answer.get_json() == {
        "type": "FeatureCollection",
        "features": [
            {
                "type": "Feature",
                "id": "uuid:ក",
                "geometry": {"type": "Point", "coordinates": [104.9, 11.5, 12.5]},
                "properties": {"fieldpath": MAP},
            }
        ],
    }


def test_places_of_a_repeat_make_one_geometry(as_admin: Any, enter: Any, path: str) -> None:
    enter("a", "", "11 104;12 105 3", "nowhere", "13 106;14 107")
    enter("b", "1 2")
    found = as_admin("GET", f"{path}/submissions.geojson?fieldpath={WALK}").get_json()["features"]
    assert found == [
        {
            "type": "Feature",
            "id": "a",
            "geometry": {
                "type": "MultiLineString",
                "coordinates": [[[104, 11], [105, 12, 3]], [[106, 13], [107, 14]]],
            },
            "properties": None,
        }
    ]


def test_filter_limit_and_trash_choose_features(as_admin: Any, enter: Any, path: str) -> None:
    for name, village in (("a", "1 1"), ("b", "2 2"), ("c", "3 3")):
        enter(name, village)
    as_admin("DELETE", f"{path}/submissions/c")
    address = f"{path}/submissions.geojson"
    assert points(as_admin("GET", address).get_json()) == {"b": [2, 2], "a": [1, 1]}
    assert list(points(as_admin("GET", f"{address}?limit=1").get_json())) == ["b"]
    for condition, names in (("__id eq 'a'", ["a"]), ("__system/deletedAt ne null", ["c"])):
        chosen = as_admin("GET", f"{address}?%24filter={quote(condition)}").get_json()
        assert list(points(chosen)) == names


def test_one_submission_shows_the_version_that_stands_under_its_own_id(
    as_admin: Any, enter: Any, path: str
) -> None:
    enter("a", "1 1")
    enter("a.2", "2 2", old="a")
    one = f"{path}/submissions/a"
    assert points(as_admin("GET", f"{one}.geojson").get_json()) == {"a.2": [2, 2]}
    assert points(as_admin("GET", f"{one}/versions/a.geojson").get_json()) == {"a": [1, 1]}
    assert points(as_admin("GET", f"{path}/submissions.geojson").get_json()) == {"a": [2, 2]}
    assert as_admin("GET", f"{path}/submissions/none.geojson").status_code == 404


def test_several_fields_of_one_submission_are_gathered(as_admin: Any, enter: Any, path: str) -> None:
    enter("a", "1 1", "11 104;12 105")
    found = as_admin("GET", f"{path}/submissions/a.geojson?fieldpath={MAP}&fieldpath={WALK}").get_json()
    shape = found["features"][0]["geometry"]
    assert shape["type"] == "GeometryCollection"
    assert [one["type"] for one in shape["geometries"]] == ["Point", "MultiLineString"]
    refused = as_admin("GET", f"{path}/submissions.geojson?fieldpath={MAP}&fieldpath={WALK}").get_json()
    assert (refused["code"], refused["details"]["paramSet"]) == (400.41, [MAP, WALK])


def test_each_version_of_a_form_has_its_own_first_place(as_admin: Any, enter: Any, path: str) -> None:
    enter("a", "1 1")
    xml = FORM.format(version="2", extra="<spot/>").encode()
    as_admin("POST", f"{path}/draft", data=xml, headers=XML)
    as_admin("POST", f"{path}/draft/publish")
    enter("b", "2 2", version="2", spot="9 9")
    found = as_admin("GET", f"{path}/submissions.geojson").get_json()["features"]
    assert [(f["id"], f["properties"]["fieldpath"]) for f in found] == [("b", "/spot"), ("a", MAP)]


def test_map_is_not_sent_again_while_nothing_changes(as_admin: Any, enter: Any, path: str, hub: Hub) -> None:
    enter("a", "1 1")
    address = f"{path}/submissions.geojson"
    tag = as_admin("GET", address).headers["ETag"]
    assert as_admin("GET", address, headers={"If-None-Match": tag}).status_code == 304
    enter("b", "2 2")
    assert as_admin("GET", address, headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize(
    ("kind", "text", "coordinates"),
    [
        ("geopoint", "90\t \t180", "[180,90]"),
        ("geopoint", "11.50000000000000000001 104.9", "[104.9,11.50000000000000000001]"),
        ("geopoint", "-1.5 -2.5 -3.5 0.01", "[-2.5,-1.5,-3.5]"),
        ("geopoint", "90.01 1", None),
        ("geopoint", "1 180.00000000000000000001", None),
        ("geopoint", "01 2", None),
        ("geopoint", "1 2 3 -4", None),
        ("geopoint", "1 2 នៅទីណា", None),
        ("geopoint", "១ ២", None),
        ("geotrace", "1 2", None),
        ("geotrace", "1 2 ; 3 4", "[[2,1],[4,3]]"),
        ("geotrace", "1 2;3 4;", None),
        ("geoshape", "1 2;3 4;1 2", None),
        ("geoshape", "1 2;3 4;5 6;7 8", None),
        ("geoshape", "1 2;3 4;5 6;1.0 2", "[[[2,1],[4,3],[6,5],[2,1.0]]]"),
    ],
)
def test_only_sound_places_are_geometries(kind: str, text: str, coordinates: str | None) -> None:
    field = Field("/place", "place", kind, None, None, 0)
    found = geometry(field, [text])
    assert (found and found.partition('"coordinates":')[2].removesuffix("}")) == coordinates
