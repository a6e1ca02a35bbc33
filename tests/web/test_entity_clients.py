"""Entity lists as pyODK and ruODK use them, over real HTTP."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import requests
from pyodk.client import Client
from pyodk.errors import PyODKError

EMAIL, PASSWORD = "sokha@kampot.example", "ពាក្យសម្ងាត់វែង"
VILLAGES = "villages"
SURVEY = "first_name,age,location\nសុខា,31,កំពត\nចាន់,44,កែប\n"
TYPES = {"Accept": "application/xml", "X-Forwarded-Proto": "https"}


@pytest.fixture
def central(address: str, as_admin: Callable[..., Any], tmp_path: Path) -> Iterator[Client]:
    """Signed in, with an entity list of two properties as the default."""
    made = as_admin("POST", "/v1/projects", {"name": "ការពិគ្រោះយោបល់ កំពត"}).get_json()
    settings = tmp_path / "pyodk.toml"
    settings.write_text(
        f'[central]\nbase_url = "{address}"\nusername = "{EMAIL}"\n'
        f'password = "{PASSWORD}"\ndefault_project_id = {made["id"]}\n',
        encoding="utf-8",
    )
    with Client(config_path=settings, cache_path=tmp_path / "cache.toml") as client:
        client.entity_lists.create(entity_list_name=VILLAGES)
        client.entity_lists.default_entity_list_name = VILLAGES
        client.entities.default_entity_list_name = VILLAGES
        for name in ("age", "location"):
            client.entity_lists.add_property(name=name)
        yield client


def table(central: Client) -> dict[str, tuple[str, str]]:
    """label -> (age, location)"""
    rows = central.entities.get_table()["value"]
    return {row["label"]: (row["age"], row["location"]) for row in rows}


def test_lists_are_made_and_shown(central: Client) -> None:
    central.entity_lists.create(approval_required=True, entity_list_name="leaders")
    listed = {one.name: one.approvalRequired for one in central.entity_lists.list()}
    assert listed == {VILLAGES: False, "leaders": True}
    shown = central.entity_lists.get()
    assert [p.name for p in shown.properties or []] == ["age", "location"]


def test_entity_lives_from_its_making_to_its_end(central: Client) -> None:
    uuid = str(uuid4())
    made = central.entities.create(label="សុខា", data={"age": "31", "location": "កំពត"}, uuid=uuid)
    assert (made.uuid, made.currentVersion.version) == (uuid, 1)
    assert made.currentVersion.userAgent.startswith("pyodk")
    changed = central.entities.update(uuid, data={"age": "32"}, base_version=1)
    assert (changed.currentVersion.version, changed.currentVersion.baseVersion) == (2, 1)
    assert central.entities.update(uuid, label="សុខា ចាន់", force=True).currentVersion.label == "សុខា ចាន់"
    assert [one.uuid for one in central.entities.list()] == [uuid]
    assert table(central) == {"សុខា ចាន់": ("32", "កំពត")}
    assert central.entities.delete(uuid)
    assert central.entities.list() == []


def test_stale_update_is_refused_by_its_number(central: Client) -> None:
    uuid = central.entities.create(label="សុខា", data={"age": "31"}).uuid
    central.entities.update(uuid, data={"age": "32"}, base_version=1)
    with pytest.raises(PyODKError) as told:
        central.entities.update(uuid, data={"age": "33"}, base_version=1)
    assert told.value.is_central_error("409.15")


def test_many_are_made_at_once_and_read_with_every_option(central: Client) -> None:
    people = [{"label": f"អ្នកទី {n}", "age": str(n), "location": "កែប"} for n in range(5)]
    assert central.entities.create_many(data=people, create_source="ភូមិ.csv", source_size=100)  # type: ignore[arg-type]
    page = central.entities.get_table(skip=1, top=2, count=True, select="__id,label")
    assert (page["@odata.count"], len(page["value"])) == (5, 2)
    rows = page["value"]
    while "@odata.nextLink" in page:
        page = central.get(page["@odata.nextLink"]).json()
        rows += page["value"]
    assert len({row["__id"] for row in rows}) == 4
    mine = f"__system/creatorId eq {central.get('users/current').json()['id']}"
    assert len(central.entities.get_table(filter=mine)["value"]) == 5


def test_merge_makes_changes_and_deletes_what_a_table_says(central: Client) -> None:
    central.entity_lists.create(entity_list_name="people")
    central.entity_lists.default_entity_list_name = central.entities.default_entity_list_name = "people"
    rows = list(csv.DictReader(SURVEY.splitlines()))
    first = central.entities.merge(data=rows, source_label_key="first_name")
    assert len(first.to_insert) == 2
    assert table(central) == {"សុខា": ("31", "កំពត"), "ចាន់": ("44", "កែប")}
    later = [{"label": "សុខា", "age": "32", "sex": "ស្រី"}, {"label": "ដារា", "age": "20", "sex": "ប្រុស"}]
    central.entities.merge(data=later, delete_not_matched=True, source_keys=("label", "age", "sex"))
    assert set(table(central)) == {"សុខា", "ដារា"}
    assert table(central)["សុខា"] == ("32", "កំពត")
    assert {p.name for p in central.entity_lists.get().properties or []} == {"age", "location", "sex"}
    unchanged = central.entities.merge(data=later, source_keys=("label", "age", "sex"))
    assert (unchanged.to_insert, unchanged.to_delete) == ({}, {})


class R:
    """ruODK's calls: Basic every time, XML asked for where JSON is read."""

    def __init__(self, address: str, project: int) -> None:
        self.base = f"{address}/v1/projects/{project}/datasets"
        self.auth = (EMAIL.encode(), PASSWORD.encode())

    def ask(self, method: str, path: str = "", body: Any = None, **headers: str) -> requests.Response:
        said = {**TYPES, **{k.replace("_", "-"): v for k, v in headers.items()}}
        return requests.request(
            method, f"{self.base}{path}", auth=self.auth, json=body, headers=said, timeout=20
        )


@pytest.fixture
def r(central: Client, address: str) -> R:
    return R(address, central.projects.get().id)


def test_ruodk_reads_and_sets_a_list(r: R) -> None:
    (listed,) = r.ask("GET", X_Extended_Metadata="true").json()
    assert {"name", "projectId", "approvalRequired", "entities", "lastEntity", "conflicts"} <= set(listed)
    assert r.ask("PATCH", f"/{VILLAGES}", {"approvalRequired": True}).json()["approvalRequired"] is True
    assert r.ask("GET", f"/{VILLAGES}").json()["approvalRequired"] is True


def test_ruodk_makes_entities_at_the_address_with_a_slash(r: R) -> None:
    one = r.ask("POST", f"/{VILLAGES}/entities/", {"label": "សុខា", "data": {"age": "31"}}, X_Action_Notes="a")
    assert one.status_code == 200, one.text
    many = {"entities": [{"label": "ចាន់", "data": {}}], "source": {"name": "ភូមិ.csv", "size": 1}}
    assert r.ask("POST", f"/{VILLAGES}/entities/", many).json() == {"success": True}
    listed = r.ask("GET", f"/{VILLAGES}/entities").json()
    assert {entity["currentVersion"]["label"] for entity in listed} == {"សុខា", "ចាន់"}


def test_ruodk_follows_an_entity_to_its_end(r: R) -> None:
    uuid = r.ask("POST", f"/{VILLAGES}/entities/", {"label": "សុខា", "data": {"age": "31"}}).json()["uuid"]
    one = f"/{VILLAGES}/entities/{uuid}"
    assert r.ask("PATCH", f"{one}?baseVersion=1", {"data": {"age": "32"}}).status_code == 200
    assert r.ask("GET", one).json()["currentVersion"]["data"]["age"] == "32"
    assert len(r.ask("GET", f"{one}/versions?relevantToConflict=false").json()) == 2
    assert len(r.ask("GET", f"{one}/diffs").json()) == 1
    assert [log["action"] for log in r.ask("GET", f"{one}/audits").json()][-1] == "entity.create"
    assert r.ask("DELETE", one).json() == {"success": True}
    assert [e["uuid"] for e in r.ask("GET", f"/{VILLAGES}/entities?deleted=true").json()] == [uuid]


def test_ruodk_downloads_a_list_once(r: R) -> None:
    r.ask("POST", f"/{VILLAGES}/entities/", {"label": "សុខា", "data": {"age": "31"}})
    got = r.ask("GET", f"/{VILLAGES}/entities.csv")
    assert next(csv.DictReader(got.content.decode().splitlines()))["label"] == "សុខា"
    again = r.ask("GET", f"/{VILLAGES}/entities.csv", If_None_Match=got.headers["ETag"])
    assert again.status_code == 304


def test_ruodk_reads_a_list_as_odata(r: R) -> None:
    json = {"Accept": "application/json"}
    assert r.ask("GET", f"/{VILLAGES}.svc", **json).json()["value"][0]["name"] == "Entities"
    assert b"<edmx:Edmx" in r.ask("GET", f"/{VILLAGES}.svc/$metadata").content
    assert r.ask("GET", f"/{VILLAGES}.svc/Entities?$count=true", **json).json()["@odata.count"] == 0
