"""What flows between the nation and its provinces, and what does not, whoever sends it."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from server import bundles, review, upkeep
from server.accounts import create_app_user
from server.carrying import records, way_from, way_to
from server.flow import ABOVE, BELOW, EQUAL, MIRROR, Direction, Way, direction_from, direction_to, may_flow
from server.hub import Hub
from server.peers import add_peer, find_peer, make_card
from server.projects import create_project
from server.store import actors, forms, peers, projects, submissions
from sync.bundle import make_header, write_bundle
from sync.ledger import LOCAL_KINDS, Entry, make_entry
from sync.messages import pack
from sync.receipt import digest_ids
from tests.server.season import Country, answers, begin, csv, hand_in, publish, rice

PASSED = ((0, "0" * 32),)

A, B, C = "uuid:aaaaaaaa-0000-4000-8000-000000000001", "uuid:bbbb", "uuid:cccc"
NATION, KAMPOT, KEP = 0, 1, 2
HELD, OTHERS = "submission:p/rice/uuid:held", "submission:p/rice/uuid:others"
LEDGER = Path(__file__).parents[2] / "docs" / "ledger.md"

PLAN = ("project:p", "form:p/rice", "actor:t")
# kind -> (up, down for what the province holds, down for what it does not). Between equals all go.
ROWS = {
    **dict.fromkeys(
        ("project.create", "project.update", "project.delete", "project.privacy.update", "project.quotas.update"),
        (False, True, True),
    ),
    **dict.fromkeys(
        ("form.create", "form.update.publish", "form.update", "form.delete", "form.restore", "form.purge"),
        (False, True, True),
    ),
    **dict.fromkeys(
        ("field_key.create", "field_key.session.end", "field_key.delete", "field_key.assignment.create",
         "field_key.assignment.delete", "field_key.property.set", "actor_property.create"), (False, True, True),
    ),
    **dict.fromkeys(
        ("dataset.create", "dataset.update", "dataset.update.property.delete", "dataset.delete"),
        (False, True, True),
    ),
    **dict.fromkeys(
        ("submission.create", "submission.update.version", "submission.attachment.update", "submission.update",
         "submission.delete", "submission.restore", "submission.update.resolve", "comment.create"),
        (True, True, False),
    ),
    "submission.purge": (True, True, True),
    **dict.fromkeys(
        ("entity.create", "entity.update.version", "entity.update.resolve", "entity.delete", "entity.restore",
         "entity.bulk.create", "entity.bulk.delete", "entity.bulk.restore", "entity.purge",
         "hub.introduce", "pseudonym_key.create", "public_wave.create", "of.a.later.version"), (True, True, True),
    ),
    **dict.fromkeys(LOCAL_KINDS, (False, False, False)),
}  # fmt: skip


def entry_of(kind: str, subject: str | None = None, hub: str = "nation") -> Entry:
    rooms = {"project": "project:p", "form": "form:p/rice", "field_key": "actor:t", "entity": "entity:e",
             "dataset": "dataset:p/plots", "actor_property": "project:p",
             "hub": "hub:nation", "pseudonym_key": "pseudonyms:p", "public_wave": "public_waves:p/rice"}  # fmt: skip
    about = subject or rooms.get(kind.partition(".")[0], HELD)
    return make_entry(kind, about, hub=hub, made_at="2026-11-24T00:00:00.000000Z", body={"project": "p"})


def way(direction: Direction, projects_shared: frozenset[str] | None = None) -> Way:
    return Way(direction, projects_shared, "province", lambda subject: subject == HELD)


def test_every_kind_of_the_ledgers_page_has_a_row() -> None:
    said = LEDGER.read_text(encoding="utf-8").partition("## 2.")[2].partition("## 3.")[0]
    kinds = set(re.findall(r"`([a-z_]+(?:\.[a-z_]+)+)`", said))
    assert len(kinds) > 20
    assert kinds - ROWS.keys() == set()


@pytest.mark.parametrize("kind", sorted(ROWS))
@pytest.mark.parametrize("relation", [ABOVE, BELOW, EQUAL])
def test_what_flows(kind: str, relation: str) -> None:
    """From this hub to a peer that is above, below or equal, and from there to here."""
    up, down, down_others = ROWS[kind]
    level = kind not in LOCAL_KINDS
    expected = {Direction.UP: (up, up), Direction.DOWN: (down, down_others), Direction.LEVEL: (level, level)}
    gathered = kind.startswith(("submission.", "comment.", "of."))
    for direction in (direction_to(relation), direction_from(relation)):
        held, others = expected[direction]
        assert may_flow(entry_of(kind), way(direction)) is held, direction
        if gathered:
            unheld = down_others and not kind.startswith("of.")  # an unknown kind may hold testimony too
            others = unheld if direction is Direction.DOWN else others
            assert may_flow(entry_of(kind, OTHERS), way(direction)) is others, direction


def test_the_two_ends_of_a_pair_keep_the_same_rule() -> None:
    for relation, mirrored in MIRROR.items():
        assert direction_to(relation) is direction_from(mirrored)
        assert MIRROR[mirrored] == relation
    with pytest.raises(KeyError):
        direction_to("cousin")


def test_a_plan_cannot_go_up_under_an_unknown_kind() -> None:
    for subject in PLAN[:2]:
        assert not may_flow(entry_of("of.a.later.version", subject), way(Direction.UP))


@pytest.mark.parametrize("direction", list(Direction))
def test_only_shared_projects_flow_in_any_direction(direction: Direction) -> None:
    shared = way(direction, frozenset({"q"}))
    for kind in ROWS:
        assert may_flow(entry_of(kind), shared) is (kind == "hub.introduce"), kind


def test_its_own_answers_come_back_to_a_restored_province_with_what_was_decided_of_them() -> None:
    """It holds neither yet, and both may come in one batch."""
    down = way(Direction.DOWN)
    review_of = entry_of("submission.update", OTHERS)
    assert not may_flow(review_of, down)
    assert may_flow(entry_of("submission.create", OTHERS, hub="province"), down)
    assert may_flow(review_of, down)


# Through real hubs


@pytest.fixture
def country(tmp_path: Path) -> Iterator[Country]:
    """A nation with two provinces below it; the form has come to both."""
    made = Country(tmp_path, ("ជាតិ", "កំពត", "កែប"))
    nation, *provinces = made.hubs
    for province in provinces:
        add_peer(nation, make_card(province), relation=BELOW)
        add_peer(province, make_card(nation), relation=ABOVE)
    begin(nation)
    made.carry(NATION, KAMPOT)
    made.carry(NATION, KEP)
    yield made
    made.close()


def ids(hub: Hub) -> set[str]:
    rows = submissions.iterate_submissions(hub.read(), rice(hub).id, deleted=False, limit=-1, offset=0)
    return {s.instance_id for s, _ in rows}


def one(hub: Hub, instance_id: str) -> submissions.Submission:
    rows = submissions.iterate_submissions(hub.read(), rice(hub).id, deleted=False, limit=-1, offset=0)
    return next(s for s, _ in rows if s.instance_id == instance_id)


def test_answers_go_up_and_only_the_decisions_on_ones_own_come_down(country: Country) -> None:
    nation, kampot, kep = country.hubs
    hand_in(kampot, answers(A, "សក្ខីកម្មកំពត"))
    hand_in(kep, answers(B, "សក្ខីកម្មកែប"))
    country.carry(KAMPOT, NATION)
    country.carry(KEP, NATION)
    assert ids(nation) == {A, B}
    for instance_id in (A, B):
        held = one(nation, instance_id)
        review.set_review_state(nation, rice(nation), held, "approved", by={"id": "p1", "name": "សុខា"})
        review.add_comment(nation, rice(nation), held, "បានអាន", by={"id": "p1", "name": "សុខា"})
    country.carry(NATION, KAMPOT)
    country.carry(NATION, KEP)
    for province, own in ((kampot, A), (kep, B)):
        assert ids(province) == {own}
        assert one(province, own).review_state == "approved"
        assert [c.body for c in submissions.list_comments(province.read(), one(province, own).id)] == [
            "បានអាន"
        ]
    assert "សក្ខីកម្មកែប" not in csv(kampot).decode()
    assert upkeep.verify(kampot).clean


def test_new_forms_and_tablets_come_down(country: Country) -> None:
    nation, kampot, _ = country.hubs
    project = projects.list_projects(nation.read())[0]
    publish(nation, project, "2")
    tablet = create_app_user(nation, project, "ថេប្លេត ៧")
    country.carry(NATION, KAMPOT)
    assert {v.version for v in forms.list_versions(kampot.read(), rice(kampot).id)} == {"1", "2"}
    assert actors.find_by_token(kampot.read(), tablet.token or "") is not None


def test_a_province_plans_nothing_for_the_nation_whatever_its_program_says(country: Country) -> None:
    nation, kampot, _ = country.hubs
    project = projects.list_projects(kampot.read())[0]
    publish(kampot, project, "99")
    stray = create_project(kampot, "គម្រោងក្រៅ")
    tablet = create_app_user(kampot, project, "ថេប្លេតក្រៅ")
    honest = country.carry(KAMPOT, NATION)
    assert honest is not None
    assert (honest.header.entries, honest.taken.refused) == (2, 0), "its name, and a key of pseudonyms"
    forged = [e for _, e in kampot.ledger.entries_after(0, 999) if e.hub == kampot.id and e.kind != "hub.add"]
    planned = [e for e in forged if e.kind not in ("hub.introduce", "pseudonym_key.create")]
    header, key = make_header(
        kampot.key, nation.key.public, sender_name=kampot.name, receiver_name=nation.name, made_at="2026-11-24",
        ledger=kampot.ledger_id, lineage=(), known=None, after=0, upto=999, chain="0" * 32, passed=PASSED, set="0" * 16,
        number=1, files=1, digest=digest_ids(e.id for e in forged), entries=len(forged), blobs=0,
    )  # fmt: skip
    with (country.folder / "forged").open("wb") as file:
        write_bundle(file, header, key, kampot.key, pack(records(kampot, forged)))
    report = bundles.read(nation, country.folder / "forged")
    assert report.taken.refused == len(planned) >= 4
    assert {v.version for v in forms.list_versions(nation.read(), rice(nation).id)} == {"1"}
    assert projects.find_by_uid(nation.read(), stray.uid) is None
    assert actors.find_by_token(nation.read(), tablet.token or "") is None


def test_a_nation_that_sends_others_testimony_is_not_believed_either(country: Country) -> None:
    nation, kampot, kep = country.hubs
    hand_in(kep, answers(B, "សក្ខីកម្មកែប"))
    country.carry(KEP, NATION)
    peer = find_peer(nation, kampot.name)
    nation.write(lambda turn: peers.write_peer(turn.db, peers.PeerCard(
        peer.id, peer.name, peer.card, peer.url, peer.projects, EQUAL)))  # fmt: skip
    report = country.carry(NATION, KAMPOT)
    assert report is not None
    assert report.taken.refused == 1
    assert ids(kampot) == set()


def test_what_was_held_back_flows_once_the_pair_agrees_to_it(country: Country) -> None:
    nation, kampot, kep = country.hubs
    hand_in(kep, answers(B))
    country.carry(KEP, NATION)
    country.carry(NATION, KAMPOT)
    country.carry(KAMPOT, NATION)
    assert ids(kampot) == set()
    add_peer(nation, make_card(kampot), relation=EQUAL)
    add_peer(kampot, make_card(nation), relation=EQUAL)
    country.carry(NATION, KAMPOT)
    assert ids(kampot) == {B}


def test_a_new_card_of_the_same_pair_sends_nothing_again(country: Country) -> None:
    nation, kampot, _ = country.hubs
    hand_in(kampot, answers(A))
    country.carry(KAMPOT, NATION)
    country.carry(NATION, KAMPOT)
    assert country.write(KAMPOT, NATION) is not None
    before = find_peer(kampot, nation.name)
    add_peer(kampot, make_card(nation), url="http://10.0.0.1:8383", relation=ABOVE)
    after = find_peer(kampot, nation.name)
    assert after == replace(before, card=after.card, url="http://10.0.0.1:8383")
    assert json.loads(after.card)["credential"] != json.loads(before.card)["credential"]


def test_a_hub_added_by_an_older_program_is_an_equal(tmp_path: Path) -> None:
    hub, other = (Hub.create(tmp_path / n, n, password_cost=4) for n in ("ក", "ខ"))
    body = {"name": other.name, "card": make_card(other).said(), "url": None}
    hub.write(lambda turn: turn.append("hub.add", f"hub:{other.id}", body))
    peer = find_peer(hub, other.name)
    assert (way_to(hub, peer).direction, way_from(hub, peer).direction) == (Direction.LEVEL, Direction.LEVEL)
    hub.close()
    other.close()
