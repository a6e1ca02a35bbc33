"""People and tablets below the web: what is kept of secrets, and what other hubs come to hold."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from server import accounts, passwords, upkeep
from server.errors import Problem
from server.hub import Hub
from server.projects import create_project, delete_project, update_project
from server.roles import ROLES, Rights, find_role, role_named
from server.store import actors, projects
from server.store.actors import Actor, Assignment
from server.subjects import actor_number, project_uid
from sync.ledger import Entry, travels

PASSWORD = "ពាក្យសម្ងាត់វែង"
QUICK: dict[str, Any] = {"password_cost": 4, "background": False}


def make_hub(folder: Path, name: str) -> Hub:
    return Hub.create(folder / name, name, **QUICK)


@pytest.fixture
def province(tmp_path: Path) -> Iterator[Hub]:
    made = make_hub(tmp_path, "កំពត")
    yield made
    made.close()


@pytest.fixture
def nation(tmp_path: Path) -> Iterator[Hub]:
    made = make_hub(tmp_path, "ជាតិ")
    yield made
    made.close()


def shared(hub: Hub) -> list[Entry]:
    return [entry for _, entry in hub.ledger.entries_after(0, 10_000) if travels(entry.kind)]


def known(hub: Hub, actor: Actor) -> Actor:
    found = actors.find_by_uid(hub.read(), actor.uid)
    assert found is not None
    return found


def test_a_kept_password_says_how_it_was_made() -> None:
    kept = passwords.hash_password(PASSWORD, 4)
    assert kept.startswith("scrypt$4$8$1$")
    assert PASSWORD not in kept
    assert passwords.password_fits(PASSWORD, kept)
    assert not passwords.password_fits(PASSWORD + "!", kept)
    assert passwords.hash_password(PASSWORD, 4) != kept, "no two alike: a table of hashes finds nothing"


def test_passwords_fit_whatever_the_cost_is_now() -> None:
    assert all(
        passwords.password_fits(PASSWORD, passwords.hash_password(PASSWORD, cost)) for cost in (2, 5, 15)
    )


def test_the_secret_for_digest_is_that_of_the_standard() -> None:
    # MD5 of "Mufasa:Samleng:Circle Of Life", the user of RFC 2617's example in our realm (md5sum).
    assert passwords.digest_secret("Mufasa", "Circle Of Life") == "56b853f46a8f72dea9195edee370ae50"


def test_tokens_are_as_central_makes_them() -> None:
    made = {passwords.make_token() for _ in range(200)}
    assert len(made) == 200
    letters = set("".join(made))
    assert {len(token) for token in made} == {64}
    assert all(letter.isascii() and (letter.isalnum() or letter in "!$") for letter in letters)


def test_a_user_signs_in_and_out(province: Hub) -> None:
    made = accounts.create_user(province, "Sok@Kampot.example", PASSWORD, "សុខ")
    opened = accounts.sign_in(province, "sok@kampot.example", PASSWORD)
    found = accounts.find_session(province, opened.token)
    assert found is not None
    assert found.actor.id == made.id
    assert found.actor.last_login_at == opened.created_at
    assert accounts.end_session(province, opened.token)
    assert accounts.find_session(province, opened.token) is None
    assert not accounts.end_session(province, opened.token)


@pytest.mark.parametrize("password", ["ខុស", "", PASSWORD[:-1]])
def test_a_wrong_password_opens_nothing(province: Hub, password: str) -> None:
    accounts.create_user(province, "sok@kampot.example", PASSWORD)
    with pytest.raises(Problem, match=r"401\.2"):
        accounts.sign_in(province, "sok@kampot.example", password)


def test_the_file_on_disk_holds_no_password_and_no_token(province: Hub) -> None:
    accounts.create_user(province, "sok@kampot.example", PASSWORD)
    token = accounts.sign_in(province, "sok@kampot.example", PASSWORD).token
    province.close()
    said = b"".join(path.read_bytes() for path in province.data.rglob("*") if path.is_file())
    assert b"sok@kampot.example" in said
    assert PASSWORD.encode() not in said
    assert token.encode() not in said


def test_two_users_at_once_cannot_take_one_address(province: Hub) -> None:
    accounts.create_user(province, "sok@kampot.example", PASSWORD)
    with pytest.raises(Problem, match=r"409\.3"):
        accounts.create_user(province, " SOK@kampot.example ", PASSWORD)
    assert len(actors.list_users(province.read())) == 1


def test_an_actor_has_the_same_number_on_every_hub(province: Hub, nation: Hub) -> None:
    project = create_project(province, "ពិគ្រោះ")
    tablet = accounts.create_app_user(province, project, "ថេប្លេត ១")
    nation.ledger.append(shared(province))
    assert known(nation, tablet).id == tablet.id == actor_number(tablet.uid)
    assert known(nation, tablet).token == tablet.token


def test_assignments_and_revocations_travel_in_any_order(province: Hub, nation: Hub) -> None:
    project = create_project(province, "ពិគ្រោះ")
    tablets = [accounts.create_app_user(province, project, f"ថេប្លេត {n}") for n in "១២៣"]
    for tablet in tablets:
        accounts.assign(province, tablet, role_named("app-user"), project)
    accounts.unassign(province, tablets[0], role_named("app-user"), project)
    accounts.revoke_app_user(province, tablets[1])
    accounts.delete_app_user(province, tablets[2])
    entries = shared(province) * 2
    random.Random(20261124).shuffle(entries)
    for entry in entries:
        nation.ledger.append([entry])
    for tablet in tablets:
        here, there = known(province, tablet), known(nation, tablet)
        assert (here.token, here.deleted_at, here.display_name) == (
            there.token,
            there.deleted_at,
            there.display_name,
        )
        assert actors.assignments_of(province.read(), here.id) == actors.assignments_of(
            nation.read(), there.id
        )
    assert known(nation, tablets[0]).token == tablets[0].token
    assert known(nation, tablets[1]).token is None
    assert upkeep.compare(nation) == []


def test_one_consultation_begun_in_two_provinces_is_one_project(province: Hub, nation: Hub) -> None:
    here, there = create_project(province, "ពិគ្រោះ "), create_project(nation, "ពិគ្រោះ")
    assert here.uid == there.uid
    nation.ledger.append(shared(province))
    assert len(projects.list_projects(nation.read())) == 1


def test_a_project_of_a_name_that_is_taken_is_another(province: Hub) -> None:
    made = [create_project(province, "ពិគ្រោះ") for _ in range(3)]
    assert [p.uid for p in made] == [project_uid("ពិគ្រោះ", nth) for nth in range(3)]
    delete_project(province, made[0])
    assert create_project(province, "ពិគ្រោះ").uid == project_uid("ពិគ្រោះ", 3)


def test_rebuilding_gives_the_same_people_projects_and_sessions(province: Hub) -> None:
    admin = accounts.create_user(province, "sok@kampot.example", PASSWORD, "សុខ")
    by = accounts.by_of(admin)
    accounts.assign(province, admin, role_named("admin"))
    kept = accounts.sign_in(province, "sok@kampot.example", PASSWORD)
    gone = accounts.create_user(province, "dara@kampot.example", PASSWORD, "ដារ៉ា", by)
    accounts.sign_in(province, "dara@kampot.example", PASSWORD)
    accounts.update_user(province, admin, {"email": "sokha@kampot.example"}, by)
    accounts.set_password(province, admin, PASSWORD + "១", by, keep=kept.token)
    accounts.delete_user(province, gone, by)
    project = update_project(province, create_project(province, "ក", "ខ", by), {"archived": True}, by)
    accounts.assign(
        province, accounts.create_app_user(province, project, "គ", by), role_named("app-user"), project
    )
    assert upkeep.compare(province) == []
    upkeep.rebuild(province)
    assert accounts.find_session(province, kept.token) is not None
    assert accounts.may(province.read(), known(province, admin), "user.delete")


def test_rights_cover_what_lies_below_their_place() -> None:
    site, project, form = ("", ""), ("p1", ""), ("p1", "wps")
    reach = {site: [site, project, form], project: [project, form], form: [form]}
    for given, reached in reach.items():
        held = Rights([Assignment(1, role_named("viewer").id, *given)])
        for place in (site, project, form, ("p2", ""), ("p2", "wps"), ("p1", "other")):
            expected = place in reached or given == site or (given == project and place[0] == "p1")
            assert held.may("form.read", *place) == expected, (given, place)


def test_who_sees_every_form_sees_the_open_ones() -> None:
    viewer, collector = (Rights([Assignment(1, role_named(name).id)]) for name in ("viewer", "formfill"))
    assert viewer.may("open_form.list")
    assert "open_form.list" not in viewer.verbs_on()
    assert not collector.may("form.list")
    assert not Rights([]).may("open_form.list")


def test_an_administrator_may_give_every_role_but_that_of_reset_tokens() -> None:
    admin = Rights([Assignment(1, role_named("admin").id)])
    assert [r.system for r in ROLES if not admin.may_all(r.verbs)] == ["pwreset"]


def test_a_role_is_found_by_number_and_by_name() -> None:
    assert find_role("2") is find_role(2) is find_role("app-user")
    assert [find_role(name) for name in ("4", "", "Admin", "២", "99")] == [None] * 5
