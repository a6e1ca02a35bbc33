"""Pseudonyms are the same on all hubs of a project, and what is published once is published by nobody again."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from server import upkeep
from server.errors import Fault
from server.extracting import Order, extraction
from server.extracts.options import Choosing, Options
from server.formats import format_named
from server.hub import Hub
from server.privacy.keeping import KEY, defaults_of, pseudonym_key, set_defaults
from server.privacy.waves import KIND, waves_of
from server.store import projects
from server.store.ledger_sqlite import entries_of
from server.withdrawal import withdraw
from tests.server.season import Country, answers, begin, hand_in, rice

NAME = "ចាន់ សុខា"


@pytest.fixture
def country(tmp_path: Path) -> Iterator[Country]:
    found = Country(tmp_path, ("ជាតិ", "កំពត"))
    yield found
    found.close()


def uid(hub: Hub) -> str:
    return projects.list_projects(hub.read())[0].uid


def csv(hub: Hub, profile: str = "working", reason: str = "", **more: object) -> str:
    """What the door gives, as it gives it."""
    options = Options(profile=profile, **more)  # type: ignore[arg-type]
    with extraction(hub, Order(rice(hub), format_named("csv"), options, reason=reason)) as running:
        return b"".join(piece for part in running.parts() for piece in part.pieces).decode()


def refusal(hub: Hub, **more: object) -> str:
    with pytest.raises(Fault) as refused:
        csv(hub, **more)  # type: ignore[arg-type]
    return refused.value.code


def send(hub: Hub, first: int, count: int) -> None:
    for number in range(first, first + count):
        hand_in(hub, answers(f"uuid:{number:04}"))


def test_one_person_has_one_pseudonym_on_every_hub(country: Country) -> None:
    nation, province = country.hubs
    begin(nation)
    country.carry(0, 1)  # with the project, before anybody exported
    assert len({pseudonym_key(hub, uid(hub)) for hub in country.hubs}) == 1
    hand_in(nation, answers("uuid:a"), {"id": "tablet1", "name": NAME})
    hand_in(province, answers("uuid:b"), {"id": "tablet2", "name": NAME})
    country.meet()
    said = [re.findall("P-[A-Z2-7]{12}", csv(hub)) for hub in country.hubs]
    assert sorted(said[0]) == sorted(said[1]) and NAME not in csv(nation)


def test_of_keys_that_hubs_made_apart_all_use_one(country: Country) -> None:
    for hub in country.hubs:  # one name, so one project
        begin(hub)
    apart = {pseudonym_key(hub, uid(hub)) for hub in country.hubs}
    country.meet()
    (joint,) = {pseudonym_key(hub, uid(hub)) for hub in country.hubs}
    assert len(apart) == 2 and joint in apart


def test_a_key_of_any_shape_from_elsewhere_is_passed_over(country: Country) -> None:
    hub = country.hubs[0]
    begin(hub)
    subject = f"pseudonyms:{uid(hub)}"
    for odd in ("", "zz", 5, None, ["a"], "A" * 64):
        hub.write(lambda turn, odd=odd: turn.append(KEY, subject, {"project": uid(hub), "key": odd}))
    assert len(pseudonym_key(hub, uid(hub))) == 32


def test_the_key_is_in_no_export_and_no_log(country: Country, caplog: pytest.LogCaptureFixture) -> None:
    hub = country.hubs[0]
    begin(hub)
    hand_in(hub, answers("uuid:a"))
    key = pseudonym_key(hub, uid(hub)).hex()
    assert key not in csv(hub) and key not in caplog.text


def test_defaults_of_a_project_hold_on_every_hub(country: Country) -> None:
    nation, province = country.hubs
    begin(nation)
    set_defaults(nation, uid(nation), {"places": "identifying"})
    set_defaults(nation, uid(nation), {"recordings": "identifying"})
    country.meet()
    assert defaults_of(province, uid(province)) == defaults_of(nation, uid(nation))
    assert defaults_of(province, uid(province))["places"] == "identifying"
    with pytest.raises(Fault) as refused:
        set_defaults(nation, uid(nation), {"names": "secret"})
    assert refused.value.code == "privacy.level"


def test_a_hub_made_anew_from_its_ledger_says_the_same(country: Country) -> None:
    hub = country.hubs[0]
    begin(hub)
    set_defaults(hub, uid(hub), {"names": "restricted"})
    before = pseudonym_key(hub, uid(hub)), defaults_of(hub, uid(hub))
    upkeep.rebuild(hub)
    assert (pseudonym_key(hub, uid(hub)), defaults_of(hub, uid(hub))) == before


def test_everything_needs_a_reason_and_says_everything(country: Country) -> None:
    hub = country.hubs[0]
    begin(hub)
    hand_in(hub, answers("uuid:a"), {"id": "tablet1", "name": NAME})
    assert refusal(hub, profile="full") == "export.reason"
    assert NAME in csv(hub, "full", "សវនកម្ម")


def test_public_figures_stand_whatever_comes_and_goes(country: Country) -> None:
    hub = country.hubs[0]
    begin(hub)
    send(hub, 0, 40)
    first = csv(hub, "public")
    send(hub, 40, 5)
    assert csv(hub, "public") == first
    withdraw(hub, rice(hub), "uuid:0003")
    assert csv(hub, "public") == first
    send(hub, 45, 10)
    assert csv(hub, "public").count("\n") == first.count("\n") + 15


def test_another_hub_publishes_nothing_and_holds_what_was_published(country: Country) -> None:
    nation, province = country.hubs
    begin(nation)
    send(nation, 0, 40)
    csv(nation, "public")
    country.meet()
    assert refusal(province, profile="public") == "public.elsewhere"
    entries = entries_of(province.read(), f"public_waves:{uid(province)}/rice")
    assert [(e.kind, e.body["submissions"]) for e in entries] == [(KIND, 40)]
    assert province.blobs.has(entries[0].blobs[0], province.read())


def test_two_public_exports_at_once_publish_nobody_twice(country: Country) -> None:
    hub = country.hubs[0]
    begin(hub)
    send(hub, 0, 40)
    slow = waves_of(hub, rice(hub))
    csv(hub, "public")
    quick = waves_of(hub, rice(hub)).published[0]
    with pytest.raises(Fault) as refused:
        slow.publish(quick)
    assert refused.value.code == "public.again"


def test_public_refuses_what_could_single_people_out(country: Country) -> None:
    hub = country.hubs[0]
    begin(hub)
    send(hub, 0, 40)
    assert refusal(hub, profile="public", k=10) == "public.k"
    assert refusal(hub, profile="public", choosing=Choosing(deleted=True)) == "public.filter"
    csv(hub, "public", k=20)
    assert refusal(hub, profile="public", k=11) == "public.k"
