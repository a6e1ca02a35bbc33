"""What every ledger and every blob store promises; each implementation runs this suite.

A subclass gives the fixtures `ledger` and `blobs`.
"""

from __future__ import annotations

import hashlib

import pytest

from sync.errors import BlobMissing
from sync.ledger import Blobs, Entry, Ledger, make_entry

MADE_AT = "2026-11-23T01:15:00.000000Z"


def entry(text: str, subject: str = "submission:p/rice/uuid:a", **more: object) -> Entry:
    return make_entry("comment.create", subject, hub="kampot", made_at=MADE_AT, body={"body": text}, **more)  # type: ignore[arg-type]


FIRST, SECOND, THIRD = entry("ទីមួយ"), entry("ទីពីរ"), entry("ទីបី", "submission:p/rice/uuid:ខ")


class LedgerContract:
    def test_an_empty_ledger_has_head_zero_and_holds_nothing(self, ledger: Ledger) -> None:
        assert ledger.head() == 0
        assert ledger.entries_after(0, 10) == []
        assert ledger.entry(FIRST.id) is None
        assert ledger.entries_of(FIRST.subject) == []

    def test_what_is_appended_is_held_with_its_very_bytes(self, ledger: Ledger) -> None:
        assert ledger.append([FIRST]) == [FIRST]
        held = ledger.entry(FIRST.id)
        assert held is not None
        assert held.header == FIRST.header
        assert held.body == {"body": "ទីមួយ"}

    def test_appending_again_adds_nothing_and_moves_nothing(self, ledger: Ledger) -> None:
        ledger.append([FIRST, SECOND])
        before = ledger.entries_after(0, 10)
        assert ledger.append([SECOND, FIRST]) == []
        assert ledger.entries_after(0, 10) == before
        assert ledger.append([FIRST, THIRD]) == [THIRD]

    def test_an_entry_twice_in_one_batch_is_held_once(self, ledger: Ledger) -> None:
        assert ledger.append([FIRST, FIRST]) == [FIRST]
        assert len(ledger.entries_after(0, 10)) == 1

    def test_a_batch_that_breaks_off_leaves_nothing(self, ledger: Ledger) -> None:
        def breaking_off() -> object:
            yield FIRST
            raise OSError("the stick was pulled out")

        with pytest.raises(OSError, match="stick"):
            ledger.append(breaking_off())  # type: ignore[arg-type]
        assert ledger.head() == 0
        assert ledger.entry(FIRST.id) is None

    def test_entries_come_in_the_order_of_commits_after_a_cursor(self, ledger: Ledger) -> None:
        ledger.append([SECOND])
        ledger.append([THIRD, FIRST])
        assert [e for _, e in ledger.entries_after(0, 10)] == [SECOND, THIRD, FIRST]
        first_seq = ledger.entries_after(0, 1)[0][0]
        assert [e for _, e in ledger.entries_after(first_seq, 10)] == [THIRD, FIRST]
        assert [e for _, e in ledger.entries_after(first_seq, 1)] == [THIRD]
        assert ledger.entries_after(ledger.head(), 10) == []

    def test_a_cursor_walks_through_everything_once(self, ledger: Ledger) -> None:
        many = [entry(str(n), f"submission:p/rice/{n % 7}") for n in range(50)]
        ledger.append(many)
        walked, cursor = [], 0
        while page := ledger.entries_after(cursor, 8):
            walked += [e for _, e in page]
            assert all(seq > cursor for seq, _ in page)
            cursor = page[-1][0]
        assert walked == many
        assert cursor == ledger.head()

    def test_entries_of_a_subject_are_all_of_it_and_none_else(self, ledger: Ledger) -> None:
        ledger.append([FIRST, THIRD, SECOND])
        assert ledger.entries_of(FIRST.subject) == [FIRST, SECOND]
        assert ledger.entries_of("submission:p/rice/uuid:ខ") == [THIRD]
        assert ledger.entries_of("submission:p/rice") == []


class BlobsContract:
    def test_bytes_are_named_by_their_sha256(self, blobs: Blobs) -> None:
        data = "រូបថត".encode()
        name = blobs.put(data)
        assert name == hashlib.sha256(data).hexdigest()
        assert blobs.has(name)
        assert blobs.size(name) == len(data)
        with blobs.open(name) as stream:
            assert stream.read() == data

    def test_the_same_bytes_again_are_the_same_blob(self, blobs: Blobs) -> None:
        assert blobs.put(b"one") == blobs.put(b"one")

    @pytest.mark.parametrize("size", [0, 1, 64 * 1024, 64 * 1024 + 1, 700_000])
    def test_bytes_of_every_size_come_back_whole(self, blobs: Blobs, size: int) -> None:
        data = bytes(n * 31 % 251 for n in range(size))
        name = blobs.put(data)
        assert blobs.size(name) == size
        with blobs.open(name) as stream:
            assert stream.read() == data

    def test_what_is_not_held_is_said_to_be_missing(self, blobs: Blobs) -> None:
        name = hashlib.sha256(b"never").hexdigest()
        assert not blobs.has(name)
        with pytest.raises(BlobMissing) as fault:
            blobs.open(name)
        assert fault.value.values == {"sha256": name}
        with pytest.raises(BlobMissing):
            blobs.size(name)
