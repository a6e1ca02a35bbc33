"""What changed between two versions of a submission."""

from __future__ import annotations

from lxml import etree

from forms.fields import Schema, read_schema
from server.differences import Change, answer_tree, changes


def schema() -> Schema:
    return read_schema(
        b'<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head><model>'
        b'<instance><data id="rice"><village/><farm><plot><crop/><area/></plot></farm>'
        b"<meta><instanceID/><deprecatedID/></meta></data></instance></model></h:head>"
        b'<h:body><repeat nodeset="/data/farm/plot"/></h:body></h:html>'
    )


def data(village: str, *plots: tuple[str, str], meta: str = "<instanceID>uuid:a</instanceID>") -> str:
    turns = "".join(f"<plot><crop>{crop}</crop><area>{area}</area></plot>" for crop, area in plots)
    return f"<data id='rice'><village>{village}</village><farm>{turns}</farm><meta>{meta}</meta></data>"


def between(old: str, new: str) -> list[Change]:
    trees = [answer_tree(etree.fromstring(xml), schema()) for xml in (old, new)]
    return changes(trees[0], trees[1])


def test_same_answers_have_no_differences() -> None:
    assert between(data("ភូមិថ្មី", ("ស្រូវ", "1")), data("ភូមិថ្មី", ("ស្រូវ", "1"))) == []


def test_changed_text_shows_both_sides() -> None:
    assert between(data("ភូមិថ្មី"), data("ភូមិចាស់")) == [{"old": "ភូមិថ្មី", "new": "ភូមិចាស់", "path": ["village"]}]


def test_edit_shows_what_it_replaces() -> None:
    meta = '<x:deprecatedID xmlns:x="u">uuid:a</x:deprecatedID><instanceID>uuid:b</instanceID>'
    assert between(data("ក"), data("ក", meta=meta)) == [
        {"old": "uuid:a", "new": "uuid:b", "path": ["meta", "instanceID"]},
        {"new": "uuid:a", "path": ["meta", "deprecatedID"]},
    ]


def test_turn_put_in_between_is_one_difference() -> None:
    old = data("ក", ("ស្រូវ", "1"), ("ពោត", "2"))
    new = data("ក", ("ស្រូវ", "1"), ("ដំឡូង", "3"), ("ពោត", "2"))
    assert between(old, new) == [{"new": {"crop": "ដំឡូង", "area": "3"}, "path": ["farm", ["plot", 1]]}]
    assert between(new, old) == [{"old": {"crop": "ដំឡូង", "area": "3"}, "path": ["farm", ["plot", 1]]}]


def test_changed_turn_shows_the_field() -> None:
    old, new = data("ក", ("ស្រូវ", "1"), ("ពោត", "2")), data("ក", ("ស្រូវ", "1"), ("ពោត", "5"))
    assert between(old, new) == [{"old": "2", "new": "5", "path": ["farm", ["plot", 1], "area"]}]


def test_of_uneven_turns_the_one_that_resembles_nothing_was_put_in() -> None:
    old = data("ក", ("ស្រូវ", "1"))
    new = data("ក", ("ល្ងវែងណាស់", "999"), ("ស្រូវ", "2"))
    assert between(old, new) == [
        {"old": "1", "new": "2", "path": ["farm", ["plot", 0], "area"]},
        {"new": {"crop": "ល្ងវែងណាស់", "area": "999"}, "path": ["farm", ["plot", 0]]},
    ]


def test_first_turns_come_as_a_list() -> None:
    found = between(data("ក"), data("ក", ("ស្រូវ", "1")))
    assert found == [{"new": [{"crop": "ស្រូវ", "area": "1"}], "path": ["farm", "plot"]}]
