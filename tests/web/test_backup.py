"""A backup from afar: the whole hub, sealed or in clear, for administrators alone."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server import upkeep
from server.errors import Fault
from server.hub import Hub
from server.sealing import CHUNK, seal, unseal
from tests.conftest import QUICK
from tests.web.conftest import A, Survey

Ask = Callable[..., Any]
SECRET = "ស្រូវទុំពេញវាលស្រែ"


def fetched(as_admin: Ask, folder: Path, **said: Any) -> Path:
    answer = as_admin("POST", "/v1/backup", said)
    assert answer.status_code == 200, answer.get_json()
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="samleng-backup-')
    path = folder / "fetched"
    path.write_bytes(answer.data)
    return path


@pytest.mark.parametrize("passphrase", [SECRET, None, ""])
def test_a_fetched_backup_makes_the_hub_again(
    as_admin: Ask, rice: Survey, tmp_path: Path, passphrase: str | None
) -> None:
    rice.send(A)
    path = fetched(as_admin, tmp_path, passphrase=passphrase)
    upkeep.restore(path, tmp_path / "again", passphrase)
    again = Hub(tmp_path / "again", **QUICK)
    try:
        assert upkeep.verify(again).clean
        found = again.read().execute("SELECT instance_id FROM submission").fetchall()
        assert found == [(A,)]
    finally:
        again.close()


def test_a_sealed_backup_shows_nothing(as_admin: Ask, rice: Survey, tmp_path: Path) -> None:
    rice.send(A)
    sealed = fetched(as_admin, tmp_path, passphrase=SECRET).read_bytes()
    assert b"SQLite" not in sealed
    assert A.encode() not in sealed
    with pytest.raises(tarfile.ReadError), tarfile.open(fileobj=io.BytesIO(sealed)):
        pass


@pytest.mark.parametrize(("passphrase", "code"), [(None, "seal.needed"), ("another", "seal.passphrase")])
def test_nothing_is_restored_without_the_passphrase(
    as_admin: Ask, tmp_path: Path, passphrase: str | None, code: str
) -> None:
    path = fetched(as_admin, tmp_path, passphrase=SECRET)
    with pytest.raises(Fault) as refused:
        upkeep.restore(path, tmp_path / "again", passphrase)
    assert refused.value.code == code
    assert list((tmp_path / "again").iterdir()) == []


def test_no_copy_stays_behind(as_admin: Ask, hub: Hub, tmp_path: Path) -> None:
    fetched(as_admin, tmp_path)
    assert not list(hub.data.glob("backup-*"))
    (hub.data / "backup-left").mkdir()  # by a program that was killed
    upkeep.sweep(hub)
    assert not list(hub.data.glob("backup-*"))


def test_a_passphrase_is_a_text(as_admin: Ask) -> None:
    answer = as_admin("POST", "/v1/backup", {"passphrase": 7})
    assert (answer.status_code, answer.get_json()["code"]) == (400, 400.11)


@settings(deadline=None, max_examples=30)
@given(data=st.binary(max_size=40), times=st.integers(0, 5000), cut=st.integers(1, 200))
def test_what_is_sealed_comes_back_and_a_cut_is_noticed(data: bytes, times: int, cut: int) -> None:
    said = data * times
    sealed = b"".join(seal(io.BytesIO(said), SECRET, 1))
    assert b"".join(unseal(io.BytesIO(sealed), SECRET)) == said
    with pytest.raises(Fault) as refused:
        list(unseal(io.BytesIO(sealed[:-cut]), SECRET))
    assert refused.value.code in ("seal.damaged", "seal.passphrase")


def test_chunks_cannot_be_left_out_or_added() -> None:
    said = b"x" * (3 * CHUNK)
    sealed = b"".join(seal(io.BytesIO(said), SECRET, 1))
    whole = CHUNK + 17
    head = len(sealed) - 3 * whole
    without = sealed[: head + whole] + sealed[head + 2 * whole :]
    for changed in (without, sealed + b"more", sealed[: head + 2 * whole]):
        with pytest.raises(Fault) as refused:
            list(unseal(io.BytesIO(changed), SECRET))
        assert refused.value.code == "seal.damaged"


def test_a_hostile_beginning_takes_no_memory() -> None:
    sealed = bytearray(b"".join(seal(io.BytesIO(b"x"), SECRET, 1)))
    sealed[17 + 8 : 17 + 16] = (1 << 40).to_bytes(8, "big")
    with pytest.raises(Fault) as refused:
        list(unseal(io.BytesIO(bytes(sealed)), SECRET))
    assert refused.value.code == "seal.damaged"
