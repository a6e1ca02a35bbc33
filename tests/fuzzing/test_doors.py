"""The doors between hubs over HTTP: whatever is asked, by whom and how, no answer is a server error."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from server import bundles, meeting, parcels, upkeep
from server.app import create_app
from server.bundles import take_whole
from server.carrying import course_to
from server.errors import Fault
from server.hub import Hub
from server.parcels import Wanted
from server.peers import add_peer, find_peer, make_card, present_credential
from server.store.ledger_sqlite import head
from sync.exchange import Ask, sign_ask
from sync.receipt import Position
from tests.fuzzing.spoiling import EXAMPLES, odd_fields, spoilt
from tests.server.season import QUICK, Country, answers, begin, hand_in, told


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Flask, Hub]]:
    """The app of a nation, and a province that it knows."""
    folder = tmp_path_factory.mktemp("doors")
    for name in ("ជាតិ", "កំពត"):
        Hub.create(folder / name, name, **QUICK).close()  # type: ignore[arg-type]
    app, province = create_app(folder / "ជាតិ", **QUICK), Hub(folder / "កំពត", **QUICK)  # type: ignore[arg-type]
    nation: Hub = app.extensions["samleng"].hub
    add_peer(nation, make_card(province))
    add_peer(province, make_card(nation))
    begin(nation)
    for number in range(3):
        hand_in(nation, answers(f"uuid:{number}"))
    yield app, province
    province.close()
    app.extensions["samleng"].close()


def ask_of(province: Hub, nation: Hub) -> Ask:
    place = Position(nation.ledger_id, 2, "0" * 32)
    old = Position("0123456789abcdef", 3, "1" * 32)
    return Ask(province.id, province.ledger_id, "n", "2026-01-01T00:00:00.000000Z", lineage=(old,), seen=place,
               receipts=("QQ==",), weight=1000, wants="", largest=7)  # fmt: skip


paths = st.sampled_from(
    ("/hub/hello", "/hub/wants", "/hub/batches", "/hub/uploads", "/hub/uploads/entries-01", "/hub/uploads/..%2f..",
     "/hub/batches/entries-0123", "/hub/batches/%2e%2e%2f", "/hub/batches/" + "a" * 400, "/hub/uploads/ក")
)  # fmt: skip
methods = st.sampled_from(("GET", "POST", "HEAD", "PATCH", "DELETE", "OPTIONS", "PUT"))
_odd = st.sampled_from(("", "0", "5", "-1", "9" * 40, "1e3", "bytes=0-", "bytes=5-2", "bytes=99999-", "bytes=-0",
                        "bytes=a-b", "batch QQ==", "batch ====", "batch ZW50cmllcy0wMTIzNDU2Nw==", "1.0.0", "2",
                        "Bearer ", "Bearer a.b", "Basic =", "Digest username=\"a\"", "PATCH", "TRACE",
                        "application/offset+octet-stream", "\xe1\x9e\x80", "\xff"))  # fmt: skip
headers = st.dictionaries(
    st.sampled_from(("Upload-Length", "Upload-Offset", "Upload-Metadata", "Range", "Tus-Resumable", "Authorization",
                     "Samleng-Hub", "X-HTTP-Method-Override", "Content-Type", "Accept-Language", "If-Range",
                     "Content-Encoding")), _odd, max_size=5,
)  # fmt: skip


@given(st.data())
@EXAMPLES
def test_no_request_is_a_server_error(pair: tuple[Flask, Hub], data: st.DataObject) -> None:
    app, province = pair
    nation: Hub = app.extensions["samleng"].hub
    said = data.draw(headers)
    if data.draw(st.booleans()):  # one who may upload
        said |= {"Authorization": f"Bearer {present_credential(province, find_peer(province, nation.name))}",
                 "Samleng-Hub": province.id, "Tus-Resumable": "1.0.0"}  # fmt: skip
    real = sign_ask(ask_of(province, nation), province.key, nation.id)
    answer = app.test_client().open(
        data.draw(paths), method=data.draw(methods), headers=list(said.items()), data=data.draw(spoilt(real))
    )
    assert answer.status_code < 500, answer.data
    answer.close()


@given(st.data())
@EXAMPLES
def test_no_signed_ask_is_a_server_error(pair: tuple[Flask, Hub], data: st.DataObject) -> None:
    """Of a hub that is known, but newer, or broken, or not what it seems."""
    app, province = pair
    nation: Hub = app.extensions["samleng"].hub
    real = asdict(ask_of(province, nation))
    if data.draw(st.booleans()):
        real["wants"] = base64.b64encode(b"12345678").decode()
    said = data.draw(odd_fields(real))
    body = said + province.key.sign(b"samleng ask\n" + nation.id.encode() + b"\n" + said)
    for path in ("/hub/hello", "/hub/wants", "/hub/batches"):
        answer = app.test_client().post(path, data=body)
        assert answer.status_code < 500, answer.data
        answer.close()
    assert upkeep.compare(nation) == []


@given(st.data())
@EXAMPLES
def test_no_digest_header_is_a_server_error(pair: tuple[Flask, Hub], data: st.DataObject) -> None:
    real = (b'Digest username="a", realm="Samleng", nonce="1.a.b", uri="/v1/projects/1/formList", qop=auth, '
            b'nc=00000001, cnonce="x", response="0123456789abcdef0123456789abcdef"')  # fmt: skip
    raw = data.draw(spoilt(real)).decode("latin-1").translate(dict.fromkeys(map(ord, "\r\n\0"), " "))
    target = data.draw(st.sampled_from(("/v1/projects/1/formList", "/v1/projects", "/hub/uploads")))
    answer = pair[0].test_client().get(target, headers={"Authorization": raw})
    assert answer.status_code < 500, answer.data


# Every byte of a batch


def test_every_flipped_byte_of_a_network_batch_is_noticed(tmp_path: Path) -> None:
    country = Country(tmp_path, ("ជាតិ", "កំពត"))
    try:
        nation, kampot = country.hubs
        begin(nation)
        country.meet()
        hand_in(kampot, answers("uuid:1"))
        peer = find_peer(nation, kampot.name)
        db = kampot.read()
        course = course_to(kampot, find_peer(kampot, nation.name))
        parcel = parcels.entry_parcel(kampot, course, head(db) - 1, Wanted(65536))
        assert parcel is not None and parcel.entries == 1
        whole, before = parcel.path.read_bytes(), (told(nation), nation.ledger.head())
        spoilt_path = tmp_path / "spoilt"
        for place in range(len(whole)):
            changed = bytearray(whole)
            changed[place] ^= 1 << (place % 8)
            spoilt_path.write_bytes(changed)
            with pytest.raises(Fault):
                take_whole(nation, peer, spoilt_path)
        assert (told(nation), nation.ledger.head()) == before
        spoilt_path.write_bytes(whole)
        assert take_whole(nation, peer, spoilt_path).entries == 1
    finally:
        country.close()


@given(st.data())
@EXAMPLES
def test_any_upload_is_taken_or_refused(pair: tuple[Flask, Hub], data: st.DataObject) -> None:
    app, province = pair
    nation: Hub = app.extensions["samleng"].hub
    peer = find_peer(nation, province.name)
    path = province.data / "out.bundle"
    path.unlink(missing_ok=True)
    bundles.write_for(province, nation.name, path)
    sent = data.draw(spoilt(path.read_bytes()))
    name = "entries-" + hashlib.sha256(sent + os.urandom(4)).hexdigest()[:16]
    with suppress(Fault):
        meeting.begin_upload(nation, peer, name, len(sent))
        meeting.continue_upload(nation, peer, name, 0, [sent])
    assert upkeep.verify(nation).damaged == []


@pytest.mark.parametrize("part", ["nonce", "response"])
def test_a_digest_header_beyond_ascii_is_refused(pair: tuple[Flask, Hub], part: str) -> None:
    client = pair[0].test_client()
    target = "/v1/projects/1/formList"
    asked = client.get(target, headers={"X-OpenRosa-Version": "1.0"}).headers["WWW-Authenticate"]
    nonce = asked.partition('nonce="')[2].partition('"')[0]
    said = {"nonce": nonce, "response": "0" * 32}
    said[part] = said[part][:-1] + "\x80"
    # A name of its own: whoever was guessed at often waits, and is answered otherwise.
    header = (f'Digest username="{part}@beyond.example", realm="Samleng", nonce="{said["nonce"]}", uri="{target}", '
              f'qop=auth, nc=00000001, cnonce="x", response="{said["response"]}"')  # fmt: skip
    assert (
        client.get(target, headers={"Authorization": header, "X-OpenRosa-Version": "1.0"}).status_code == 401
    )
