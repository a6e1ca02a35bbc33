"""Two hubs become a pair, by network and by file; nobody in between, late or uninvited does."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask.testing import FlaskClient

from server import bundles, offers, pairing
from server.clock import Clock
from server.errors import Fault
from server.flow import ABOVE, BELOW
from server.hub import Hub
from server.peers import credential_holder, find_peer, fingerprint_with, present_credential, remove_peer
from server.pictures import read_codes
from server.projects import create_project
from server.store import peers
from server.store.offers import newest_by_code
from server.tablets import write_png
from server.upkeep import compare
from sync.http import request
from sync.pairing import key_of, make_link, seal_message
from tests.loopback import Answer, answering
from tests.server.season import QUICK

WRONG = "00000-00000"
LATER = timedelta(minutes=16)


@pytest.fixture
def provinces(tmp_path: Path) -> Iterator[list[Hub]]:
    made = [Hub.create(tmp_path / n, n, **QUICK) for n in ("ខេត្តកែប", "ខេត្តតាកែវ")]
    yield made
    for hub in made:
        hub.close()


def refusal(work: Any, *arguments: Any, **more: Any) -> str:
    with pytest.raises(Fault) as fault:
        work(*arguments, **more)
    return fault.value.code


def known(*hubs: Hub) -> list[int]:
    return [len(peers.list_peers(hub.read())) for hub in hubs]


def advance(hub: Hub, by: timedelta) -> None:
    hub.clock = Clock(lambda: datetime.now(UTC) + by)


# By network


def test_a_code_makes_a_pair_that_both_see_alike(hub: Hub, address: str, provinces: list[Hub]) -> None:
    shared = create_project(hub, "ស្រូវ ២០២៦")
    made = offers.offer_by_code(hub, BELOW, [shared.name])
    above = pairing.pair_by_code(provinces[0], made.secret.lower(), address, ["http://10.0.0.7:8383"])
    below = find_peer(hub, provinces[0].id)
    assert (above.name, above.relation, above.url) == (hub.name, ABOVE, address)
    assert (below.name, below.relation, below.url) == (provinces[0].name, BELOW, "http://10.0.0.7:8383")
    assert above.projects == below.projects == json.dumps([shared.uid])
    assert fingerprint_with(hub, below) == fingerprint_with(provinces[0], above)
    assert offers.taker_of(hub, made.id) == below
    assert compare(hub) == []


def test_a_picture_of_the_code_makes_a_pair(
    hub: Hub, address: str, provinces: list[Hub], tmp_path: Path
) -> None:
    link = make_link(address, hub.id, offers.offer_by_code(hub, BELOW).secret)
    write_png(link, tmp_path / "រូប.png")
    assert read_codes(tmp_path / "រូប.png") == [link]
    assert pairing.pair_by_link(provinces[0], link).id == hub.id
    (tmp_path / "other.png").write_bytes((tmp_path / "រូប.png").read_bytes()[:200])
    assert refusal(read_codes, tmp_path / "other.png") == "picture.no_code"
    assert refusal(read_codes, tmp_path / "gone.png") == "file.unreadable"


def test_a_link_to_another_hub_is_refused(hub: Hub, address: str, provinces: list[Hub]) -> None:
    link = make_link(address, provinces[1].id, offers.offer_by_code(hub, BELOW).secret)
    assert refusal(pairing.pair_by_link, provinces[0], link) == "pair.other_hub"
    assert known(hub, provinces[0]) == [0, 0]


def test_an_offer_is_good_for_one_hub_which_may_ask_again(
    hub: Hub, address: str, provinces: list[Hub]
) -> None:
    """Its answer may have been lost on the way."""
    code = offers.offer_by_code(hub, BELOW).secret
    for _ in range(2):
        pairing.pair_by_code(provinces[0], code, address)
    assert refusal(pairing.pair_by_code, provinces[1], code, address) == "pair.used"
    assert known(hub, *provinces) == [1, 1, 0]
    advance(hub, LATER)
    assert refusal(pairing.pair_by_code, provinces[0], code, address) == "pair.used"


def test_five_wrong_codes_end_an_offer(hub: Hub, address: str, provinces: list[Hub]) -> None:
    code = offers.offer_by_code(hub, BELOW).secret
    for _ in range(offers.TRIES):
        assert refusal(pairing.pair_by_code, provinces[0], WRONG, address) == "pair.code_wrong"
    assert refusal(pairing.pair_by_code, provinces[0], code, address) == "pair.tries"
    assert known(hub, provinces[0]) == [0, 0]


def test_an_offer_that_is_over_replaced_or_never_made_is_told(
    hub: Hub, address: str, provinces: list[Hub]
) -> None:
    assert refusal(pairing.pair_by_code, provinces[0], WRONG, address) == "pair.none"
    old = offers.offer_by_code(hub, BELOW).secret
    new = offers.offer_by_code(hub, BELOW).secret
    assert refusal(pairing.pair_by_code, provinces[0], old, address) == "pair.code_wrong"
    advance(hub, LATER)
    assert refusal(pairing.pair_by_code, provinces[0], new, address) == "pair.expired"
    assert known(hub, provinces[0]) == [0, 0]


def test_a_hub_does_not_pair_with_itself_or_a_namesake(
    hub: Hub, address: str, provinces: list[Hub], tmp_path: Path
) -> None:
    code = offers.offer_by_code(hub, BELOW).secret
    assert refusal(pairing.pair_by_code, hub, code, address) == "hub.itself"
    pairing.pair_by_code(provinces[0], code, address)
    namesake = Hub.create(tmp_path / "namesake", provinces[0].name, **QUICK)
    code = offers.offer_by_code(hub, BELOW).secret
    assert refusal(pairing.pair_by_code, namesake, code, address) == "pair.name_taken"
    assert known(hub, namesake) == [1, 0]
    namesake.close()


@pytest.mark.parametrize("how", ["reflects", "guesses", "babbles"])
def test_an_impostor_without_the_code_is_not_believed(hub: Hub, provinces: list[Hub], how: str) -> None:
    """It says that it is the hub of the offer, and gets to see one sealed ask."""
    code = offers.offer_by_code(hub, BELOW).secret
    impostor = provinces[1]

    def answer(method: str, _target: str, body: bytes) -> Answer:
        if method == "GET":
            return 200, {}, json.dumps(offers.opening(hub)).encode()
        sealed = json.loads(body)["sealed"]
        if how == "guesses":
            card = {"step": "answer", "to": provinces[0].id, "card": {"id": hub.id}}
            sealed = base64.b64encode(seal_message(card, impostor.key, b"g" * 32)).decode()
        return 200, {}, b"[[[" if how == "babbles" else json.dumps({"sealed": sealed}).encode()

    with answering(answer) as there:
        said = refusal(pairing.pair_by_code, provinces[0], code, there.url)
    assert said in ("pair.answer_wrong", "pair.not_a_hub")
    assert known(hub, *provinces) == [0, 0, 0]


def test_nobody_there_or_no_hub_there_is_told(provinces: list[Hub]) -> None:
    with answering(lambda *_: (200, {}, b"<html>")) as there:
        assert refusal(pairing.pair_by_code, provinces[0], WRONG, there.url) == "pair.not_a_hub"
        closed = there.url
    assert refusal(pairing.pair_by_code, provinces[0], WRONG, closed) == "peer.unreachable"
    assert refusal(pairing.pair_by_code, provinces[0], WRONG, "hub.example") == "pair.url_invalid"
    assert refusal(pairing.pair_by_code, provinces[0], "?", closed) == "pair.code_invalid"


def test_a_card_of_another_hub_cannot_be_passed_off(
    hub: Hub, client: FlaskClient, provinces: list[Hub]
) -> None:
    """Also by somebody who knows the code."""
    code = offers.offer_by_code(hub, BELOW).secret
    offer = newest_by_code(hub.read())
    assert offer is not None
    assert offer.salt is not None
    ask = pairing._ask(provinces[1], hub.id, ())
    sealed = seal_message(ask, provinces[0].key, key_of(code, offer.salt))
    answer = client.post("/hub/pair", json={"protocol": 1, "sealed": base64.b64encode(sealed).decode()})
    assert answer.get_json()["details"] == {"fault": "pair.not_understood"}
    assert known(hub) == [0]


NOISE = [b"", b"{", b"[]", b'{"sealed": 7}', b'{"protocol": 1, "sealed": "?"}', b'{"protocol": 9, "sealed": "AA=="}',
         b"[" * 9000, b"x" * 40_000]  # fmt: skip


@pytest.mark.parametrize("body", NOISE, ids=lambda b: str(len(b)))
def test_noise_is_refused_and_costs_no_try(hub: Hub, client: FlaskClient, body: bytes) -> None:
    offers.offer_by_code(hub, BELOW)
    answer = client.post("/hub/pair", data=body, content_type="application/json")
    assert 400 <= answer.status_code < 500
    plain = client.post("/hub/pair", data=b'{"protocol": 1, "sealed": "AA=="}', content_type="text/plain")
    assert plain.status_code == 400, "a page of another site could send that"
    offer = newest_by_code(hub.read())
    assert offer is not None
    assert offer.tries == 0


# By file


def offered(hub: Hub, folder: Path) -> Path:
    path = folder / "offer.json"
    path.write_text(offers.offer_by_file(hub, ABOVE).secret, encoding="utf-8")
    return path


def test_two_files_make_a_pair_without_network(hub: Hub, provinces: list[Hub], tmp_path: Path) -> None:
    kep, takeo = provinces
    path = offered(kep, tmp_path)
    above, reply = pairing.pair_by_file(hub, path)
    assert reply == tmp_path / "offer-reply.json"
    assert (above.id, above.relation) == (kep.id, BELOW)
    assert refusal(pairing.pair_by_file, takeo, reply) == "pair.foreign"
    back, none = pairing.pair_by_file(kep, reply)
    assert (back.id, back.relation, none) == (hub.id, ABOVE, None)
    assert fingerprint_with(hub, above) == fingerprint_with(kep, back)
    assert refusal(pairing.pair_by_file, kep, reply) == "pair.used"
    assert refusal(pairing.pair_by_file, hub, path) == "file.exists"
    assert known(hub, kep, takeo) == [1, 1, 0]
    assert compare(kep) == []


def test_a_changed_expired_or_own_file_changes_nothing(
    hub: Hub, provinces: list[Hub], tmp_path: Path
) -> None:
    kep, takeo = provinces
    path = offered(kep, tmp_path)
    assert refusal(pairing.pair_by_file, kep, path) == "hub.itself"
    changed = tmp_path / "changed.json"
    changed.write_text(path.read_text(encoding="utf-8").replace("កែប", "ក្លែង"), encoding="utf-8")
    assert refusal(pairing.pair_by_file, takeo, changed) == "pair.file_invalid"
    _, reply = pairing.pair_by_file(takeo, path)
    assert reply is not None
    for late in (hub, kep):
        advance(late, timedelta(days=8))
    assert refusal(pairing.pair_by_file, hub, path, out=tmp_path / "r.json") == "pair.expired"
    assert refusal(pairing.pair_by_file, kep, reply) == "pair.expired"
    assert not (tmp_path / "r.json").exists()
    assert known(hub, kep) == [0, 0]


# Afterwards


def test_a_pair_that_ended_is_refused_whatever_name_it_goes_by(
    hub: Hub, address: str, provinces: list[Hub], tmp_path: Path
) -> None:
    kep, takeo = provinces
    for province in provinces:
        pairing.pair_by_code(province, offers.offer_by_code(hub, BELOW).secret, address)
    shown = {p.id: present_credential(p, find_peer(p, hub.id)) for p in provinces}
    assert credential_holder(hub, kep.id, shown[kep.id]).name == kep.name
    assert refusal(credential_holder, hub, takeo.id, shown[kep.id]) == "hub.credential_wrong"
    for noise in ("", "a.b.c", shown[kep.id][:-4], f"x{shown[kep.id]}", "ក.ខ.គ"):
        assert refusal(credential_holder, hub, kep.id, noise) == "hub.credential_wrong"
    remove_peer(hub, kep.name)
    assert [e.kind for _, e in hub.ledger.entries_after(hub.ledger.head() - 1, 1)] == ["hub.remove"]
    assert refusal(credential_holder, hub, kep.id, shown[kep.id]) == "hub.unknown"
    bundles.write_for(kep, hub.name, tmp_path / "late.bundle")
    assert refusal(bundles.read, hub, tmp_path / "late.bundle") == "bundle.sender_unknown"


def test_the_door_says_no_more_than_it_must(hub: Hub, address: str) -> None:
    offers.offer_by_code(hub, BELOW)
    status, _, body = request("GET", f"{address}/hub/pair", None, {}, 5.0)
    assert status == 200
    assert json.loads(body).keys() == {"protocol", "hub", "salt"}
