"""CSV as ODK Central writes it, byte for byte."""

from __future__ import annotations

import csv
import io

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from server.exports.archive import root_csv
from server.exports.central_csv import chosen_values, repeat_lines, root_lines
from server.exports.columns import CsvOptions, merged_tables, read_options
from server.exports.csv_lines import chunks, line

A = "uuid:aaaaaaaa-0000-4000-8000-000000000001"
B = "uuid:bbbbbbbb-0000-4000-8000-000000000002"
PLAIN = CsvOptions()
SPLIT = CsvOptions(split_selects=True)
META = (
    "KEY,SubmitterID,SubmitterName,AttachmentsPresent,AttachmentsExpected,Status,ReviewState,"
    "DeviceID,Edits,FormVersion"
)
TAIL = "42,Tablet 7,0,0,,,collect:AbCdEfGhIjKlMnOp,0"


def root(source, options=PLAIN):
    return b"".join(root_csv(source, source.versions, options)).decode()


def repeat(source, path, options=PLAIN, values=None):
    table = next(t for t in merged_tables(source.versions) if t.path == path)
    return b"".join(chunks(repeat_lines(source, table, options, values or {}))).decode()


def answers(inner, instance_id="uuid:1"):
    return f"<data id='wps'>{inner}<meta><instanceID>{instance_id}</instanceID></meta></data>"


def read(text):
    return list(csv.DictReader(io.StringIO(text, newline="")))


def test_worked_example_of_the_root_table(rice):
    first, a, b = root(rice, SPLIT).splitlines()
    assert first == (
        "SubmissionDate,farm-name,farm-gps-Latitude,farm-gps-Longitude,farm-gps-Altitude,farm-gps-Accuracy,"
        "pests,pests/bph,pests/rat,pests/stem_borer,meta-instanceID," + META
    )
    assert a == (f"2026-11-23T01:15:00.000Z,សុខ,11.5,104.9,12,4.8,bph stem_borer,1,0,1,{A},{A},{TAIL},7")
    assert b == f"2026-11-22T01:00:00.000Z,ចាន់,,,,,rat,0,1,0,{B},{B},{TAIL},7"


def test_worked_example_of_the_repeats(rice):
    assert repeat(rice, "/farm/plot") == (
        f"area,PARENT_KEY,KEY\n1.5,{A},{A}/farm/plot[1]\n2,{A},{A}/farm/plot[2]\n"
    )
    assert repeat(rice, "/farm/plot/crop") == (
        f"kind,PARENT_KEY,KEY\njasmine,{A}/farm/plot[2],{A}/farm/plot[2]/crop[1]\n"
    )


def test_no_bom_and_every_line_ends_with_a_bare_newline(rice):
    text = b"".join(root_csv(rice, rice.versions, PLAIN))
    assert not text.startswith(b"\xef\xbb\xbf")
    assert b"\r" not in text
    assert text.endswith(b",7\n")


def test_header_stands_even_without_submissions(rice):
    rice.heads.clear()
    assert root(rice) == (
        "SubmissionDate,farm-name,farm-gps-Latitude,farm-gps-Longitude,farm-gps-Altitude,farm-gps-Accuracy,"
        f"pests,meta-instanceID,{META}\n"
    )
    assert repeat(rice, "/farm/plot") == "area,PARENT_KEY,KEY\n"


def test_bare_names_without_group_paths(rice):
    header = root(rice, CsvOptions(group_paths=False, split_selects=True)).splitlines()[0]
    assert header.startswith(
        "SubmissionDate,name,gps-Latitude,gps-Longitude,gps-Altitude,gps-Accuracy,pests,pests/bph"
    )


def test_answers_are_neither_converted_nor_normalised(make_source, make_form):
    source = make_source(
        make_form("<n/><d/><t/><w/>", types={"/n": "int", "/d": "decimal", "/t": "dateTime", "/w": "string"})
    )
    decomposed = "ស្\u200bត្រី = +៥"  # an invisible space, a formula's sign, a Khmer digit
    source.add(
        f"<data id='wps'><n>007</n><d>2.50</d><t>2026-11-23T08:15:00.000+07</t><w> {decomposed} </w>"
        "<meta><instanceID>uuid:1</instanceID></meta></data>"
    )
    row = read(root(source))[0]
    assert (row["n"], row["d"], row["t"], row["w"]) == (
        "007",
        "2.50",
        "2026-11-23T08:15:00.000+07",
        f" {decomposed} ",
    )


def test_keys_name_groups_and_count_repeats_within_their_parent(make_source, make_form):
    source = make_source(
        make_form(
            "<c><h><t><u><n/></u></t></h></c>", repeats=("/c", "/c/h/t"), types={"/c/h/t/u/n": "string"}
        )
    )
    toys = "".join(f"<t><u><n>{n}</n></u></t>" for n in "ab")
    source.add(answers(f"<c/><c><h>{toys}</h></c>"))
    assert repeat(source, "/c/h/t") == (
        "u-n,PARENT_KEY,KEY\na,uuid:1/c[2],uuid:1/c[2]/h/t[1]\nb,uuid:1/c[2],uuid:1/c[2]/h/t[2]\n"
    )
    assert repeat(source, "/c") == "PARENT_KEY,KEY\nuuid:1,uuid:1/c[1]\nuuid:1,uuid:1/c[2]\n"


def test_metadata_columns(rice):
    rice.heads[:1] = []
    rice.heads[0].submitter_id = rice.heads[0].submitter_name = rice.heads[0].device_id = None
    rice.heads[0].review_state, rice.heads[0].edits = "hasIssues", 2
    rice.heads[0].attachments_present, rice.heads[0].attachments_expected = 1, 3
    assert root(rice).splitlines()[1].endswith(f"{B},,,1,3,,hasIssues,,2,7")


def test_encrypted_submission_shows_metadata_only(rice):
    rice.heads[0].status = "notDecrypted"
    rice.heads[1].status = "missingEncryptedFormData"
    _, a, b = root(rice, SPLIT).splitlines()
    assert (
        a
        == f"2026-11-23T01:15:00.000Z,,,,,,,,{A},42,Tablet 7,0,0,not decrypted,,collect:AbCdEfGhIjKlMnOp,0,7"
    )
    assert ",missing encrypted form data," in b
    assert repeat(rice, "/farm/plot") == "area,PARENT_KEY,KEY\n"


def test_split_values_come_from_the_data_in_text_order(make_source, make_form):
    source = make_source(make_form("<p/><r><q/></r>", repeats=("/r",), selects=("/p", "/r/q")))
    for n, chosen in enumerate(["z  a\n10", "", "a"]):
        source.add(answers(f"<p>{chosen}</p><r><q>{chosen}</q></r>", f"uuid:{n}"))
    lines = root(source, SPLIT).splitlines()
    assert lines[0].startswith("SubmissionDate,p,p/10,p/a,p/z,meta")
    assert [row["p/a"] + row["p/10"] for row in read(root(source, SPLIT))] == ["10", "00", "11"]


def test_deleted_submissions_have_no_say_in_split_columns(rice):
    rice.heads[1].deleted_at = "2026-11-24T00:00:00.000Z"
    assert "pests/rat" not in root(rice, SPLIT)


def test_split_columns_of_a_repeat(make_source, make_form):
    source = make_source(make_form("<r><q/></r>", repeats=("/r",), selects=("/r/q",)))
    source.add(answers("<r><q>b a</q></r><r><q/></r><r/>"))
    values = chosen_values(source, source.versions[-1].tables)
    assert repeat(source, "/r", SPLIT, values).splitlines() == [
        "q,q/a,q/b,PARENT_KEY,KEY",
        "b a,1,1,uuid:1,uuid:1/r[1]",
        ",0,0,uuid:1,uuid:1/r[2]",
        ",0,0,uuid:1,uuid:1/r[3]",
    ]


def test_removed_question_shifts_no_column(make_source, make_form):
    old = make_form("<a/><gone/><b/><r><x/><y/></r>", repeats=("/r",), version="1")
    new = make_form("<s><z/></s><r><y/><x/></r><b/><a/>", repeats=("/s", "/r"), version="2")
    source = make_source(old, new)
    source.add(
        answers("<a>ក</a><gone>?</gone><b>ខ</b><r><x>1</x><y>2</y></r>"),
        version=0,
    )
    source.add(answers("<s><z>z</z></s><r><y>4</y><x>3</x></r><b>b</b><a>a</a>", "uuid:2"))
    assert [(r["b"], r["a"], r["KEY"], r["FormVersion"]) for r in read(root(source))] == [
        ("b", "a", "uuid:2", "2"),
        ("ខ", "ក", "uuid:1", "1"),
    ]
    assert repeat(source, "/r") == ("y,x,PARENT_KEY,KEY\n4,3,uuid:2,uuid:2/r[1]\n2,1,uuid:1,uuid:1/r[1]\n")


def test_removed_choice_keeps_its_column_and_its_neighbours_keep_theirs(rice):
    # The form's choices are not looked at: only what was answered.
    rice.add(
        "<data id='rice' version='8'><farm><name>ថ្មី</name></farm><pests>rat</pests>"
        "<meta><instanceID>uuid:c</instanceID></meta></data>"
    )
    rows = read(root(rice, SPLIT))
    assert [(r["pests/bph"], r["pests/rat"], r["meta-instanceID"]) for r in rows] == [
        ("0", "1", "uuid:c"),
        ("1", "0", A),
        ("0", "1", B),
    ]


def test_deleted_fields_return_at_the_end_of_their_group(make_source, make_form):
    old = make_form("<g><a/><b/></g><c/><r><x/></r>", repeats=("/r",), version="1")
    new = make_form("<g><n/><b/></g>", version="2")
    source = make_source(old, new)
    source.add(
        answers("<g><a>១</a><b>២</b></g><c>៣</c><r><x>៤</x></r>"),
        version=0,
    )
    text = root(source, CsvOptions(deleted_fields=True))
    assert text.splitlines()[0] == f"SubmissionDate,g-n,g-b,g-a,meta-instanceID,c,{META}"
    row = read(text)[0]
    assert (row["g-a"], row["g-b"], row["c"], row["g-n"]) == ("១", "២", "៣", "")
    assert repeat(source, "/r") == "x,PARENT_KEY,KEY\n៤,uuid:1,uuid:1/r[1]\n"
    assert root(source).splitlines()[0] == f"SubmissionDate,g-n,g-b,meta-instanceID,{META}"


@pytest.mark.parametrize(
    ("cell", "written"),
    [
        ("a,b", '"a,b"'),
        ('ស្ត្រី "ប្រាប់"', '"ស្ត្រី ""ប្រាប់"""'),
        ("បន្ទាត់\nថ្មី", '"បន្ទាត់\nថ្មី"'),
        ("a\rb", '"a\rb"'),
        (" a ", " a "),
        ("=1+1", "=1+1"),
        ("", ""),
        ("a;b\tc\u2028d", "a;b\tc\u2028d"),
    ],
)
def test_only_what_must_be_quoted_is(cell, written):
    assert line([cell, "x"]) == f"{written},x"


@given(
    st.lists(
        st.lists(st.text(alphabet=st.sampled_from('a,"\n\r ខ្មែរ;\t=')) | st.text(), min_size=3, max_size=3)
    )
)
@example([["", "", ""], ["\r\n", '""', ","]])
def test_what_is_written_is_read_back_cell_for_cell(rows):
    rows = [[c.encode("utf-8", "replace").decode() for c in row] for row in rows]
    text = b"".join(chunks(line(row) for row in rows)).decode()
    assert list(csv.reader(io.StringIO(text, newline=""), strict=True)) == rows


def test_bytes_come_in_pieces(rice):
    many = [rice.heads[0]] * 3000
    rice.heads = many
    pieces = list(chunks(root_lines(rice, rice.versions[0].tables[0], PLAIN, {})))
    assert len(pieces) > 5
    assert max(map(len, pieces)) < 200_000
    assert b"".join(pieces).count(b"\n") == 3001


def test_options_are_read_in_any_case_and_nonsense_is_passed_over():
    assert read_options({}) == PLAIN
    assert read_options({"attachments": "maybe", "colour": "red", "7": "passphrase"}) == PLAIN
    given = {
        "attachments": "False",
        "groupPaths": "FALSE",
        "deletedFields": "True",
        "splitSelectMultiples": "true",
    }
    assert read_options(given) == CsvOptions(False, False, True, True)
    assert read_options({"$filter": "__system/reviewState eq null"}).filter is not None
