"""Instances as they really arrive: with odd prefixes, without ids, nested, encrypted, hostile."""

from __future__ import annotations

import pytest

from forms.errors import FormFault
from forms.fields import read_schema
from forms.instance import InstanceReader, parse_instance, read_encrypted

FORM = """<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
 xmlns:jr="http://openrosa.org/javarosa"><h:head><h:title>ស្រែ</h:title><model>
 <instance><data id="rice" version="7"><farm><name/><plot jr:template=""><area/><crop jr:template=""><kind/></crop>
 </plot><plot><area/><crop><kind/></crop></plot><photo/></farm><meta><instanceID/></meta></data></instance>
 <bind nodeset="/data/farm/name" type="string"/><bind nodeset="/data/farm/photo" type="binary"/>
 <bind nodeset="/data/farm/plot/area" type="decimal"/></model></h:head><h:body>
 <repeat nodeset="/data/farm/plot"><repeat nodeset="/data/farm/plot/crop"/></repeat></h:body></h:html>"""


def instance(inside: str, root: str = '<data id="rice" version="7">') -> bytes:
    return f"{root}{inside}</data>".encode()


def test_the_envelope_is_found_under_any_prefix() -> None:
    xml = instance(
        '<n0:meta xmlns:n0="http://openrosa.org/xforms"><n0:instanceID>uuid:ក</n0:instanceID>'
        "<n0:instanceName>ភូមិថ្មី</n0:instanceName><n0:deprecatedID>uuid:ខ</n0:deprecatedID></n0:meta>"
    )
    said = parse_instance(xml)[1]
    assert (said.form_id, said.version) == ("rice", "7")
    assert (said.instance_id, said.deprecated_id, said.instance_name) == ("uuid:ក", "uuid:ខ", "ភូមិថ្មី")


def test_prefixes_that_nobody_declared_are_dropped() -> None:
    xml = instance(
        "<f:farm><name>សុខ</name></f:farm><orx:meta><orx:instanceID>uuid:ក</orx:instanceID></orx:meta>"
    )
    root, said = parse_instance(b'\n  <?xml version="1.0"?>\n' + xml)
    assert said.instance_id == "uuid:ក"
    assert InstanceReader(read_schema(FORM.encode())).read(root).tables[0] == [["សុខ", None, "uuid:ក"]]


@pytest.mark.parametrize(
    ("xml", "instance_id"),
    [
        (instance("<instanceID>uuid:child</instanceID>"), "uuid:child"),
        (instance("", '<data id="rice" instanceID="uuid:attribute">'), "uuid:attribute"),
        (instance("<meta><instanceID> uuid:spaced </instanceID></meta>"), "uuid:spaced"),
    ],
)
def test_an_id_outside_the_meta_is_an_id(xml: bytes, instance_id: str) -> None:
    assert parse_instance(xml)[1].instance_id == instance_id


def test_without_an_id_the_same_bytes_are_the_same_submission() -> None:
    first, again = (parse_instance(instance("<farm/>"))[1].instance_id for _ in range(2))
    assert first == again and first.startswith("uuid:")
    assert parse_instance(instance("<farm> </farm>"))[1].instance_id != first


@pytest.mark.parametrize(
    ("xml", "code"),
    [
        (b"", "submission.not_xml"),
        ("មិនមែន XML".encode(), "submission.not_xml"),
        (b"<data id='rice'>", "submission.not_xml"),
        (instance("<orx:meta><instanceID>x</orx:meta>"), "submission.not_xml"),
        (b"<!DOCTYPE data [<!ENTITY a 'b'>]><data id='rice'><o:a>&a;</o:a></data>", "submission.doctype"),
        (b"<data/>", "submission.no_form_id"),
        (b"<!DOCTYPE data [<!ENTITY a 'b'>]><data id='rice'>&a;</data>", "submission.doctype"),
        (instance(f"<meta><instanceID>{'x' * 250}</instanceID></meta>"), "submission.id_too_long"),
    ],
)
def test_what_is_no_submission_says_why(xml: bytes, code: str) -> None:
    with pytest.raises(FormFault) as told:
        parse_instance(xml)
    assert told.value.code == code


def test_answers_fall_into_their_tables_with_their_keys() -> None:
    xml = instance(
        "<farm><name>សុខ</name><plot><area>1.5</area></plot><plot><area/><crop><kind>ម្លិះ</kind></crop>"
        "<crop><kind>រំដួល</kind></crop></plot><photo>ស្រែ.jpg</photo><unknown>x</unknown></farm>"
        "<meta><instanceID>uuid:ក</instanceID></meta>"
    )
    reading = InstanceReader(read_schema(FORM.encode())).read(parse_instance(xml)[0])
    assert reading.tables == [
        [["សុខ", "ស្រែ.jpg", "uuid:ក"]],
        [["/farm/plot[1]", "1.5"], ["/farm/plot[2]", ""]],
        [["/farm/plot[2]/crop[1]", "ម្លិះ"], ["/farm/plot[2]/crop[2]", "រំដួល"]],
    ]
    assert reading.media == ["ស្រែ.jpg"]


def test_an_absent_answer_is_not_a_blank_one() -> None:
    xml = instance("<farm><name/></farm><meta><instanceID>uuid:ក</instanceID></meta>")
    reading = InstanceReader(read_schema(FORM.encode())).read(parse_instance(xml)[0])
    assert reading.tables[0] == [["", None, "uuid:ក"]]


def test_an_encrypted_submission_tells_its_files_and_nothing_else() -> None:
    xml = (
        b'<data id="rice" version="7" encrypted="yes" xmlns="http://www.opendatakit.org/xforms/encrypted">'
        b"<base64EncryptedKey>AA==</base64EncryptedKey><media><file>a.jpg.enc</file></media>"
        b"<encryptedXmlFile>submission.xml.enc</encryptedXmlFile></data>"
    )
    root, said = parse_instance(xml)
    assert said.encrypted
    assert read_encrypted(root).media == ["a.jpg.enc", "submission.xml.enc"]
    assert read_encrypted(root).tables == []
