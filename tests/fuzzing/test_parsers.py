"""Every parser of bytes from outside: it reads them or says by a code that it will not; nothing else comes out,
and nothing that claims to be huge fills memory."""

from __future__ import annotations

import io
import struct
import tempfile
import tracemalloc
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

import pytest
import zstandard
from hypothesis import example, given
from hypothesis import strategies as st

from forms.errors import FormFault
from forms.instance import InstanceReader, parse_instance
from server.errors import Fault
from server.peers import read_card
from server.store.device_database import read_list
from server.web.multipart import split
from sync import bundle, exchange, messages, receipt
from sync.device import survey
from sync.errors import BadBundle, BadEntry, LedgerError
from sync.keys import HubKey
from sync.ledger import make_entry, read_entry
from sync.messages import BlobRecord, EntryRecord, Packer, PartRecord, ReceiptRecord, WantRecord
from sync.receipt import Batch, Position, Receipt
from tests.fuzzing.spoiling import EXAMPLES, odd, odd_fields, spoilt
from tests.server.season import answers, xform

PASSED = ((0, "0" * 32),)

KEY, OTHER = HubKey(b"\x01" * 32), HubKey(b"\x02" * 32)
ENTRY = make_entry(
    "comment.create", "submission:p/rice/uuid:1", hub="h", made_at="2026", body={"body": "សួស្តី"}
)
XML = answers("uuid:1", photo="រូប.jpg")
PLACE = Position("0123456789abcdef", 7, "0" * 32)
SAID = Receipt(KEY.id, "a" * 16, PLACE, ((9, 10),), (Batch(1, 2, 3, 0, "d" * 64),), 0, "2026")
ASK = exchange.Ask(KEY.id, "a" * 16, "n", "2026", lineage=(PLACE,), seen=PLACE, receipts=("QQ==",), wants="QQ==",
                   largest=5, weight=9)  # fmt: skip
REPLY = exchange.Reply(KEY.id, "a" * 16, "2026", lineage=(PLACE,), seen=PLACE, holds=3, left=1, wants="QQ==")
RECORDS = [
    BlobRecord(XML), EntryRecord(ENTRY.header), EntryRecord(ENTRY.header), PartRecord("a" * 64, 0, 9, b"part"),
    ReceiptRecord(b"signed"), WantRecord((b"12345678",)),
]  # fmt: skip
FRAME = Packer().frame(RECORDS)
PLAIN = zstandard.ZstdDecompressor().decompress(FRAME[2:])


def a_bundle() -> bytes:
    header, file_key = bundle.make_header(
        KEY, OTHER.public, sender_name="ក", receiver_name="ខ", made_at="2026", ledger="a" * 16, lineage=(PLACE,),
        known=PLACE, after=0, upto=2, chain="0" * 32, passed=PASSED, digest="d" * 64, entries=2, blobs=1, set="s",
        number=1, files=1,
    )  # fmt: skip
    out = io.BytesIO()
    bundle.write_bundle(out, header, file_key, KEY, [FRAME, FRAME])
    return out.getvalue()


BUNDLE = a_bundle()
HEADER = asdict(bundle.read_header(io.BytesIO(BUNDLE))[0])


@given(spoilt(FRAME))
@EXAMPLES
def test_a_frame_is_read_or_damaged(data: bytes) -> None:
    with suppress(BadBundle):
        list(messages.unpack(data))


@given(spoilt(PLAIN))
@EXAMPLES
def test_what_is_in_a_frame_is_read_or_damaged(data: bytes) -> None:
    with suppress(BadBundle):
        for record in messages.decode(data):
            messages.weigh(record)


def claimed(size: int) -> bytes:
    """A zstandard frame with no more in it than this claim."""
    return b"\x28\xb5\x2f\xfd" + b"\xe0" + struct.pack("<Q", size) + b"\x01\x00\x00"


def bomb(size: int, *, says_size: bool) -> bytes:
    packer = zstandard.ZstdCompressor(level=1, write_content_size=says_size)
    return packer.compress(bytes(size))


@pytest.mark.parametrize(
    "packed",
    [claimed(1 << 40), claimed((1 << 63) + 5), claimed(0), bomb(64 << 20, says_size=True),
     bomb(64 << 20, says_size=False), claimed(1000)],
)  # fmt: skip
def test_a_frame_that_would_fill_memory_is_refused(packed: bytes) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(BadBundle):
            list(messages.unpack(b"\x00\x00" + packed))
        assert tracemalloc.get_traced_memory()[1] < 2 * messages.FRAME_LIMIT
    finally:
        tracemalloc.stop()


def test_pointers_to_hashes_do_not_grow_without_end() -> None:
    """63 bytes come out of each two that went in: a record of nothing else would be thirty times its size."""
    record = b"E" + struct.pack(">I", 1 << 20) + b"\x00\x00" * (1 << 19)
    with pytest.raises(BadBundle):
        list(messages.decode(record))


def open_bundle(data: bytes) -> None:
    file = io.BytesIO(data)
    header, bound = bundle.read_header(file)
    for _ in bundle.read_frames(file, bound, bundle.open_key(header, OTHER)):
        pass


@given(spoilt(BUNDLE))
@example(BUNDLE[:17] + b"\xff" * 4 + BUNDLE[21:])
@EXAMPLES
def test_a_bundle_is_read_or_refused(data: bytes) -> None:
    with suppress(BadBundle):
        open_bundle(data)


@given(odd_fields(HEADER) | odd)
@EXAMPLES
def test_a_header_is_read_or_refused_though_it_is_signed(said: bytes) -> None:
    rest = BUNDLE[21 + int.from_bytes(BUNDLE[17:21]) + 64 :]
    with suppress(BadBundle):
        open_bundle(BUNDLE[:17] + struct.pack(">I", len(said)) + said + KEY.sign(said) + rest)


def test_a_frame_that_claims_gigabytes_is_not_waited_for() -> None:
    place = 21 + int.from_bytes(BUNDLE[17:21]) + 64
    with pytest.raises(BadBundle) as fault:
        open_bundle(BUNDLE[:place] + b"\xff\xff\xff\xff" + BUNDLE[place + 4 :])
    assert fault.value.code == "bundle.cut"


@given(spoilt(receipt.sign_receipt(SAID, KEY)))
@EXAMPLES
def test_a_receipt_is_read_or_refused(data: bytes) -> None:
    with suppress(BadBundle):
        receipt.read_receipt(data, KEY.public)


@given(odd_fields(asdict(SAID)) | odd)
@EXAMPLES
def test_a_signed_receipt_says_numbers_and_texts_or_is_refused(said: bytes) -> None:
    with suppress(BadBundle):
        found = receipt.read_receipt(said + KEY.sign(b"samleng receipt\n" + said), KEY.public)
        for batch in found.batches:
            numbers = (batch.after, batch.upto, batch.entries, batch.refused)
            assert all(type(n) is int and 0 <= n < 1 << 63 for n in numbers)
            assert isinstance(batch.digest, str)
        f"{found.hub}{found.own}{found.at}".encode()


@given(spoilt(exchange.sign_ask(ASK, KEY, OTHER.id)))
@EXAMPLES
def test_an_ask_is_read_or_refused(data: bytes) -> None:
    with suppress(BadBundle):
        exchange.asker(data).encode()
        exchange.read_ask(data, KEY.public, OTHER.id)


def assert_plain(said: Any) -> None:
    """No texts that cannot be written, no numbers that no database holds."""
    for value in asdict(said).values():
        if isinstance(value, str):
            value.encode()
        elif isinstance(value, int):
            assert 0 <= value < 1 << 63


@given(odd_fields(asdict(ASK)) | odd)
@EXAMPLES
def test_a_signed_ask_is_plain_or_refused(said: bytes) -> None:
    data = said + KEY.sign(b"samleng ask\n" + OTHER.id.encode() + b"\n" + said)
    with suppress(BadBundle):
        exchange.asker(data).encode()
        ask = exchange.read_ask(data, KEY.public, OTHER.id)
        assert_plain(ask)
        exchange.names_in(ask.wants)
        exchange.receipts_in(ask)


@given(odd_fields(asdict(REPLY)) | odd)
@EXAMPLES
def test_a_signed_reply_is_plain_or_refused(said: bytes) -> None:
    import hashlib

    bound = b"samleng reply\n" + hashlib.sha256(b"asked").digest()
    with suppress(BadBundle):
        reply = exchange.read_reply(said + KEY.sign(bound + said), KEY.public, b"asked")
        assert_plain(reply)
        exchange.names_in(reply.wants)


@given(st.text(max_size=60))
@EXAMPLES
def test_wants_are_names_or_refused(said: str) -> None:
    with suppress(BadBundle):
        assert all(len(name) == messages.PREFIX for name in exchange.names_in(said))


@given(spoilt(ENTRY.header) | odd)
@EXAMPLES
def test_an_entry_is_read_or_refused(data: bytes) -> None:
    with suppress(BadEntry):
        entry = read_entry(data)
        assert entry.header == data


CARD = {"samleng_card": 1, "id": KEY.id, "name": "កំពត", "public_key": "QQ==", "addresses": ["http://a"],
        "credential": "a.b"}  # fmt: skip


@given(odd_fields(CARD) | odd | spoilt(b'{"samleng_card": 1}'))
@EXAMPLES
def test_a_card_is_read_or_refused(data: bytes) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "card"
        path.write_bytes(data)
        with suppress(Fault):
            read_card(path)


SCHEMA_READER = None


@given(spoilt(XML))
@EXAMPLES
def test_answers_are_read_or_refused(data: bytes) -> None:
    with suppress(FormFault):
        root, _ = parse_instance(data)
        reader().read(root)


def reader() -> InstanceReader:
    from forms.fields import read_schema

    global SCHEMA_READER
    SCHEMA_READER = SCHEMA_READER or InstanceReader(read_schema(xform()))
    return SCHEMA_READER


BODY = (
    b'--b\r\nContent-Disposition: form-data; name="xml_submission_file"; filename="a.xml"\r\n'
    b"Content-Type: text/xml\r\n\r\n<data/>\r\n--b\r\ncontent-disposition: form-data; name=t\r\n\r\nx\r\n--b--\r\n"
)


@given(spoilt(BODY))
@EXAMPLES
def test_a_multipart_body_is_taken_apart_or_refused(data: bytes) -> None:
    with suppress(Fault):
        split(b"b", data).close()


# A tablet's folder


def tablet_list(folder: Path) -> bytes:
    import sqlite3

    path = folder / "real.db"
    db = sqlite3.connect(path)
    db.execute(
        "CREATE TABLE instances (_id INTEGER PRIMARY KEY, instanceFilePath TEXT, status TEXT, deletedDate DATE)"
    )
    db.executemany(
        "INSERT INTO instances (instanceFilePath, status) VALUES (?, ?)",
        [(f"instances/ស្រូវ_{n}/ស្រូវ_{n}.xml", "complete") for n in range(40)],
    )
    db.commit()
    db.close()
    data = path.read_bytes()
    path.unlink()
    return data


@given(st.data())
@EXAMPLES
def test_a_damaged_list_of_a_tablet_is_read_or_none(data: st.DataObject) -> None:
    with tempfile.TemporaryDirectory() as folder:
        real = tablet_list(Path(folder))
        path = Path(folder) / "instances.db"
        path.write_bytes(data.draw(spoilt(real)))
        if data.draw(st.booleans()):
            (Path(folder) / "instances.db-wal").write_bytes(data.draw(st.binary(max_size=200)))
        found = read_list(path)
        assert found is None or all(isinstance(name, str) for name in found)


_names = st.sampled_from(
    ("instances", "metadata", "instances.db", "submission.xml", "a.xml", "b_2026-01-01_00-00-00", ".odk", "រូប.jpg",
     "instances.xml", "b_2026-01-01_00-00-00.xml")
)  # fmt: skip


@given(st.lists(st.lists(_names, min_size=1, max_size=5), max_size=10))
@EXAMPLES
def test_any_tree_of_folders_is_surveyed(paths: list[list[str]]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        for parts in paths:
            place = Path(folder).joinpath(*parts)
            with suppress(OSError):
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_bytes(b"<a/>")
        with suppress(LedgerError):
            for found in survey(Path(folder)).found:
                assert found.folder.is_dir()
