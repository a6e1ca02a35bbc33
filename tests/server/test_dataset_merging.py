"""Entity lists of hubs that meet: one of each name, the same everywhere, whatever the order."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from server import upkeep
from server.accounts import create_app_user
from server.datasets import (
    add_property,
    create_actor_property,
    create_dataset,
    delete_dataset,
    delete_property,
    set_values,
)
from server.definition import read_definition
from server.hub import Hub
from server.publish import create_form
from server.store import datasets, projects
from server.store.blobs import record
from server.store.database import Connection
from server.store.datasets import Dataset
from server.store.projects import Project
from server.subjects import dataset_subject
from sync.ledger import Entry, travels
from tests.server.season import QUICK, Country, begin, staged_all, told
from tests.web.lists import VILLAGES, writer


@pytest.fixture
def country(tmp_path: Path) -> Iterator[Country]:
    """Two hubs that began the same season by themselves."""
    made = Country(tmp_path, ("កំពត", "តាកែវ"))
    for hub in made.hubs:
        begin(hub)
    yield made
    for hub in made.hubs:
        hub.close()


def project_of(hub: Hub) -> Project:
    return projects.list_projects(hub.read())[0]


def declare(hub: Hub, fields: str, form_id: str) -> None:
    xml = writer(fields=fields, form_id=form_id)
    create_form(hub, project_of(hub), read_definition(hub, xml), publish=True)


def held(hub: Hub) -> Dataset:
    found = datasets.find_dataset(hub.read(), project_of(hub).uid, VILLAGES)
    assert found is not None
    return found


def names(hub: Hub) -> list[str]:
    return [each.name for each in datasets.list_properties(hub.read(), held(hub).id)]


def agree(country: Country) -> None:
    country.meet()
    first, second = country.hubs
    assert told(first) == told(second)
    for hub in country.hubs:
        assert upkeep.compare(hub) == []
        assert upkeep.verify(hub).unfolded == []


def test_hubs_that_made_a_list_of_one_name_hold_one_with_all_properties(country: Country) -> None:
    here, there = country.hubs
    declare(here, "kind:kind", "register")
    declare(there, "roof:roof kind:kind", "second")
    agree(country)
    assert sorted(names(here)) == ["kind", "roof"] and names(here) == names(there)
    assert len(datasets.list_datasets(here.read(), project_of(here).uid)) == 1
    sources = [f.xml_form_id for f in datasets.list_source_forms(there.read(), held(there))]
    assert sources == ["register", "second"]


def test_a_list_deleted_here_and_used_there_without_knowing_stands(country: Country) -> None:
    here, there = country.hubs
    create_dataset(here, project_of(here), VILLAGES)
    agree(country)
    delete_dataset(here, held(here))
    declare(there, "roof:roof", "second")
    agree(country)
    assert names(here) == ["roof"]
    assert held(here).deleted_at is None


def test_a_list_deleted_knowing_all_is_gone_everywhere_and_its_successor_is_another(country: Country) -> None:
    here, there = country.hubs
    create_dataset(here, project_of(here), VILLAGES)
    agree(country)
    delete_dataset(there, held(there))
    agree(country)
    create_dataset(here, project_of(here), VILLAGES, {"approvalRequired": True})
    agree(country)
    assert held(there).key == f"{VILLAGES}#2" and held(there).approval
    (gone,) = datasets.list_datasets(there.read(), project_of(there).uid, deleted=True)
    assert gone.key == VILLAGES and not gone.approval


def test_a_property_deleted_here_stays_when_it_was_named_there_without_knowing(country: Country) -> None:
    here, there = country.hubs
    declare(here, "kind:kind", "register")
    add_property(here, held(here), "roof")
    add_property(here, held(here), "unused")
    agree(country)
    for name in ("roof", "unused"):
        delete_property(here, held(here), name)
    # There it goes too, and comes back with a form before anybody heard of the other deletion.
    delete_property(there, held(there), "roof")
    declare(there, "roof:roof", "second")
    agree(country)
    assert names(here) == ["kind", "roof"]


@pytest.mark.parametrize("seed", range(4))
def test_entries_in_any_order_show_the_same_lists(country: Country, tmp_path: Path, seed: int) -> None:
    here, there = country.hubs
    declare(here, "kind:kind families:families", "register")
    create_actor_property(here, project_of(here), "province")
    tablet = create_app_user(here, project_of(here), "ថេប្លេត ៧")
    for value in ("កំពត", None, "តាកែវ"):
        set_values(here, project_of(here), tablet, {"province": value})
    add_property(here, held(here), "roof")
    delete_property(here, held(here), "roof")
    create_dataset(here, project_of(here), "trees", {"ownerOnly": True})
    country.meet()
    entries, blobs = shared(there)
    random.Random(seed).shuffle(entries)
    with_nothing = Hub.create(tmp_path / "ថ្មី", "ថ្មី", **QUICK)  # type: ignore[arg-type]
    staged_all(with_nothing, blobs, record)
    for entry in entries:
        with_nothing.ledger.append([entry])
    assert told(with_nothing) == told(there)
    values = datasets.values_of_actors(with_nothing.read(), project_of(here).uid, [tablet.id])
    assert values == {tablet.id: {"province": "តាកែវ"}}
    assert upkeep.compare(with_nothing) == []
    with_nothing.close()


def shared(hub: Hub) -> tuple[list[Entry], dict[str, bytes]]:
    """Every entry of a hub that travels, and the bytes that they name."""
    entries = [e for _, e in hub.ledger.entries_after(0, 1000) if travels(e.kind)]
    return entries, {name: hub.blobs.read(name) for e in entries for name in e.blobs}


def test_a_hub_of_before_finds_the_entities_of_its_forms_when_it_opens(tmp_path: Path) -> None:
    hub = Hub.create(tmp_path / "ចាស់", "ចាស់", **QUICK)  # type: ignore[arg-type]
    begin(hub)
    declare(hub, "kind:kind", "register")
    hub.write(lambda turn: leave_unread(turn.db))
    hub.close()
    again = Hub(tmp_path / "ចាស់", **QUICK)  # type: ignore[arg-type]
    assert [f.xml_form_id for f in datasets.list_source_forms(again.read(), held(again))] == ["register"]
    assert upkeep.compare(again) == []
    again.close()


def leave_unread(db: Connection) -> None:
    """As the migration leaves a database that an older program made."""
    for table in ("form_dataset", "form_property"):
        db.execute(f"DELETE FROM {table}")
    db.execute("INSERT INTO form_unread (form_version_id) SELECT id FROM form_version")


def test_what_is_said_of_a_list_is_about_its_project_and_name() -> None:
    assert dataset_subject("3359d6a99d54cdfb", VILLAGES) == "dataset:3359d6a99d54cdfb/ភម"
