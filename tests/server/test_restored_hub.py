"""A hub that comes back from an old backup gets back what it had, its own entries too."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.bundles import read, write_for
from server.hub import Hub
from server.peers import add_peer, make_card
from server.projects import create_project
from server.store import projects
from server.upkeep import backup, restore

PROVINCE, NATION = "ខេត្តកំពត", "ថ្នាក់ជាតិ"


@pytest.fixture
def nation(tmp_path: Path) -> Iterator[Hub]:
    made = Hub.create(tmp_path / "nation", NATION)
    yield made
    made.close()


@pytest.fixture
def restored(tmp_path: Path, nation: Hub) -> Iterator[Hub]:
    """The province after a fall back to its backup. Since then it had made a project, taken one from
    the nation, and confirmed it."""
    province = Hub.create(tmp_path / "province", PROVINCE)
    add_peer(province, make_card(nation))
    add_peer(nation, make_card(province))
    create_project(province, "មុន")
    carry(province, nation, tmp_path)
    carry(nation, province, tmp_path)
    backup(province, tmp_path / "backup.tar")
    create_project(province, "ក្រោយ · ខេត្ត")
    create_project(nation, "ក្រោយ · ជាតិ")
    carry(nation, province, tmp_path)
    carry(province, nation, tmp_path)
    province.close()
    restore(tmp_path / "backup.tar", tmp_path / "restored")
    opened = Hub(tmp_path / "restored")
    yield opened
    opened.close()


def carry(sender: Hub, receiver: Hub, folder: Path) -> None:
    path = folder / "carried.bundle"
    write_for(sender, receiver.name, path)
    read(receiver, path)


def names(hub: Hub) -> set[str]:
    return {project.name for project in projects.list_projects(hub.read())}


def test_everything_comes_back_with_the_second_exchange(restored: Hub, nation: Hub, tmp_path: Path) -> None:
    assert names(restored) == {"មុន"}
    carry(restored, nation, tmp_path)
    carry(nation, restored, tmp_path)
    assert names(restored) == names(nation) == {"មុន", "ក្រោយ · ខេត្ត", "ក្រោយ · ជាតិ"}


def test_once_it_is_back_its_own_entries_are_left_out_again(
    restored: Hub, nation: Hub, tmp_path: Path
) -> None:
    for _ in range(2):
        carry(restored, nation, tmp_path)
        carry(nation, restored, tmp_path)
    create_project(restored, "ថ្មី")
    carry(restored, nation, tmp_path)
    assert write_for(nation, PROVINCE, tmp_path / "again.bundle")[0].entries == 0


def test_a_bundle_from_before_the_backup_does_not_undo_it(restored: Hub, nation: Hub, tmp_path: Path) -> None:
    """A stick found in a drawer, written by the hub that was."""
    old = tmp_path / "carried.bundle"  # the last that the province wrote before it fell
    drawer = tmp_path / "drawer.bundle"
    drawer.write_bytes(old.read_bytes())
    carry(restored, nation, tmp_path)
    read(nation, drawer)
    carry(nation, restored, tmp_path)
    assert names(restored) == names(nation)


def test_a_backup_and_what_is_made_of_it_are_nobody_elses_to_read(restored: Hub, tmp_path: Path) -> None:
    if os.name == "nt":
        pytest.skip("Windows keeps other people out by the user's folder")
    assert (tmp_path / "backup.tar").stat().st_mode & 0o077 == 0
    assert restored.data.stat().st_mode & 0o077 == 0
