"""Promises of forms.fields: the schema of a form, whoever wrote its XML."""

from __future__ import annotations

import time

import pytest
from pyxform.xls2xform import convert

from forms.errors import MESSAGES, FormFault
from forms.fields import Slot, read_schema

FARM = """
| survey  |                         |           |                |                     |                  |
|         | type                    | name      | label::km (km) | label::en (en)      | appearance       |
|         | text                    | head      | អ្នកឆ្លើយ      | Respondent          |                  |
|         | begin_group             | farm      | កសិដ្ឋាន       | Farm                |                  |
|         | geopoint                | gps       | ទីតាំង         | Location            |                  |
|         | select_multiple crops   | crops     | ដំណាំ          | Crops               |                  |
|         | rank crops              | order     | លំដាប់         | Order               |                  |
|         | begin_repeat            | plot      | ដី             | Plot                |                  |
|         | integer                 | area      | ផ្ទៃ           | Area                |                  |
|         | begin_repeat            | harvest   | ចម្រូត         | Harvest             |                  |
|         | image                   | leaf      | រូបស្លឹក       | Leaf                |                  |
|         | end_repeat              |           |                |                     |                  |
|         | end_repeat              |           |                |                     |                  |
|         | end_group               |           |                |                     |                  |
|         | select_one_from_file provinces.csv | province | ខេត្ត | Province             |                  |
|         | select_one shops        | market    | ទីផ្សារ        | Market              | search('markets') |
| choices |                         |           |                |                     |                  |
|         | list_name               | name      | label::km (km) | label::en (en)      |                  |
|         | crops                   | rice      | ស្រូវ          | Rice                |                  |
|         | crops                   | maize     | ពោត            | Maize               |                  |
|         | shops                   | code      | name           | name                |                  |
| settings |                        |           |                |                     |                  |
|         | form_id                 | version   | form_title     |                     |                  |
|         | rice                    | 7         | ស្រូវ ២០២៦     |                     |                  |
"""

BY_HAND = """<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
 xmlns:orx="http://openrosa.org/xforms" xmlns:jr="http://openrosa.org/javarosa" xmlns:xsd="http://www.w3.org/2001/XMLSchema">
<h:head><h:title>ទឹក</h:title><model>
<instance><water id="water" orx:version="3"><!-- ចំណាំ --><source/><photo>jr://images/well.jpg</photo><untyped/>
 <orx:meta><orx:instanceID/></orx:meta></water></instance>
<instance id="p" src="jr://file/places.geojson"/><instance id="l" src="jr://instance/last-saved"/>
<itext><translation lang="km"><text id="a"><value>ប្រភព</value><value form="big-image">jr://images/map.png</value>
<value form="audio">jr://audio/source.mp3</value></text></translation></itext>
<bind nodeset="/water/source" type="xsd:string"/><bind nodeset="/water/photo" type="binary"/>
<bind nodeset="/water/orx:meta/orx:instanceID" type="string"/></model></h:head>
<h:body><input ref="/water/source" query="instance('x')/root/item"/></h:body></h:html>"""


def schema_of(markdown: str):
    return read_schema(convert(markdown, file_type=".md").xform.encode())


def test_fields_come_depth_first_with_structures_and_repeats():
    fields = [(f.path, f.type, f.table) for f in schema_of(FARM).fields]
    assert fields == [
        ("/head", "string", 0),
        ("/farm", "structure", 0),
        ("/farm/gps", "geopoint", 0),
        ("/farm/crops", "string", 0),
        ("/farm/order", "rank", 0),
        ("/farm/plot", "repeat", 0),
        ("/farm/plot/area", "int", 1),
        ("/farm/plot/harvest", "repeat", 1),
        ("/farm/plot/harvest/leaf", "binary", 2),
        ("/province", "string", 0),
        ("/market", "string", 0),
        ("/meta", "structure", 0),
        ("/meta/instanceID", "string", 0),
    ]


def test_select_multiple_and_binary_are_true_or_unsaid():
    fields = {f.path: f for f in schema_of(FARM).fields}
    assert [p for p, f in fields.items() if f.select_multiple] == ["/farm/crops"]
    assert [p for p, f in fields.items() if f.binary] == ["/farm/plot/harvest/leaf"]
    assert {f.binary for f in fields.values()} == {True, None}
    assert {f.select_multiple for f in fields.values()} == {True, None}


def test_each_repeat_is_one_table_owned_by_the_one_around_it():
    tables = schema_of(FARM).tables
    assert [(t.number, t.path, t.name, t.parent) for t in tables] == [
        (0, "", "", None),
        (1, "/farm/plot", "plot", 0),
        (2, "/farm/plot/harvest", "harvest", 1),
    ]
    columns = [f.name for f in tables[0].columns]
    assert columns == ["head", "gps", "crops", "order", "province", "market", "instanceID"]
    assert [f.name for f in tables[2].columns] == ["leaf"]


def test_form_says_who_it_is():
    schema = schema_of(FARM)
    assert (schema.form_id, schema.version, schema.title, schema.root) == ("rice", "7", "ស្រូវ ២០២៦", "data")


def test_slots_of_external_lists_and_searches():
    assert schema_of(FARM).slots == (Slot("provinces.csv", "file"), Slot("markets.csv", "file"))


def test_a_form_written_by_hand_reads_the_same():
    schema = read_schema(BY_HAND.encode())
    assert schema.version == "3"
    assert [(f.path, f.type) for f in schema.fields] == [
        ("/source", "string"),
        ("/photo", "binary"),
        ("/untyped", "unknown"),
        ("/meta", "structure"),
        ("/meta/instanceID", "string"),
    ]


def test_slots_of_media_take_the_type_that_the_form_gives_them():
    assert read_schema(BY_HAND.encode()).slots == (
        Slot("places.geojson", "file"),
        Slot("map.png", "image"),
        Slot("source.mp3", "audio"),
        Slot("well.jpg", "image"),
        Slot("itemsets.csv", "file"),
    )


@pytest.mark.parametrize(
    ("xform", "code"),
    [
        ("រាយការណ៍", "form.not_xml"),
        ("<!DOCTYPE a [<!ENTITY b 'c'>]><a>&b;</a>", "form.doctype"),
        ("<html/>", "form.no_model"),
        ("<html><model><instance src='jr://file/a.xml'/></model></html>", "form.no_instance"),
        ("<html><model><instance><data/></instance></model></html>", "form.no_id"),
    ],
)
def test_what_is_no_form_is_named(xform: str, code: str):
    with pytest.raises(FormFault) as fault:
        read_schema(xform.encode())
    assert fault.value.code == code in MESSAGES


@pytest.mark.parametrize("lang", ["km", "en"])
def test_a_fault_tells_what_happened_in_both_languages(lang: str):
    text = FormFault("gazetteer.unknown_place", place="26").text(lang)
    assert "26" in text and "{" not in text


def test_sixty_questions_are_read_in_ten_milliseconds():
    rows = "\n".join(f"| | text | q{n} | សំណួរទី {n} | Question {n} |" for n in range(60))
    survey = f"| survey | | | | |\n| | type | name | label::km (km) | label::en (en) |\n{rows}\n"
    xform = convert(survey, file_type=".md", form_name="data").xform.encode()
    best = min(_seconds(xform) for _ in range(5))
    assert best < 0.010


def _seconds(xform: bytes) -> float:
    start = time.process_time()
    read_schema(xform)
    return time.process_time() - start


@pytest.mark.parametrize(
    ("appearance", "names"),
    [
        ("search('ភូមិ')", ["ភូមិ.csv"]),
        ("minimal search ( \"markets.csv\", 'matches', 'km', ${a})", ["markets.csv"]),
        ('search("it\'s")', ["it's.csv"]),
        ("search(' markets')", []),
        ("search('markets ')", []),
        ("research", []),
    ],
)
def test_slot_of_a_search_is_its_first_argument(appearance: str, names: list[str]):
    said = appearance.replace('"', "&quot;")
    head, _, _ = BY_HAND.partition("<h:body>")
    xform = f'{head}<h:body><select1 ref="/water/source" appearance="{said}"/></h:body></h:html>'
    slots = {slot.name for slot in read_schema(xform.encode()).slots}
    assert sorted(slots - {"places.geojson", "map.png", "source.mp3", "well.jpg"}) == names


def test_files_of_folders_within_folders_are_no_slots():
    nested = BY_HAND.replace("jr://file/places.geojson", "jr://file/deep/places.geojson")
    assert "jr://file/deep/" in nested
    assert Slot("places.geojson", "file") not in read_schema(nested.encode()).slots
