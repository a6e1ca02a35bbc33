"""submissions.csv.zip: what is inside, under which names, and that any tool can open it."""

from __future__ import annotations

import csv
import io
import tracemalloc
import zipfile
from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.exports.archive import submissions_zip
from server.exports.columns import CsvOptions
from server.exports.filenames import MediaNames, safe_name
from server.exports.zip_stream import ZipStream

A = "uuid:aaaaaaaa-0000-4000-8000-000000000001"
B = "uuid:bbbbbbbb-0000-4000-8000-000000000002"
NOW = datetime(2026, 11, 24, 3, 0, 8)  # noqa: DTZ001 - zip times have no zone


def pack(source, options=CsvOptions()):  # noqa: B008 - frozen
    data = b"".join(submissions_zip(source, source.versions, options, made_at=NOW))
    opened = zipfile.ZipFile(io.BytesIO(data))
    assert opened.testzip() is None
    return opened


def written(stream, files):
    data = b"".join(b"".join(stream.file(n, parts, level=v)) for n, parts, v in files)
    return zipfile.ZipFile(io.BytesIO(data + b"".join(stream.finish())))


def test_root_then_repeats_then_media_then_audit(rice):
    rice.attach(A, "audit.csv", b"event,node,start,end\nform start,,1700000000000,\n")
    rice.attach(A, "ស្រូវ.jpg", b"\xff\xd8" + bytes(100_000))
    packed = pack(rice)
    assert packed.namelist() == [
        "rice.csv", "rice-plot.csv", "rice-crop.csv", "media/ស្រូវ.jpg", "rice - audit.csv",
    ]  # fmt: skip
    assert packed.read("rice-plot.csv").decode().count("\n") == 3
    assert packed.read("media/ស្រូវ.jpg") == b"\xff\xd8" + bytes(100_000)
    assert packed.getinfo("media/ស្រូវ.jpg").date_time == (2026, 11, 24, 3, 0, 8)


def test_without_attachments_only_tables(rice):
    rice.attach(A, "audit.csv", b"event,node,start,end\nform start,,1,\n")
    assert pack(rice, CsvOptions(attachments=False)).namelist() == [
        "rice.csv",
        "rice-plot.csv",
        "rice-crop.csv",
    ]


def test_repeats_that_share_a_name_are_all_numbered(make_source, make_form):
    source = make_source(
        make_form(
            "<a><p><x/></p></a><q><y/></q><b><p><z/></p></b>", repeats=("/a/p", "/q", "/b/p"), form_id="f/1"
        )
    )
    assert pack(source).namelist() == ["f1.csv", "f1-p~1.csv", "f1-q.csv", "f1-p~2.csv"]


def test_files_of_one_name_do_not_overwrite_each_other(rice):
    for instance_id, content in ((A, b"a"), (B, b"b")):
        rice.attach(instance_id, "1700000000000.jpg", content)
        rice.attach(instance_id, f"{content.decode()}.jpg", content)
    packed = pack(rice)
    media = {n: packed.read(n) for n in packed.namelist() if n.startswith("media/")}
    assert media == {
        "media/1700000000000.jpg": b"a",
        "media/a.jpg": b"a",
        "media/uuidbbbbbbbb-0000-4000-8000-000000000002/1700000000000.jpg": b"b",
        "media/b.jpg": b"b",
    }


@given(
    st.lists(
        st.tuples(
            st.sampled_from([A, B, "..", "uuid:A"]),
            st.sampled_from(["a.jpg", "A.JPG", "..", "../a.jpg", "con", "រូប.jpg"]),
        )
    )
)
def test_no_two_files_share_a_place_and_none_leaves_the_folder(files):
    names = MediaNames()
    places = [names.place(*file) for file in files]
    assert len({p.casefold() for p in places}) == len(files)
    assert all(p.startswith("media/") and ".." not in p.split("/") for p in places)


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("រូបថត ១.jpg", "រូបថត ១.jpg"),
        ("../../etc/passwd", "....etcpasswd"),
        ('a:b*c?"<>|\x00d', "abcd"),
        ("..", ""),
        ("CON.txt", ""),
        ("a. ", "a"),
        ("ក" * 100, "ក" * 85),
    ],
)
def test_names_are_legal_everywhere(name, safe):
    assert safe_name(name) == safe


def test_audit_logs_become_one_table(rice):
    rice.attach(
        A, "audit.csv",
        "\ufeffevent,node,start,end,latitude,old-value,new-value,extra\n"
        'question,/data/farm/name,1700000000000,1700000000500,11.5,"ក,ខ","""គ""",x\n'
        "form exit,,1700000000600\n\n".encode(),
    )  # fmt: skip
    rice.attach(B, "audit.csv", b"event,node,start,end,user\nform start,,1700000000000,,sok\n")
    rows = list(csv.reader(io.StringIO(pack(rice).read("rice - audit.csv").decode(), newline="")))
    assert ",".join(rows[0]) == (
        "instance ID,event,node,start,end,latitude,longitude,accuracy,old-value,new-value,user,change-reason"
    )
    assert rows[1:] == [
        [A, "question", "/data/farm/name", "1700000000000", "1700000000500", "11.5", "", "", "ក,ខ",
         '"គ"', "", ""],
        [A, "form exit", "", "1700000000600", "", "", "", "", "", "", "", ""],
        [B, "form start", "", "1700000000000", "", "", "", "", "", "", "sok", ""],
    ]  # fmt: skip


def test_no_audit_table_without_an_event(rice):
    rice.attach(A, "audit.csv", b"event,node,start,end\n")
    rice.attach(B, "audit.csv", b"")
    assert "rice - audit.csv" not in pack(rice).namelist()


def test_spoilt_audit_log_does_not_stop_the_others(rice):
    rice.attach(A, "audit.csv", b'event,node,start,end\nform start,,1,\n"' + b"x" * 200_000)
    rice.attach(B, "audit.csv", b"event,node,start,end\nform start,,2,\n")
    text = pack(rice).read("rice - audit.csv").decode()
    assert [row[0] for row in csv.reader(io.StringIO(text))][1:] == [A, B]


def test_first_bytes_come_before_the_table_is_read(rice):
    read = []
    submissions = rice.submissions

    def watched():
        for one in submissions():
            read.append(1)
            yield one

    rice.submissions = watched
    stream = submissions_zip(rice, rice.versions, CsvOptions(split_selects=True), made_at=NOW)
    assert next(stream).startswith(b"PK\3\4")
    assert not read


def test_memory_does_not_grow_with_the_table(rice):
    def peak(times):
        rice.submissions = lambda: ((rice.heads[0], rice.records[A][""]) for _ in range(times))
        tracemalloc.start()
        for _ in submissions_zip(rice, rice.versions, CsvOptions(), made_at=NOW):
            pass
        _, most = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        return most

    peak(1000)
    assert peak(20_000) < peak(2000) + 200_000


@given(
    st.lists(st.tuples(st.text("aក/.", min_size=1), st.lists(st.binary()), st.integers(0, 9)), max_size=5),
    st.sampled_from([0, 3, 100, 0xFFFFFFFF]),
)
def test_any_files_are_read_back_with_zip64_or_without(files, limit):
    packed = written(ZipStream(NOW, limit=limit), files)
    assert packed.testzip() is None
    assert packed.namelist() == [n for n, _, _ in files]
    for info, (_, parts, _) in zip(packed.infolist(), files, strict=True):
        assert packed.read(info) == b"".join(parts)


def test_more_files_than_a_plain_zip_can_count():
    packed = written(ZipStream(NOW), [(f"{n}", [], 0) for n in range(70_000)])
    assert len(packed.namelist()) == 70_000
