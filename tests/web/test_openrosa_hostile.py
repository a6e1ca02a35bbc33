"""What is no submission at all is answered with a clear reason, and changes nothing anywhere."""

from __future__ import annotations

import base64
import gzip
import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote
from xml.sax.saxutils import escape

import pytest
from flask import Flask
from flask.testing import FlaskClient
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from server.accounts import create_user
from server.app import create_app
from tests.conftest import PASSWORD, QUICK
from tests.server.season import answers, csv
from tests.web.tablet import BOUNDARY, Season, message, multipart

A = "uuid:aaaaaaaa-0000-4000-8000-000000000001"
LIMITS: dict[str, Any] = {"max_content_length": 3_000_000, "max_xml_length": 1_500_000}
WHOLE = multipart(
    [("xml_submission_file", "a.xml", answers(A, photo="រូប.jpg")), ("រូប.jpg", "រូប.jpg", b"photo")]
)


@pytest.fixture
def app(data: Path) -> Iterator[Flask]:
    made = create_app(data, **QUICK, **LIMITS)
    yield made
    made.extensions["samleng"].close()


def refused(season: Season, answer: TestResponse, before: Any, status: tuple[int, ...] = (400,)) -> str:
    """The reason, after making sure that nothing changed."""
    assert answer.status_code in status, answer.data[:300]
    nature, text = message(answer)
    assert nature == "error"
    assert season.grown() == before
    return text


BOMB = b"""<?xml version="1.0"?><!DOCTYPE data [<!ENTITY a "aaaaaaaaaa">
%s]><data id="rice" version="1"><village>&j;</village>
<meta><instanceID>x</instanceID></meta></data>""" % b"".join(
    b'<!ENTITY %c "%s">' % (letter, b"&%c;" % (letter - 1) * 10) for letter in b"bcdefghij"
)
NO_XML = {
    "an entity bomb": BOMB,
    "a file of the server": b'<!DOCTYPE d [<!ENTITY e SYSTEM "file:///etc/passwd">]><d id="rice">&e;</d>',
    "a parameter entity": b'<!DOCTYPE d [<!ENTITY % p SYSTEM "http://127.0.0.1:9/x"> %p;]><data id="rice"/>',
    "a plain DOCTYPE": b'<!DOCTYPE data><data id="rice" version="1"/>',
    "an undeclared entity": b'<data id="rice">&nbsp;</data>',
    "nothing but blanks": b"   \r\n ",
    "JSON": b'{"id": "rice"}',
    "HTML": b"<html><body><p>captive portal<br></body></html>",
    "a cut document": answers(A)[:-9],
    "two roots": answers(A) * 2,
    "text after the root": answers(A) + b"x",
    "NUL bytes": answers(A).replace(b"<village>", b"<village>\0"),
    "UTF-16 that says so nowhere": answers(A).decode().encode("utf-16-le"),
    "Latin-1 that says so nowhere": '<data id="rice"><village>caf\xe9</village></data>'.encode("latin-1"),
    "half a Khmer letter": answers(A, "ក").replace("ក".encode(), "ក".encode()[:2]),
    "a wrong declaration": b'<?xml version="1.0" encoding="windows-874x"?>' + answers(A),
    "a declaration that lies": b'<?xml version="1.0" encoding="UTF-16"?>' + answers(A),
    "gzip": gzip.compress(answers(A)),
    "a picture": b"\x89PNG\r\n\x1a\n" + bytes(range(256)),
    "nesting without end": b'<data id="rice">' + b"<g>" * 300 + b"</g>" * 300 + b"</data>",
    "an attribute twice": b'<data id="rice" id="maize"/>',
    "no form id": b'<data version="1"><meta><instanceID>x</instanceID></meta></data>',
    "a blank form id": b'<data id="  " version="1"/>',
    "an instanceID without end": answers("uuid:" + "ក" * 250),
    "a deprecatedID without end": answers(A, edits="x" * 250),
}


@pytest.mark.parametrize("padding", [0, 1_100_000], ids=["small", "large"])
@pytest.mark.parametrize("what", NO_XML)
def test_what_is_no_submission_is_refused(season: Season, what: str, padding: int) -> None:
    """In posts small enough to be taken apart in memory, and in those that are streamed."""
    before = season.grown()
    parts = [("xml_submission_file", "a.xml", NO_XML[what])]
    if padding:
        parts.append(("រូប.jpg", "រូប.jpg", b"x" * padding))
    refused(season, season.tablet.send(multipart(parts)), before)


@pytest.mark.parametrize("lang", ["km", "en"])
@pytest.mark.parametrize("what", ["an entity bomb", "JSON", "no form id", "an instanceID without end"])
def test_the_reason_is_told_in_the_tablets_language(season: Season, what: str, lang: str) -> None:
    answer = season.tablet.send(multipart([("xml_submission_file", "a.xml", NO_XML[what])]), lang=lang)
    text = message(answer)[1]
    assert any("ក" <= letter <= "៹" for letter in text) == (lang == "km"), text
    assert "root:" not in text and "/etc" not in text


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_encodings_that_say_what_they_are_are_read(season: Season, encoding: str) -> None:
    xml = answers(A).decode().encode(encoding)
    assert season.tablet.post(xml).status_code == 201
    assert season.instances() == [(A, A, None)]


BODIES = {
    "nothing": b"",
    "no closing boundary": WHOLE[:-2].removesuffix(b"--"),
    "cut inside the photo": WHOLE[:-70],
    "cut inside the answers": WHOLE[:300],
    "cut inside a header": WHOLE[:90],
    "only a boundary": b"--" + BOUNDARY + b"--\r\n",
    "a part without headers": b"--" + BOUNDARY + b"\r\n\r\nx\r\n--" + BOUNDARY + b"--\r\n",
    "a part without a blank line": b"--"
    + BOUNDARY
    + b"\r\nContent-Disposition: form-data\r\n--"
    + BOUNDARY
    + b"--",
    "line feeds only": WHOLE.replace(b"\r\n", b"\n"),
    "another boundary": multipart([("xml_submission_file", "a.xml", answers(A))], b"other"),
    "XML without multipart": answers(A),
    "no answers": multipart([("រូប.jpg", "រូប.jpg", b"photo")]),
    "empty answers": multipart([("xml_submission_file", "a.xml", b"")]),
    "a name that is no UTF-8": WHOLE.replace("រូប.jpg".encode(), b"\xff\xfe.jpg"),
}


@pytest.mark.parametrize("what", BODIES)
def test_a_misshapen_body_is_refused(season: Season, what: str) -> None:
    before = season.grown()
    refused(season, season.tablet.send(BODIES[what]), before)


def test_a_body_cut_anywhere_is_refused(season: Season) -> None:
    before = season.grown()
    for cut in range(len(WHOLE) - 4):
        refused(season, season.tablet.send(WHOLE[:cut]), before)


@pytest.mark.parametrize("cut", [1_060_000, 1_300_000, 1_400_500, -1, -3, -5, -50])
def test_a_large_body_cut_anywhere_is_refused(season: Season, cut: int) -> None:
    """Taken for whole, the photo would be lost: the tablet deletes its copy after our 201."""
    whole = multipart([("xml_submission_file", "a.xml", answers(A)), ("a.jpg", "a.jpg", b"x" * 1_400_000)])
    before = season.grown()
    refused(season, season.tablet.send(whole.removesuffix(b"--\r\n")[:cut]), before)


@pytest.mark.parametrize("content_type", [
    "multipart/form-data", "multipart/form-data; boundary=", 'multipart/form-data; boundary=""',
    "multipart/mixed; boundary=x", "application/json", "text/xml", "", "application/x-www-form-urlencoded",
    "multipart/form-data; boundary=" + "x" * 300,
])  # fmt: skip
@pytest.mark.parametrize("body", [WHOLE, answers(A), b'{"a": 1}'], ids=["multipart", "xml", "json"])
def test_a_body_of_another_type_is_refused(season: Season, content_type: str, body: bytes) -> None:
    before = season.grown()
    refused(season, season.tablet.send(body, content_type=content_type), before)


def test_a_part_named_twice_counts_once_and_nothing_breaks(season: Season) -> None:
    """Of two XML parts the last counts, whole and unmixed."""
    other = "uuid:bbbb"
    body = multipart(
        [("xml_submission_file", "a.xml", answers(A)), ("xml_submission_file", "b.xml", answers(other))]
    )
    assert season.tablet.send(body).status_code == 201
    assert season.instances() == [(other, other, None)]


def test_a_boundary_inside_the_answers_does_not_split_them(season: Season) -> None:
    xml = answers(A, f"--{BOUNDARY.decode()}")
    assert season.tablet.post(xml).status_code == 201
    held = season.hub.blobs
    assert season.instances() == [(A, A, None)]
    assert held.has(hashlib.sha256(xml).hexdigest())


def test_a_post_without_the_right_to_send_leaves_no_file_behind(season: Season, client: FlaskClient) -> None:
    create_user(season.hub, "nobody@kampot.example", PASSWORD)
    said = base64.b64encode(f"nobody@kampot.example:{PASSWORD}".encode()).decode()
    season.tablet.door = "/v1/projects/1"
    season.tablet.headers["Authorization"] = f"Basic {said}"
    before = season.grown()
    refused(season, season.tablet.post(answers(A), {"a.jpg": b"x" * 100_000}), before, (401,))


# Size


def test_a_post_over_the_limit_is_refused_with_its_size(season: Season) -> None:
    before = season.grown()
    answer = season.tablet.post(answers(A), {"a.jpg": b"x" * 3_100_000})
    text = refused(season, answer, before, (413,))
    assert "3000000" in text


def test_answers_over_the_limit_are_refused_with_its_size(season: Season) -> None:
    before = season.grown()
    answer = season.tablet.post(answers(A, "ក" * 600_000))
    assert "1500000" in refused(season, answer, before, (413,))


def test_a_huge_answer_within_the_limit_is_kept_whole(season: Season) -> None:
    testimony = "សក្ខីកម្ម " * 40_000
    xml = answers(A, testimony)
    assert season.tablet.post(xml).status_code == 201
    assert testimony.strip() in csv(season.hub).decode()


def test_two_hundred_thousand_attributes_do_no_harm(season: Season) -> None:
    many = b" ".join(b'a%d=""' % n for n in range(100_000))
    xml = answers(A).replace(b"<village>", b"<village " + many + b">")
    before = season.hub.ledger.head()
    answer = season.tablet.post(xml)
    assert answer.status_code in (201, 400, 413)
    assert season.hub.ledger.head() == before + (answer.status_code == 201)


def test_thousands_of_rows_and_parts_are_read(season: Season) -> None:
    rows = b"".join(b"<plot><area>%d</area></plot>" % n for n in range(5_000))
    xml = answers(A).replace(b"<meta>", rows + b"<meta>")
    files = {f"f{n}.jpg": b"%d" % n for n in range(300)}
    assert season.tablet.post(xml, files).status_code == 201
    assert len(season.attachments(A)) == 300


# Names


NAMES = [
    "../../x", "/etc/passwd", "..\\..\\x", "C:\\windows\\x", "a\x01b", ".", "..", "~root", "ក" * 2000, "-rf",
    "blobs/../hub.db", "hub.db", "%2e%2e%2fx", "a/b/c.jpg", "con", "x" * 5000, "\u202egpj.exe", "a\tb.jpg",
]  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_a_name_never_becomes_a_path(season: Season, name: str) -> None:
    """Files are kept under the hash of their bytes; a name is text."""
    body = multipart([("xml_submission_file", name, answers(A)), (name, name, b"x" * 70_000)])
    answer = season.tablet.send(body)
    assert answer.status_code in (201, 400)
    message(answer)
    _, beside = season.grown()  # fails when there is a file outside blobs/
    assert all(set(p.name) <= set("0123456789abcdef") and len(p.name) == 64 for p in beside)
    if answer.status_code == 201:
        assert season.attachments(A)[name] == b"x" * 70_000


def test_a_nul_in_a_name_is_no_server_error(season: Season) -> None:
    answer = season.tablet.send(WHOLE.replace("រូប.jpg".encode(), b"a\0b.jpg"))
    assert answer.status_code < 500


# Anything at all

ANY = settings(
    max_examples=150,
    deadline=None,
    print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@given(
    st.binary(max_size=400), st.sampled_from(["", "multipart/form-data; boundary=b", "multipart/form-data"])
)
@example(b"--b\r\n\r\n--b--", "multipart/form-data; boundary=b")
@ANY
def test_random_bodies_change_nothing(season: Season, body: bytes, content_type: str) -> None:
    before = season.grown()
    refused(season, season.tablet.send(body, content_type=content_type), before, (400,))


@given(st.data())
@ANY
def test_a_post_spoilt_anywhere_is_taken_or_refused_but_never_breaks(
    season: Season, data: st.DataObject
) -> None:
    spoilt = bytearray(WHOLE)
    for _ in range(data.draw(st.integers(1, 4))):
        place = data.draw(st.integers(0, len(spoilt) - 1))
        spoilt[place : place + data.draw(st.integers(0, 5))] = data.draw(st.binary(max_size=5))
    answer = season.tablet.send(bytes(spoilt))
    assert answer.status_code in (201, 400), answer.data
    message(answer)
    season.grown()


@given(st.text(max_size=60), st.text(max_size=60))
@ANY
def test_any_text_in_ids_and_device_is_taken_or_refused(
    season: Season, instance_id: str, device: str
) -> None:
    season.tablet.query = f"?deviceID={quote(device.encode('utf-8', 'surrogatepass'))}"
    answer = season.tablet.post(answers(escape(instance_id)).decode("utf-8", "surrogatepass").encode())
    assert answer.status_code in (201, 400), answer.data
