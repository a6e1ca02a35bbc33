"""Every ledger keeps the contract, and an entry has one name and one spelling."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from server.store.blobs import BlobStore
from server.store.database import Database
from server.store.ledger_sqlite import SqliteLedger
from sync.errors import BadEntry
from sync.ledger import HEADER_LIMIT, MemoryBlobs, MemoryLedger, canonical, make_entry, read_entry, travels
from tests.sync.ledger_contract import FIRST, MADE_AT, BlobsContract, LedgerContract


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    held = Database(tmp_path / "hub.db")
    yield held
    held.close()


class TestMemoryLedger(LedgerContract):
    @pytest.fixture
    def ledger(self) -> MemoryLedger:
        return MemoryLedger()


class TestSqliteLedger(LedgerContract):
    @pytest.fixture
    def ledger(self, database: Database) -> SqliteLedger:
        return SqliteLedger(database)

    def test_what_was_appended_is_there_after_opening_again(self, database: Database) -> None:
        SqliteLedger(database).append([FIRST])
        other = Database(database.path)
        assert SqliteLedger(other).entries_after(0, 10) == [(1, FIRST)]
        other.close()


class TestMemoryBlobs(BlobsContract):
    @pytest.fixture
    def blobs(self) -> MemoryBlobs:
        return MemoryBlobs()


class TestBlobStore(BlobsContract):
    @pytest.fixture
    def blobs(self, database: Database, tmp_path: Path) -> BlobStore:
        return BlobStore(database, tmp_path / "blobs")

    def test_nothing_half_written_is_left_behind(self, blobs: BlobStore) -> None:
        name = blobs.put(b"x" * 100_000)
        assert [p.name for p in blobs.folder.rglob("*") if p.is_file()] == [name]

    def test_a_changed_file_is_noticed(self, blobs: BlobStore) -> None:
        whole, changed = blobs.put(b"x" * 100_000), blobs.put(b"y" * 100_000)
        blobs.path(changed).write_bytes(b"y" * 99_999 + b"z")
        assert list(blobs.damaged()) == [changed]
        blobs.path(whole).unlink()
        assert sorted(blobs.damaged()) == sorted([whole, changed])


VECTOR = (
    b'{"blobs":[],"body":{"body":"\xe1\x9e\x9f\xe1\x9e\xbd\xe1\x9e\x9f\xe1\x9f\x92\xe1\x9e\x8f\xe1\x9e\xb8"},'
    b'"hub":"kampot","kind":"comment.create","made_at":"2026-11-23T01:15:00.000000Z",'
    b'"subject":"submission:p/rice/uuid:a","supersedes":[]}'
)
VECTOR_ID = "20980383a1217ab84e98d56a6efb89119851d610be364b1cb40f20aec6be8a36"


def test_a_header_has_one_byte_form_whatever_the_order_it_was_written_in() -> None:
    said = json.loads(VECTOR)
    assert canonical(dict(reversed(said.items()))) == VECTOR
    assert (
        canonical({"b": {"ខ": 1, "ក": [True, None]}, "a": "é"})
        == '{"a":"é","b":{"ក":[true,null],"ខ":1}}'.encode()
    )


def test_an_entry_is_named_by_the_sha256_of_its_header() -> None:
    made = make_entry(
        "comment.create", "submission:p/rice/uuid:a", hub="kampot", made_at=MADE_AT, body={"body": "សួស្តី"}
    )
    assert made.header == VECTOR
    assert made.id == VECTOR_ID
    assert read_entry(VECTOR) == made


def test_reading_gives_back_what_was_made() -> None:
    made = make_entry(
        "submission.create", "submission:p/%E1%9E%80/uuid:ក", hub="ក", made_at=MADE_AT,
        body={"files": {"រូប.jpg": "0" * 64}}, supersedes=["b" * 64, "a" * 64], blobs=["f" * 64, "e" * 64],
    )  # fmt: skip
    again = read_entry(made.header)
    assert (again.id, again.kind, again.subject, again.hub) == (made.id, made.kind, made.subject, made.hub)
    assert again.supersedes == ("a" * 64, "b" * 64)
    assert again.blobs == ("f" * 64, "e" * 64), "blobs keep their order: the first is the XML"
    assert again.body == made.body


def changed(**fields: object) -> bytes:
    return canonical({**json.loads(VECTOR), **fields})


@pytest.mark.parametrize(
    ("header", "code"),
    [
        (VECTOR.replace(b'":', b'": '), "entry.not_canonical"),
        (VECTOR + b"\n", "entry.not_canonical"),
        (b'{"kind":"x",' + VECTOR[1:], "entry.not_canonical"),
        (VECTOR.replace("សួស្តី".encode(), json.dumps("សួស្តី")[1:-1].encode()), "entry.not_canonical"),
        (changed(supersedes=["b" * 64, "a" * 64]), "entry.not_canonical"),
        (changed(supersedes=["a" * 64, "a" * 64]), "entry.not_canonical"),
        (VECTOR[:-1], "entry.not_json"),
        (b"", "entry.not_json"),
        (b"\xff\xfe", "entry.not_json"),
        (VECTOR.replace(b"kampot", b"kamp\xffot"), "entry.not_json"),
        (b"[" * 100_000, "entry.not_json"),
        (b"[]", "entry.not_an_entry"),
        (b"{}", "entry.not_an_entry"),
        (changed(extra=1), "entry.not_an_entry"),
        (changed(kind=""), "entry.not_an_entry"),
        (changed(kind=7), "entry.not_an_entry"),
        (changed(body=[]), "entry.not_an_entry"),
        (changed(blobs=["x"]), "entry.not_an_entry"),
        (changed(blobs=["A" * 64]), "entry.not_an_entry"),
        (changed(supersedes={}), "entry.not_an_entry"),
        (changed(supersedes=[None]), "entry.not_an_entry"),
        (changed(body={"body": "ក" * HEADER_LIMIT}), "entry.too_large"),
    ],
)
def test_bytes_that_are_not_the_canonical_ones_of_an_entry_are_refused(header: bytes, code: str) -> None:
    with pytest.raises(BadEntry) as fault:
        read_entry(header)
    assert fault.value.code == code


@pytest.mark.parametrize("kind", ["user.create", "user.session.create", "user.assignment.create", "hub.add"])
def test_accounts_and_peers_stay_on_their_hub(kind: str) -> None:
    assert not travels(kind)


@pytest.mark.parametrize(
    "kind", ["submission.create", "field_key.create", "form.update.publish", "of.a.later.version"]
)
def test_everything_else_travels_also_what_is_not_known_yet(kind: str) -> None:
    assert travels(kind)
