"""Codes, links, sealed messages and files by which two hubs become a pair."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import BadPairing
from sync.keys import HubKey
from sync.pairing import (
    ALPHABET,
    OFFER,
    REPLY,
    fingerprint,
    is_address,
    is_link,
    key_of,
    make_code,
    make_file,
    make_link,
    open_message,
    read_code,
    read_file,
    read_link,
    seal_message,
)

KEY, OTHER = HubKey(bytes(range(32))), HubKey(bytes(range(1, 33)))
SECRET = b"s" * 32
KHMER = str.maketrans("0123456789", "០១២៣៤៥៦៧៨៩")


def card(key: HubKey = KEY) -> dict[str, Any]:
    return {"id": key.id, "name": "ខេត្តកំពត", "public_key": base64.b64encode(key.public).decode()}


def code_of(fault: pytest.ExceptionInfo[BadPairing]) -> str:
    return fault.value.code


# Codes


@given(st.binary(min_size=7, max_size=7))
def test_a_code_is_read_as_people_write_it(drawn: bytes) -> None:
    code = make_code(lambda size: drawn[:size])
    signs = code.replace("-", "")
    assert len(code) == 11
    assert set(signs) <= set(ALPHABET)
    typed = (code.lower(), signs, f" {code[:3]} {code[3:]}\n", code.translate(KHMER), code.replace("-", "–"),
             code.replace("0", "O").replace("1", "l"), code.replace("1", "i"))  # fmt: skip
    assert {read_code(said) for said in typed} == {signs}


def test_a_code_holds_fifty_bits() -> None:
    assert make_code(lambda size: bytes(size)) == "00000-00000"
    assert make_code(lambda size: b"\xff" * size) == "ZZZZZ-ZZZZZ"
    codes = {make_code(lambda size, n=n: (1 << n + 6).to_bytes(size, "big")) for n in range(50)}
    assert len(codes) == 50


@given(st.text())
def test_any_text_is_a_code_or_refused(said: str) -> None:
    try:
        assert len(read_code(said)) == 10
    except BadPairing as fault:
        assert fault.code == "pair.code_invalid"


@pytest.mark.parametrize("said", ["", "ABCDE", "ABCDE-FGHJK-1", "ABCDE-FGHJU", "ABCDE-FGHJ!", "កខគឃង-ចឆជឈញ"])
def test_what_is_no_code_is_refused(said: str) -> None:
    with pytest.raises(BadPairing):
        read_code(said)


def test_a_key_comes_of_code_and_salt() -> None:
    salt = bytes(range(16))
    key = key_of("K7Q2M-4XWPN", salt)
    assert key.hex() == "cd4c438c7631abb008b4e06e932489c76515c3abf71b52bff7084acf5d376408"
    assert key_of("k7q2m 4xwpn", salt) == key
    assert key_of("K7Q2M-4XWPP", salt) != key
    assert key_of("K7Q2M-4XWPN", bytes(16)) != key
    with pytest.raises(BadPairing):
        key_of("K7Q2M-4XWPN", b"short")


# Links


@given(st.sampled_from(["http://192.168.1.10:8383", "https://hub.example/kampot/", "http://[fe80::1]:8383"]),
       st.binary(min_size=7, max_size=7))  # fmt: skip
def test_a_link_says_where_who_and_what(address: str, drawn: bytes) -> None:
    code = make_code(lambda _: drawn)
    link = read_link(f" {make_link(address, KEY.id, code)}\n")
    assert (link.address, link.hub, link.code) == (address.rstrip("/"), KEY.id, code.replace("-", ""))


@given(st.text() | st.text().map(lambda t: f"http://a/hub/pair#{t}") | st.text().map(lambda t: f"http://{t}"))
def test_any_text_is_a_link_or_refused(said: str) -> None:
    assert is_link(said) in (True, False)
    assert is_address(said) in (True, False)


@pytest.mark.parametrize("said", [
    "", "http://a/hub/pair", f"ftp://a/hub/pair#{'a' * 26}.ABCDEFGHJK", f"http:///hub/pair#{'a' * 26}.ABCDEFGHJK",
    f"http://a/other#{'a' * 26}.ABCDEFGHJK", f"http://a/hub/pair#{'a' * 25}.ABCDEFGHJK",
    f"http://a/hub/pair#{'a' * 26}.ABCDEFGHJ", f"http://a:99999/hub/pair#{'a' * 26}.ABCDEFGHJK",
])  # fmt: skip
def test_what_is_no_link_is_refused(said: str) -> None:
    with pytest.raises(BadPairing) as fault:
        read_link(said)
    assert code_of(fault) == "pair.link_invalid"


# What two coordinators compare


def test_both_sides_see_one_number_and_another_pair_another() -> None:
    number = fingerprint(KEY.public, OTHER.public)
    assert number == fingerprint(OTHER.public, KEY.public)
    assert [len(group) for group in number.split(" ")] == [4, 4, 4, 4]
    assert number.replace(" ", "").isdigit()
    assert number != fingerprint(KEY.public, HubKey(bytes(32)).public)


# Messages


def test_a_message_is_opened_by_the_secret_alone() -> None:
    sealed = seal_message({"step": "ask", "to": "b", "card": card()}, KEY, SECRET)
    opened = open_message(sealed, SECRET, "ask", "b")
    assert opened is not None
    assert opened["card"]["name"] == "ខេត្តកំពត"
    assert open_message(sealed, b"t" * 32, "ask", "b") is None
    assert "កំពត".encode() not in sealed


def test_every_changed_or_missing_byte_of_a_message_is_noticed() -> None:
    sealed = seal_message({"step": "ask", "to": "b", "card": card()}, KEY, SECRET)
    for place in range(len(sealed)):
        spoilt = bytearray(sealed)
        spoilt[place] ^= 1
        assert open_message(bytes(spoilt), SECRET, "ask", "b") is None
        assert open_message(sealed[:place], SECRET, "ask", "b") is None


@pytest.mark.parametrize("change", [
    {"step": "answer"}, {"to": "c"}, {"card": card(OTHER)}, {"card": {}}, {"card": None},
    {"card": {**card(), "id": "x"}}, {"card": {**card(), "public_key": "AAAA"}},
])  # fmt: skip
def test_a_message_for_another_step_or_of_another_key_is_not_believed(change: dict[str, Any]) -> None:
    """Also when whoever sealed it knows the secret: a card is taken from the hub alone that it is of."""
    sealed = seal_message({"step": "ask", "to": "b", "card": card(), **change}, KEY, SECRET)
    with pytest.raises(BadPairing):
        open_message(sealed, SECRET, "ask", "b")


@given(st.binary(max_size=300))
def test_any_bytes_are_no_message(data: bytes) -> None:
    assert open_message(data, SECRET, "ask", "b") is None


# Files


@pytest.mark.parametrize("kind", [OFFER, REPLY])
def test_a_file_says_what_was_put_in(kind: str) -> None:
    said = {"id": "7", "projects": None, "card": card()}
    found, read = read_file(make_file(kind, said, KEY))
    assert found == kind
    assert {name: read[name] for name in said} == said


def test_every_changed_or_missing_byte_of_a_file_is_noticed() -> None:
    data = make_file(OFFER, {"id": "7", "name": "ខេត្ត", "projects": ["p"]}, KEY)
    whole = read_file(data)
    for place in range(len(data)):
        spoilt = bytearray(data)
        spoilt[place] ^= 1
        for other in (bytes(spoilt), data[:place]):
            try:  # a changed sign outside the facts, such as the last bits of base64, changes no fact
                assert read_file(other) == whole
            except BadPairing as fault:
                assert fault.code == "pair.file_invalid"


def test_a_file_of_a_later_version_is_told_apart() -> None:
    said = json.loads(make_file(OFFER, {"id": "7"}, KEY))
    del said["signature"]
    later = json.loads(make_file("x", {**said, OFFER: 2}, KEY))
    with pytest.raises(BadPairing) as fault:
        read_file(json.dumps(later).encode())
    assert code_of(fault) == "pair.newer"


JSON = st.recursive(st.none() | st.booleans() | st.integers() | st.text(), lambda inner: st.lists(inner) |
                    st.dictionaries(st.sampled_from([OFFER, "hub_key", "signature", "card", "x"]), inner))  # fmt: skip


@given(st.binary() | JSON.map(lambda said: json.dumps(said).encode()))
def test_any_file_is_refused_with_its_code(data: bytes) -> None:
    with pytest.raises(BadPairing) as fault:
        read_file(data)
    assert code_of(fault) == "pair.file_invalid"
