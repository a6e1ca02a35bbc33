"""Hubs are paired, exchanged with and carried to on pages, by who may; what is no bundle changes nothing."""

from __future__ import annotations

import io
import shutil
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from server.accounts import assign, create_user
from server.app import create_app
from server.archives import unpack
from server.demo_season import EMAIL, FORM_ID, PROJECT, Season
from server.errors import Fault
from server.hub import Hub
from server.peers import find_peer
from server.quota_keeping import quotas_of
from server.roles import VIEWER, role_named
from server.store import forms, peers, submissions
from server.sync_jobs import Exchanges
from server.sync_schedule import minutes_of
from server.syncing import Surroundings
from sync.errors import Unreached
from tests.conftest import PASSWORD, QUICK, served
from tests.web.coordinator import Coordinator

KAMPOT, NATION = "កំពត · Kampot", "ថ្នាក់ជាតិ · Nation"


@pytest.fixture(scope="module")
def season(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("season")
    Season(folder, PASSWORD, lambda *_said, **_values: None).play()
    return folder


@pytest.fixture
def country(season: Path, tmp_path: Path) -> Iterator[dict[str, Flask]]:
    """A nation and a province that know each other."""
    for name in ("nation", "kampot"):
        shutil.copytree(season / name, tmp_path / name)
    apps = {
        name: create_app(tmp_path / folder, **QUICK)
        for name, folder in ((NATION, "nation"), (KAMPOT, "kampot"))
    }
    yield apps
    for app in apps.values():
        app.extensions["samleng"].close()


def hub_of(app: Flask) -> Hub:
    held: Hub = app.extensions["samleng"].hub
    return held


@pytest.fixture
def kampot(country: dict[str, Flask]) -> Coordinator:
    return Coordinator(country[KAMPOT].test_client(), EMAIL)


@pytest.fixture
def nation(country: dict[str, Flask]) -> Coordinator:
    return Coordinator(country[NATION].test_client(), EMAIL)


def test_an_exchange_shows_how_it_went(country: dict[str, Flask], kampot: Coordinator) -> None:
    peer = find_peer(hub_of(country[KAMPOT]), NATION)
    with served(country[NATION]) as address:
        assert kampot.post(f"/hubs/{peer.id}/address", address=address).status_code == 303
        assert kampot.post(f"/hubs/{peer.id}/sync").status_code == 303
        page = kampot.get(f"/hubs/{peer.id}").text
    assert "Done, " in page
    assert "nothing: it confirmed all" in page
    assert "hx-get" not in kampot.get(f"/hubs/{peer.id}/progress").text, "what is over is not asked for again"


def test_a_hub_that_cannot_be_reached_is_told_plainly(country: dict[str, Flask], kampot: Coordinator) -> None:
    peer = find_peer(hub_of(country[KAMPOT]), NATION)
    kampot.post(f"/hubs/{peer.id}/address", address="http://127.0.0.1:9")
    country[KAMPOT].extensions["samleng"].exchanges._world = _hasty()
    kampot.post(f"/hubs/{peer.id}/sync")
    assert "could not be reached" in kampot.get(f"/hubs/{peer.id}").text


def _hasty() -> Any:
    from server.syncing import default_world

    return default_world(lambda seconds: None, lambda: 0.0, lambda: 0.0, 1)


def test_an_exchange_under_way_is_watched_and_is_one(country: dict[str, Flask], kampot: Coordinator) -> None:
    """The page asks again by itself as long as it goes; a second click begins no second one."""
    running, gate = country[KAMPOT].extensions["samleng"], threading.Event()

    def link(_url: str) -> Any:
        assert gate.wait(20)
        raise Unreached("peer.unreachable")

    world = Surroundings(link, lambda seconds: None, lambda: 0.0, lambda: 0.0, 1)
    running.exchanges = Exchanges(running.hub, in_background=True, world=world)
    peer = find_peer(running.hub, NATION)
    kampot.post(f"/hubs/{peer.id}/address", address="http://127.0.0.1:9")
    for _ in range(2):
        assert kampot.post(f"/hubs/{peer.id}/sync").status_code == 303
    job = running.exchanges.last(peer)
    for path in (f"/hubs/{peer.id}", f"/hubs/{peer.id}/progress"):
        text = kampot.get(path).text
        assert "Under way" in text
        assert f'hx-get="/hubs/{peer.id}/progress"' in text
    assert running.exchanges.last(peer) is job
    assert kampot.post(f"/hubs/{peer.id}/stop").status_code == 303
    gate.set()
    running.exchanges.close()
    assert not job.running
    assert "hx-get" not in kampot.get(f"/hubs/{peer.id}/progress").text


def test_an_address_that_is_none_is_refused(country: dict[str, Flask], kampot: Coordinator) -> None:
    peer = find_peer(hub_of(country[KAMPOT]), NATION)
    assert kampot.post(f"/hubs/{peer.id}/address", address="javascript:x").status_code == 400
    assert peers.find_peer(hub_of(country[KAMPOT]).read(), peer.id).url is None  # type: ignore[union-attr]


def test_a_bundle_goes_down_comes_up_and_leaves_a_receipt(
    country: dict[str, Flask], kampot: Coordinator, nation: Coordinator
) -> None:
    form = forms.find_form(hub_of(country[KAMPOT]).read(), 1, FORM_ID)
    assert form is not None
    held = submissions.iterate_submissions(
        hub_of(country[KAMPOT]).read(), form.id, deleted=False, limit=1, offset=0
    )
    instance_id = next(iter(held))[0].instance_id
    kampot.post(f"/projects/1/forms/{FORM_ID}/submissions/{instance_id}/comment", comment="ថ្មី")
    bundle = kampot.post(f"/hubs/{find_peer(hub_of(country[KAMPOT]), NATION).id}/bundle")
    assert bundle.status_code == 200
    read = nation.post(
        "/hubs/bundles", files=[(io.BytesIO(bundle.data), "ក.bundle"), (io.BytesIO(b"PK"), "x.zip")]
    )
    assert "1 new entries" in read.text
    assert "x.zip" in read.text
    assert 'class="fault"' in read.text, "the one that is none is told beside it"
    receipt = nation.get("/hubs/receipts/" + read.text.partition("/hubs/receipts/")[2].partition('"')[0])
    confirmed = kampot.post("/hubs/bundles", files=(io.BytesIO(receipt.data), "r.bundle"))
    assert "confirms what it holds" in confirmed.text
    again = nation.post("/hubs/bundles", files=(io.BytesIO(bundle.data), "ក.bundle"))
    assert "0 new entries" in again.text


def test_what_is_damaged_foreign_or_missing_changes_nothing(
    country: dict[str, Flask], kampot: Coordinator, nation: Coordinator
) -> None:
    before = hub_of(country[NATION]).read().execute("SELECT count(*) FROM entry").fetchone()
    own = nation.post(f"/hubs/{find_peer(hub_of(country[NATION]), KAMPOT).id}/bundle").data
    for said in (own, own[:50], b"", b"\x89PNG"):
        assert "fault" in nation.post("/hubs/bundles", files=(io.BytesIO(said), "b")).text
    assert nation.post("/hubs/bundles").status_code == 400
    assert nation.get("/hubs/receipts/../hub").status_code == 404
    assert hub_of(country[NATION]).read().execute("SELECT count(*) FROM entry").fetchone() == before


@pytest.mark.parametrize("said", [{"code": "x"}, {"code": "http://127.0.0.1:9/hub/pair#x"}, {},
                                  {"code": "ABCDE-FGHJK", "address": "ftp://x"}])  # fmt: skip
def test_an_offer_that_is_none_is_told(kampot: Coordinator, said: dict[str, str]) -> None:
    answer = kampot.post("/hubs/pair/take", **said)
    assert answer.status_code >= 400
    assert 'role="alert"' in answer.text


def test_ending_a_pair_keeps_what_was_exchanged(country: dict[str, Flask], nation: Coordinator) -> None:
    hub = hub_of(country[NATION])
    count = submissions.count_everywhere(hub.read())
    assert nation.post(f"/hubs/{find_peer(hub, KAMPOT).id}/remove").status_code == 303
    assert KAMPOT not in [one.name for one in peers.list_peers(hub.read())]
    assert submissions.count_everywhere(hub.read()) == count


def test_hubs_are_for_administrators(country: dict[str, Flask]) -> None:
    hub = hub_of(country[NATION])
    assign(hub, create_user(hub, "dara@kampot.example", PASSWORD, "ដារ៉ា"), role_named(VIEWER))
    reader = Coordinator(country[NATION].test_client(), "dara@kampot.example")
    peer = find_peer(hub, KAMPOT).id
    for path in (
        "/hubs",
        f"/hubs/{peer}",
        f"/hubs/{peer}/progress",
        "/hubs/pair",
        "/hubs/bundles",
        "/network",
    ):
        assert reader.get(path).status_code == 403, path
    for path in (f"/hubs/{peer}/sync", f"/hubs/{peer}/remove", f"/hubs/{peer}/bundle", "/hubs/bundles",
                 "/hubs/pair/offer", "/hubs/pair/file", "/hubs/pair/take", "/network/open"):  # fmt: skip
        assert reader.post(path, relation="below", address="http://x:1").status_code == 403, path
    assert reader.get("/projects/1/device").status_code == 403


def test_how_often_hubs_exchange_is_chosen_and_kept(country: dict[str, Flask], nation: Coordinator) -> None:
    hub = hub_of(country[NATION])
    assert minutes_of(hub) == 10
    assert nation.post("/hubs/schedule", minutes="60").status_code == 303
    assert minutes_of(hub) == 60
    for odd in ("", "7", "-1", "x", "9" * 30):
        assert nation.post("/hubs/schedule", minutes=odd).status_code == 400
    assert minutes_of(hub) == 60
    (hub.data / "sync-minutes").write_text("damaged", encoding="utf-8")
    assert minutes_of(hub) == 10, "what is not understood counts as not set"


# Quotas and figures


def test_quotas_are_brought_kept_and_reach_the_provinces(
    country: dict[str, Flask], kampot: Coordinator, nation: Coordinator
) -> None:
    place = f"/projects/1/forms/{FORM_ID}/quotas"
    table = "province,group,sex,target\n07,,female,100\nបាត់ដំបង,,,50\n"
    assert nation.post(place, file=(io.BytesIO(table.encode()), "q.csv")).status_code == 303
    page = nation.get("/projects/1").text
    assert "Reached, of what was planned" in page
    said = nation.get(f"{place}.csv").text
    assert "02,,,50" in said
    bundle = nation.post(f"/hubs/{find_peer(hub_of(country[NATION]), KAMPOT).id}/bundle").data
    kampot.post("/hubs/bundles", files=(io.BytesIO(bundle), "b"))
    form = forms.find_form(hub_of(country[KAMPOT]).read(), 1, FORM_ID)
    assert form is not None
    assert [(q.province, q.target) for q in quotas_of(hub_of(country[KAMPOT]), form)] == [
        ("07", 100),
        ("02", 50),
    ]
    assert nation.post(f"{place}/clear").status_code == 303
    assert "Reached, of what was planned" not in nation.get("/projects/1").text


@pytest.mark.parametrize(
    "table", ["", "a,b\n1,2\n", "province,target\nកន្លែងណា,5\n", "province,target\n07,many\n"]
)
def test_a_table_with_an_error_changes_no_quota(
    country: dict[str, Flask], nation: Coordinator, table: str
) -> None:
    place = f"/projects/1/forms/{FORM_ID}/quotas"
    nation.post(place, file=(io.BytesIO(b"province,target\n07,9\n"), "q.csv"))
    refused = nation.post(place, file=(io.BytesIO(table.encode()), "q.csv"))
    assert refused.status_code == 400
    assert "quotas/q.csv" not in refused.text
    form = forms.find_form(hub_of(country[NATION]).read(), 1, FORM_ID)
    assert form is not None
    assert [q.target for q in quotas_of(hub_of(country[NATION]), form)] == [9]


def test_figures_hide_small_numbers_as_reports_do(nation: Coordinator) -> None:
    text = nation.get("/projects/1").text
    assert PROJECT in text
    assert "By province" in text
    assert "Numbers below 11 are hidden" in text
    assert nation.get(f"/projects/1/figures?form={FORM_ID}").status_code == 200
    assert nation.get("/projects/1/figures?form=none").status_code == 404


# What needs somebody


def test_today_says_what_needs_somebody_and_where(nation: Coordinator) -> None:
    text = nation.get("/").text
    for words, path in (("1 conflicts wait", "/projects/1/conflicts"), ("2 are set aside", "/projects/1/conflicts"),
                        ("No backup was ever made", "/safety/backup")):  # fmt: skip
        assert words in text
        assert f'href="{path}"' in text


# A tablet's folder


def packed(**members: bytes) -> io.BytesIO:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members.items():
            archive.writestr(name.replace("__", "/"), data)
    held.seek(0)
    return held


def test_a_folder_that_holds_no_forms_is_told(nation: Coordinator) -> None:
    answer = nation.post("/projects/1/device", file=(packed(a__b=b"x"), "t.zip"))
    assert "There are no forms of ODK Collect" in answer.text


@pytest.mark.parametrize("said", [b"", b"PK\x03\x04", b"\x89PNG"])
def test_what_is_no_archive_takes_nothing(nation: Coordinator, said: bytes) -> None:
    assert nation.post("/projects/1/device", file=(io.BytesIO(said), "t.zip")).status_code == 400


def test_no_member_of_an_archive_leads_out_of_its_folder(tmp_path: Path) -> None:
    folder = tmp_path / "in"
    unpack(
        packed(**{"..__x": b"1", "a__..__..__y": b"2", "__z": b"3", "C:__w": b"4", "good__v": b"5"}), folder
    )
    assert sorted(p.name for p in tmp_path.rglob("*") if p.is_file()) == ["v"]


def test_an_archive_does_not_swell_beyond_its_limit(tmp_path: Path) -> None:
    with pytest.raises(Fault, match=r"device\.archive"):
        unpack(packed(a=b"0" * 1_000_000), tmp_path / "in", limit=10_000)
    assert not (tmp_path / "in").exists()
