"""Pages tell the truth of other hubs; a bundle of any size is carried; nothing brought stays on disk."""

from __future__ import annotations

import io
import os
import re
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest
from flask import Flask

from server import upkeep
from server.accounts import assign, create_user
from server.app import create_app
from server.clock import Clock
from server.errors import Fault
from server.flow import ABOVE
from server.intake import Post, accept
from server.peers import add_peer, make_card
from server.projects import create_project
from server.roles import ADMIN, role_named
from tests.conftest import EMAIL, PASSWORD, QUICK
from tests.server.season import answers, hand_in, publish
from tests.server.test_syncing import URL, Pair
from tests.web.coordinator import Coordinator

LIMIT = 400_000  # bytes of a request


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[Pair]:
    """A province that calls the nation, a coordinator at each, and pages that take little at once."""
    made = Pair(tmp_path / "pair")
    made.sync()
    for hub in (made.nation, made.province):
        assign(hub, create_user(hub, EMAIL, PASSWORD, "សុខា"), role_named(ADMIN))
    for name, app in made.apps.items():
        app.extensions["samleng"].close()
        made.apps[name] = create_app(made.folder / name, **QUICK, max_content_length=LIMIT)
    yield made
    made.close()


def at(app: Flask) -> Coordinator:
    return Coordinator(app.test_client(), EMAIL)


def test_a_bundle_too_large_for_one_request_comes_in_parts_that_each_fit(pair: Pair) -> None:
    """A province with many photos carried one file that no page took."""
    for number in range(4):
        photo = Random(number).randbytes(200_000)
        hand_in(pair.province, answers(f"uuid:{number}", photo="រូប.jpg"), **{"រូប.jpg": photo})
    province, nation = at(pair.apps["កំពត"]), at(pair.apps["ជាតិ"])
    page = province.post(f"/hubs/{pair.nation.id}/bundle")
    links = re.findall(r'href="(/hubs/[^"]+/bundle/[^"]+)"', page.text)
    assert len(links) > 1
    for link in reversed(links):
        part = province.get(link).data
        assert len(part) < LIMIT
        assert 'class="fault"' not in nation.post("/hubs/bundles", files=(io.BytesIO(part), "b")).text
    assert pair.same() and upkeep.verify(pair.nation).clean
    assert province.get(links[0].rpartition("/")[0] + "/99").status_code == 404


def test_nothing_is_left_on_disk_of_a_bundle_that_nobody_fetched_to_its_end(pair: Pair) -> None:
    hand_in(pair.province, answers("uuid:1"))
    at(pair.apps["កំពត"]).post(f"/hubs/{pair.nation.id}/bundle").close()
    assert list(pair.province.data.glob(f"{upkeep.CARRIED}*")) == []


@pytest.mark.parametrize("name", [upkeep.BROUGHT, upkeep.CARRIED])
def test_what_a_power_cut_left_of_a_tablets_folder_goes_within_days(pair: Pair, name: str) -> None:
    """Answers lie in it as plain text."""
    left = pair.province.data / f"{name}x"
    left.mkdir()
    upkeep.sweep(pair.province)
    assert left.exists(), "somebody may be at it just now"
    os.utime(left, (0, 0))
    upkeep.sweep(pair.province)
    assert not left.exists()


def test_what_a_pair_does_not_share_is_not_said_to_wait(pair: Pair) -> None:
    add_peer(pair.province, make_card(pair.nation), url=URL, projects_named=["1"], relation=ABOVE)
    pair.sync()
    other = create_project(pair.province, "អង្ករ")
    publish(pair.province, other, form_id="other")
    accept(pair.province, Post(other, answers("uuid:o", form_id="other"), {}, None, "collect:ក", "Collect"))
    page = at(pair.apps["កំពត"])
    assert "nothing: it confirmed all" in page.get("/hubs").text
    hand_in(pair.province, answers("uuid:mine"))
    assert "1 submissions, 1 entries, since" in page.get(f"/hubs/{pair.nation.id}").text


def test_why_the_hubs_own_exchange_failed_is_told_until_one_goes_well(pair: Pair) -> None:
    page = at(pair.apps["កំពត"])
    pair.is_on = False
    with pytest.raises(Fault):
        pair.sync(tries=1)
    for path in ("/hubs", f"/hubs/{pair.nation.id}"):
        assert "could not be reached" in page.get(path).text
    pair.is_on = True
    pair.sync()
    assert "could not be reached" not in page.get("/hubs").text


def test_a_quiet_week_is_no_broken_link(pair: Pair) -> None:
    """An exchange of nothing leaves nothing in the ledger."""
    pair.province.clock = Clock(lambda: datetime.now(UTC) + timedelta(days=6))
    page = at(pair.apps["កំពត"])
    assert "Nothing was exchanged with ជាតិ since" in page.get("/").text
    pair.sync()
    assert "Nothing was exchanged with" not in page.get("/").text
