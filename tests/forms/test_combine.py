"""One version made of two, question by question."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forms.combine import Combined, combine, differences
from forms.errors import FormFault
from forms.fields import Schema, read_schema
from forms.instance import InstanceReader, parse_instance

FORM = """<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head>
<h:title>ស្រូវ</h:title><model><instance><data id="rice" version="1"><village/><farm><name/><photo/></farm>
<plot><area/><picture/></plot><note/><meta><instanceID/><instanceName/></meta></data></instance>
<bind nodeset="/data/farm/photo" type="binary"/><bind nodeset="/data/plot/picture" type="binary"/>
</model></h:head><h:body><repeat nodeset="/data/plot"><input ref="/data/plot/area"/></repeat></h:body>
</h:html>"""
SCHEMA: Schema = read_schema(FORM.encode())


def answers(inside: str, instance_id: str = "uuid:a", meta: str = "") -> bytes:
    meta = meta or f"<meta><instanceID>{instance_id}</instanceID></meta>"
    return f'<data id="rice" version="1">{inside}{meta}</data>'.encode()


MINE = answers(
    "<village>ភូមិថ្មី</village><farm><name>សុខា</name><photo>ក.jpg</photo></farm>"
    "<plot><area>1</area></plot><plot><area>២</area><picture>ខ.jpg</picture></plot>",
    "uuid:mine",
)
THEIRS = answers(
    "<village>ភូមិចាស់</village><farm><name>សុខា</name><photo>គ.jpg</photo></farm>"
    "<plot><area>3</area><picture>ឃ.jpg</picture></plot><note>ថែម</note>",
    "uuid:theirs",
)


def made(take: dict[str, str], base: bytes = MINE, other: bytes = THEIRS) -> Combined:
    return combine(base, {"t": other}, take, SCHEMA, instance_id="uuid:new", deprecated_id="uuid:mine")


def rows(xml: bytes) -> list[list[list[str | None]]]:
    return InstanceReader(SCHEMA).read(parse_instance(xml)[0]).tables


def test_what_differs_is_named_by_its_path_with_every_sides_answer() -> None:
    found = {d.path: d.values for d in differences([MINE, THEIRS], SCHEMA)}
    assert found == {
        "/data/village": ["ភូមិថ្មី", "ភូមិចាស់"],
        "/data/farm/photo": ["ក.jpg", "គ.jpg"],
        "/data/plot": [
            [{"area": "1"}, {"area": "២", "picture": "ខ.jpg"}],
            [{"area": "3", "picture": "ឃ.jpg"}],
        ],
        "/data/note": [None, "ថែម"],
    }
    assert differences([MINE, MINE], SCHEMA) == []


def test_a_question_is_taken_and_the_rest_stays_as_it_was() -> None:
    one = made({"/data/village": "t"})
    assert "<village>ភូមិចាស់</village>".encode() in one.xml, "Khmer as it was typed"
    assert rows(one.xml)[1] == rows(MINE)[1]
    assert (one.taken, sorted(one.kept)) == ({"t": []}, ["ក.jpg", "ខ.jpg"])


def test_a_repeat_comes_with_all_its_turns_and_their_files() -> None:
    one = made({"/data/plot": "t"})
    assert rows(one.xml)[1] == rows(THEIRS)[1]
    assert (one.taken, one.kept) == ({"t": ["ឃ.jpg"]}, ["ក.jpg"])


def test_the_new_version_has_an_id_of_its_own_and_names_what_it_replaces() -> None:
    _, envelope = parse_instance(made({"/data/note": "t"}).xml)
    assert (envelope.instance_id, envelope.deprecated_id) == ("uuid:new", "uuid:mine")
    again = answers("<village>x</village>", meta="<meta><instanceID>uuid:b</instanceID>"
                    "<deprecatedID>uuid:a</deprecatedID><instanceName>ឈ្មោះ</instanceName></meta>")  # fmt: skip
    root, envelope = parse_instance(made({"/data/note": "t"}, base=again).xml)
    assert (envelope.deprecated_id, envelope.instance_name) == ("uuid:mine", "ឈ្មោះ")
    assert [str(e.tag) for e in root.iter() if "ID" in str(e.tag)] == ["instanceID", "deprecatedID"]


def test_what_was_absent_comes_where_the_form_asks_it_and_goes_again() -> None:
    with_note = made({"/data/note": "t"}).xml
    assert [str(e.tag) for e in parse_instance(with_note)[0]][-2:] == ["note", "meta"]
    assert b"note" not in made({"/data/note": "t"}, base=with_note, other=MINE).xml


def test_a_group_that_was_not_asked_is_made_for_what_is_taken() -> None:
    bare = answers("<village>x</village><note>y</note>", "uuid:mine")
    root, _ = parse_instance(made({"/data/farm/name": "t"}, base=bare).xml)
    assert [str(e.tag) for e in root] == ["village", "farm", "note", "meta"]
    assert root.findtext("farm/name") == "សុខា"


def test_namespaces_of_the_meta_group_are_kept() -> None:
    meta = '<orx:meta xmlns:orx="http://openrosa.org/xforms"><orx:instanceID>uuid:mine</orx:instanceID></orx:meta>'
    one = made({"/data/village": "t"}, base=answers("<village>x</village>", meta=meta)).xml
    assert b"<orx:deprecatedID>uuid:mine</orx:deprecatedID>" in one
    assert parse_instance(one)[1].instance_id == "uuid:new"


@pytest.mark.parametrize(
    "path", ["/data/nothing", "village", "/data/meta/instanceID", "/data/farm", "/data/plot/area"]
)
def test_what_is_no_choice_is_refused(path: str) -> None:
    with pytest.raises(FormFault) as caught:
        made({path: "t"})
    assert caught.value.code == "combine.no_question"


def test_encrypted_answers_are_refused() -> None:
    sealed = MINE.replace(b'version="1"', b'version="1" encrypted="yes"')
    with pytest.raises(FormFault) as caught:
        differences([sealed, THEIRS], SCHEMA)
    assert caught.value.code == "combine.encrypted"


texts = st.text(st.sampled_from("កខ្មែរ ab<&1២\u200b"), max_size=6)
insides = st.builds(
    lambda village, name, areas: (
        f"<village>{_escaped(village)}</village><farm><name>{_escaped(name)}</name></farm>"
        + "".join(f"<plot><area>{_escaped(a)}</area></plot>" for a in areas)
    ),
    texts, texts, st.lists(texts, max_size=3),
)  # fmt: skip


def _escaped(text: str) -> str:
    return text.replace("&", "&amp;").replace("<", "&lt;")


@given(insides, insides, st.sets(st.sampled_from(["/data/village", "/data/farm/name", "/data/plot"])))
def test_every_answer_is_the_one_of_the_chosen_side(mine: str, theirs: str, taken: set[str]) -> None:
    sides = [answers(mine, "uuid:mine"), answers(theirs, "uuid:theirs")]
    one = made(dict.fromkeys(taken, "t"), *sides).xml
    for path in ("/data/village", "/data/farm/name", "/data/plot"):
        chosen = sides[path in taken]
        assert path not in {d.path for d in differences([one, chosen], SCHEMA)}
    if taken == {"/data/village", "/data/farm/name", "/data/plot"}:
        assert rows(one)[0][0][:2] == rows(sides[1])[0][0][:2]
