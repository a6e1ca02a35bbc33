"""KML as Google Earth and QGIS read it: structure, types, Khmer, and nothing that XML cannot hold."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import etree

from server.extracts.sheets import Column, Kind, Role, Sheet
from tests.extracts.listed import A, ListedExtract
from tests.extracts.maps import C, places
from tests.extracts.works import counted, make_work, write_one

K = {"k": "http://www.opengis.net/kml/2.2"}


def document(extract: ListedExtract, folder: Path, **options: str) -> etree._Element:
    return etree.fromstring(write_one(extract, make_work(folder, "kml", **options)))


def texts(element: etree._Element, path: str) -> list[str]:
    return [found.text or "" for found in element.xpath(path, namespaces=K)]


def data(placemark: etree._Element) -> dict[str, str]:
    return {one.get("name"): one.text or "" for one in placemark.xpath(".//k:SimpleData", namespaces=K)}


def test_a_folder_a_sheet_with_its_name_in_khmer(tmp_path: Path) -> None:
    root = document(places(), tmp_path, language="km")
    assert texts(root, "/k:kml/k:Document/k:name") == ["ផែនទី & ដី"]
    assert texts(root, "//k:Folder/k:name") == ["wps", "ស្រែ"]
    assert texts(root, "//k:Folder[1]/k:Placemark/k:name") == [A, C]
    assert len(root.xpath("//k:Folder[2]/k:Placemark", namespaces=K)) == 3
    assert "made_by: សុខា" in texts(root, "//k:Document/k:description")[0]


def test_places_have_longitude_first(tmp_path: Path) -> None:
    root = document(places(), tmp_path)
    assert texts(root, "//k:Point/k:coordinates") == ["104.1815,10.6104000,12.5", "-104.25,-10.5"]
    assert texts(root, "//k:LineString/k:coordinates") == ["104.2,10.6,1 104.3,10.7,1"]
    ring = texts(root, "//k:Polygon/k:outerBoundaryIs/k:LinearRing/k:coordinates")[0].split()
    assert ring[0] == ring[-1] == "104.20,10.60,0" and ring[1] == "104.21,10.60,0"


def test_answers_are_typed_by_the_schema_of_their_sheet(tmp_path: Path) -> None:
    root = document(places(), tmp_path, language="km")
    schemas = {one.get("id"): one for one in root.xpath("//k:Schema", namespaces=K)}
    placemark = root.xpath("//k:Placemark", namespaces=K)[0]
    (used,) = placemark.xpath(".//k:SchemaData/@schemaUrl", namespaces=K)
    fields = schemas[used.removeprefix("#")].xpath("k:SimpleField", namespaces=K)
    types = {field.get("name"): field.get("type") for field in fields}
    assert types == {
        "women": "int", "area_ha": "double", "needs/water": "bool", "story": "string", "gps": "string", "KEY": "string",
        "geo_question": "string", "geo_label": "string",
    }  # fmt: skip
    assert texts(fields[0], "k:displayName") == ["ចំនួនស្ត្រី"]
    assert data(placemark) == {
        "women": "12", "area_ha": "0.5", "needs/water": "1", "story": 'ទឹក & ដី <ស្រែ>\r\n"យើង"',
        "gps": "10.6104000 104.1815 12.5 4.8", "KEY": A, "geo_question": "/place/gps", "geo_label": "ទីតាំង",
    }  # fmt: skip


def test_what_xml_cannot_hold_is_left_out_and_counted(tmp_path: Path) -> None:
    work = make_work(tmp_path, "kml")
    root = etree.fromstring(write_one(places(), work))
    assert data(root.xpath("//k:Placemark", namespaces=K)[1])["story"] == "ab"
    assert counted(work)["character.not_xml", "wps", "story"] == 1


def test_a_number_beyond_the_type_is_left_empty_and_counted(tmp_path: Path) -> None:
    extract = places()
    extract.rows[""][0][0] = "85512345678"  # type: ignore[index]
    work = make_work(tmp_path, "kml")
    root = etree.fromstring(write_one(extract, work))
    assert "women" not in data(root.xpath("//k:Placemark", namespaces=K)[0])
    assert counted(work)["value.not_typed", "wps", "women"] == 1


def test_a_placemark_bears_the_name_that_the_form_gives(tmp_path: Path) -> None:
    extract = places()
    root, *rest = extract.sheets
    named = tuple(replace(c, path="/meta/instanceName") if c.name == "story" else c for c in root.columns)
    extract.sheets = (replace(root, columns=named), *rest)
    names = texts(document(extract, tmp_path), "//k:Folder[1]/k:Placemark/k:name")
    assert names == ['ទឹក & ដី <ស្រែ>\r\n"យើង"', "ab"]


def test_nothing_is_fetched_from_a_network(tmp_path: Path) -> None:
    written = write_one(places(), make_work(tmp_path, "kml")).decode()
    assert written.count("http") == 1 and "http://www.opengis.net/kml/2.2" in written


ANY = st.text(max_size=20) | st.sampled_from(
    ["]]>", "&amp;", "\x00", "\ud800", "\ufffe", '"', "'", "\r", "\t\n", "{}"]
)


@given(ANY.filter(bool), ANY, ANY)
@settings(max_examples=150, deadline=None)
def test_any_name_and_answer_gives_sound_xml(
    tmp_path_factory: pytest.TempPathFactory, name: str, answer: str, label: str
) -> None:
    columns = (
        Column(name, Kind.TEXT, "/q", {"km": label}),
        Column(name + "2", Kind.POINT, "/p", {"km": label}),
        Column(name + "3", Kind.TEXT, role=Role.KEY),
    )
    sheet = Sheet("", name, None, columns, {"km": label})
    extract = ListedExtract((sheet,), {"": [[answer, "10 104", answer]]}, title=label)
    root = document(extract, tmp_path_factory.getbasetemp(), language="km")
    assert data(root.xpath("//k:Placemark", namespaces=K)[0]).get(legal(name), "") == legal(answer)


def legal(text: str) -> str:
    """What XML 1.0 can hold of it."""
    return "".join(
        c for c in text if c in "\t\n\r" or " " <= c <= "\ud7ff" or "\ue000" <= c <= "\ufffd" or c > "\uffff"
    )
