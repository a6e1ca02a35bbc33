"""submissions.csv and submissions.csv.zip through HTTP."""

from __future__ import annotations

import csv
import io
import sqlite3
import zipfile
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import create_environ

from server.app import create_app
from server.carrying import records
from server.changes import event_hash
from server.exporting import export, form_named
from server.exports.columns import CsvOptions
from server.hub import Hub
from server.store import projects
from server.taking import take
from sync.ledger import travels
from sync.messages import BlobRecord

A = "uuid:aaaaaaaa-0000-4000-8000-000000000001"
B = "uuid:bbbbbbbb-0000-4000-8000-000000000002"
PASSWORD = "ពាក្យសម្ងាត់វែង"
ENDINGS = ("/submissions.csv", "/submissions.csv.zip")


def named(name: str) -> str:
    return f"<farm><name>{name}</name></farm><pests>rat</pests>"


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text)))


def is_let_go(data: Path) -> bool:
    """Whether nobody reads an old state any more: only then can the write-ahead log be emptied."""
    db = sqlite3.connect(data / "hub.db", timeout=0)
    try:
        return db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0
    finally:
        db.close()


def test_worked_example_comes_out_as_central_writes_it(answered: Any) -> None:
    answer = answered.get("/submissions.csv?splitSelectMultiples=true")
    actor = answered.tablet["id"]
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    header, first, *_ = answer.data.decode().split("\n")
    assert header == (
        "SubmissionDate,farm-name,farm-gps-Latitude,farm-gps-Longitude,farm-gps-Altitude,farm-gps-Accuracy,"
        "pests,pests/bph,pests/rat,pests/stem_borer,photo,meta-instanceID,KEY,SubmitterID,SubmitterName,"
        "AttachmentsPresent,AttachmentsExpected,Status,ReviewState,DeviceID,Edits,FormVersion"
    )
    assert first == (
        f"2026-11-23T01:15:00.000Z,សុខ,11.5,104.9,12,4.8,bph stem_borer,1,0,1,,{A},{A},{actor},Tablet 7,0,0,,,"
        "collect:AbCdEfGhIjKlMnOp,0,7"
    )


def test_zip_holds_a_table_for_each_repeat(answered: Any) -> None:
    answer = answered.get("/submissions.csv.zip")
    assert answer.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.data)) as packed:
        assert packed.testzip() is None
        assert packed.namelist() == ["rice.csv", "rice-plot.csv", "rice-crop.csv"]
        assert packed.read("rice-plot.csv").decode() == (
            f"area,PARENT_KEY,KEY\n1.5,{A},{A}/farm/plot[1]\n2,{A},{A}/farm/plot[2]\n"
        )
        assert packed.read("rice-crop.csv").decode() == (
            f"kind,PARENT_KEY,KEY\njasmine,{A}/farm/plot[2],{A}/farm/plot[2]/crop[1]\n"
        )


def test_photos_come_along_unless_they_are_not_wanted(rice: Any) -> None:
    photo = bytes(range(256)) * 400
    rice.send(A, named("សុខ") + "<photo>ស្រែ.jpg</photo>", files={"ស្រែ.jpg": photo})
    whole, bare = (rice.get(f"/submissions.csv.zip{query}") for query in ("", "?attachments=FALSE"))
    with zipfile.ZipFile(io.BytesIO(whole.data)) as packed:
        assert packed.read("media/ស្រែ.jpg") == photo
        assert rows(packed.read("rice.csv").decode())[0]["AttachmentsPresent"] == "1"
    with zipfile.ZipFile(io.BytesIO(bare.data)) as packed:
        assert not [name for name in packed.namelist() if name.startswith("media/")]
    assert "filename*=UTF-8''rice.zip" in whole.headers["Content-Disposition"]
    assert "filename*=UTF-8''rice.csv.zip" in bare.headers["Content-Disposition"]


@pytest.mark.parametrize("form_id", ["a.b", "ស្រូវ_២០២៦", "rice.csv", "a b"])
def test_form_ids_may_hold_dots_and_khmer(make_survey: Callable[..., Any], form_id: str) -> None:
    survey = make_survey(form_id)
    survey.send(A)
    answer = survey.get("/submissions.csv")
    assert [row["KEY"] for row in rows(answer.data.decode())] == [A]
    said = answer.headers["Content-Disposition"]
    assert f"filename*=UTF-8''{quote(form_id)}.csv" in said
    assert said.isascii()
    with zipfile.ZipFile(io.BytesIO(survey.get("/submissions.csv.zip").data)) as packed:
        assert packed.namelist()[0] == f"{form_id}.csv"


def test_filter_chooses_rows(answered: Any) -> None:
    query = quote("year(__system/submissionDate) eq 2026 and __system/submissionDate lt 2026-11-22T12:00:00Z")
    answer = answered.get(f"/submissions.csv?%24filter={query}")
    assert [row["farm-name"] for row in rows(answer.data.decode())] == ["ចាន់"]
    with zipfile.ZipFile(io.BytesIO(answered.get(f"/submissions.csv.zip?%24filter={query}").data)) as packed:
        assert rows(packed.read("rice-plot.csv").decode()) == []


@pytest.mark.parametrize(("condition", "code"), [("farm/name eq 'សុខ'", 501.5), ("(", 400.18)])
@pytest.mark.parametrize("ending", ENDINGS)
def test_filter_that_cannot_be_used_is_refused(rice: Any, condition: str, code: float, ending: str) -> None:
    answer = rice.get(f"{ending}?%24filter={quote(condition)}")
    assert answer.get_json()["code"] == code


@pytest.mark.parametrize(
    "body", [{}, {"json": {"1": "ពាក្យសម្ងាត់"}}, {"data": {"1": "ពាក្យសម្ងាត់"}}, {"data": b"{"}]
)
def test_posting_asks_for_the_same(answered: Any, body: dict[str, Any]) -> None:
    got = answered.get("/submissions.csv?groupPaths=false")
    posted = answered.ask("POST", f"{answered.path}/submissions.csv?groupPaths=false", **body)
    assert posted.data == got.data
    assert got.data.startswith(b"SubmissionDate,name,gps-Latitude")


def test_deleted_submissions_stay_out_unless_they_are_asked_for(answered: Any) -> None:
    answered.ask("DELETE", f"{answered.path}/submissions/{A}")
    trash = quote("__system/deletedAt ne null")
    standing, deleted = (answered.get(f"/submissions.csv{q}") for q in ("", f"?%24filter={trash}"))
    assert [row["KEY"] for row in rows(standing.data.decode())] == [B]
    assert [row["KEY"] for row in rows(deleted.data.decode())] == [A]


@pytest.mark.parametrize("ending", ENDINGS)
def test_nobody_fetches_again_what_has_not_changed(answered: Any, hub: Hub, ending: str) -> None:
    tag = answered.get(ending).headers["ETag"]
    assert tag.startswith('W/"eventhash:')
    assert len(tag) == len('W/"eventhash:"') + 32
    for held in (tag, tag.removeprefix("W/")):
        answer = answered.get(ending, If_None_Match=held)
        assert (answer.status_code, answer.data, answer.headers["ETag"]) == (304, b"", tag)
    assert answered.get(ending, If_None_Match='"other"').status_code == 200


def test_tag_changes_with_whatever_happens_to_a_submission(rice: Any) -> None:
    one = f"{rice.path}/submissions/{A}"
    edit = rice.instance("uuid:a2", deprecated=A).encode()
    xml = {"data": edit, "headers": {"Content-Type": "application/xml"}}
    photo = named("សុខ") + "<photo>a.jpg</photo>"
    happenings: list[Callable[[], Any]] = [
        lambda: rice.send(A, photo),
        lambda: rice.send(A, photo, files={"a.jpg": b"\xff\xd8"}),
        lambda: rice.ask("DELETE", f"{one}/attachments/a.jpg"),
        lambda: rice.ask("PATCH", one, {"reviewState": "hasIssues"}),
        lambda: rice.ask("PATCH", one, {"reviewState": "approved"}),
        lambda: rice.ask("PUT", one, **xml),
        lambda: rice.send("uuid:a3", named("ដារា"), deprecated="uuid:a2"),
        lambda: rice.ask("DELETE", one),
        lambda: rice.ask("POST", f"{one}/restore"),
        lambda: rice.send(B),
    ]
    tags = [rice.get("/submissions.csv").headers["ETag"]]
    for happens in happenings:
        answer = happens()
        assert answer is None or answer.status_code == 200, answer.get_json()
        tags.append(rice.get("/submissions.csv").headers["ETag"])
    assert len(set(tags)) == len(happenings) + 1


def test_tag_changes_with_the_columns_but_not_with_another_forms_answers(
    make_survey: Callable[..., Any],
) -> None:
    rice, maize = make_survey("rice"), make_survey("maize")
    tag = rice.get("/submissions.csv").headers["ETag"]
    maize.send(A)
    assert rice.get("/submissions.csv").headers["ETag"] == tag
    rice.ask("POST", f"{rice.path}/draft")
    rice.ask("POST", f"{rice.path}/draft/publish?version=8")
    assert rice.get("/submissions.csv").headers["ETag"] != tag


def test_photo_that_comes_after_its_submission_is_not_missed(rice: Any, hub: Hub, tmp_path: Path) -> None:
    photo = b"\xff\xd8 a photo on another stick"
    rice.send(A, named("សុខ") + "<photo>ស្រែ.jpg</photo>", files={"ស្រែ.jpg": photo})
    shared = [entry for _, entry in hub.ledger.entries_after(0, 1000) if travels(entry.kind)]
    first = [r for r in records(hub, shared) if not isinstance(r, BlobRecord) or r.data != photo]
    nation = Hub.create(tmp_path / "ភ្នំពេញ", "ភ្នំពេញ")
    take(nation, first, lambda entry: True, "0" * 16)
    form = form_named(nation, projects.list_projects(nation.read())[0].id, "rice")
    before = event_hash(nation, form), b"".join(export(nation, form, "csv.zip", CsvOptions()))
    take(nation, [BlobRecord(photo)], lambda entry: True, "0" * 16)
    after = event_hash(nation, form), b"".join(export(nation, form, "csv.zip", CsvOptions()))
    nation.close()
    assert before[0] != after[0]
    assert photo not in before[1]
    assert photo in after[1]


def test_filter_by_the_hour_is_never_taken_for_unchanged(answered: Any, hands: Any) -> None:
    path = f"/submissions.csv?%24filter={quote('__system/submissionDate lt now()')}"
    tag = answered.get(path).headers["ETag"]
    hands.at += timedelta(hours=1)
    assert answered.get(path, If_None_Match=tag).status_code == 200


@pytest.mark.parametrize("ending", ENDINGS)
def test_only_those_who_may_read_submissions_get_them(
    answered: Any, as_user: Callable[[str], Any], client: FlaskClient, ending: str
) -> None:
    for role, status in (("viewer", 200), ("formfill", 403)):
        said = {"email": f"{role}@kampot.example", "password": PASSWORD}
        user = answered.ask("POST", "/v1/users", said).get_json()
        answered.ask("POST", f"{answered.project}/assignments/{role}/{user['id']}")
        answer = as_user(said["email"])("GET", answered.path + ending)
        assert answer.status_code == status
        if status != 200:
            assert answer.get_json()["code"] == 403.1
    assert client.get(answered.path + ending).get_json()["code"] == 401.2
    keyed = answered.path.replace("/v1/", f"/v1/key/{answered.tablet['token']}/")
    assert client.get(keyed + ending).get_json()["code"] == 403.1


@pytest.mark.parametrize("ending", ENDINGS)
def test_form_that_was_never_published_has_no_answers(rice: Any, ending: str) -> None:
    xml = b'<?xml version="1.0"?>' + _draft("draft_only").encode()
    made = rice.ask("POST", f"{rice.project}/forms", data=xml, headers={"Content-Type": "application/xml"})
    assert made.status_code == 200, made.get_json()
    for form_id in ("draft_only", "no_such_form"):
        assert rice.ask("GET", f"{rice.project}/forms/{form_id}{ending}").get_json()["code"] == 404.1


def _draft(form_id: str) -> str:
    return (
        '<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head>'
        f'<h:title>ព្រាង</h:title><model><instance><data id="{form_id}"><village/><meta><instanceID/></meta>'
        "</data></instance></model></h:head><h:body/></h:html>"
    )


@pytest.mark.parametrize("ending", ENDINGS)
def test_reader_who_goes_away_lets_go_of_the_snapshot(
    app: Flask, data: Path, answered: Any, admin_token: str, ending: str
) -> None:
    environ = create_environ(answered.path + ending, headers={"Authorization": f"Bearer {admin_token}"})
    pieces = app.wsgi_app(environ, lambda status, headers: None)
    assert next(iter(pieces))
    answered.send("uuid:later")
    assert not is_let_go(data)
    pieces.close()  # what a server does when the connection breaks
    assert is_let_go(data)


@pytest.mark.parametrize("ending", ENDINGS)
def test_asking_for_the_headers_alone_holds_nothing(answered: Any, data: Path, ending: str) -> None:
    answer = answered.ask("HEAD", answered.path + ending)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    answered.send("uuid:later")
    assert is_let_go(data)


def test_an_export_shows_one_moment_though_answers_go_on_arriving(answered: Any) -> None:
    answer = answered.ask("GET", f"{answered.path}/submissions.csv.zip", buffered=False)
    pieces = answer.iter_encoded()
    start = next(pieces)
    answered.send("uuid:later")
    with zipfile.ZipFile(io.BytesIO(start + b"".join(pieces))) as packed:
        assert [row["KEY"] for row in rows(packed.read("rice.csv").decode())] == [A, B]
        assert len(rows(packed.read("rice-plot.csv").decode())) == 2
    after = rows(answered.get("/submissions.csv").data.decode())
    assert [row["KEY"] for row in after] == ["uuid:later", A, B]


def test_next_export_sees_what_came_after_the_one_before(answered: Any) -> None:
    for n in range(10):  # more than there are kept readers
        answered.send(f"uuid:later-{n}")
        found = rows(answered.get("/submissions.csv").data.decode())
        assert found[0]["KEY"] == f"uuid:later-{n}"
        assert len(found) == n + 3


def test_version_published_by_another_process_is_known_at_once(
    answered: Any, hub: Hub, data: Path, admin_token: str
) -> None:
    assert len(rows(answered.get("/submissions.csv").data.decode())) == 2
    other = create_app(data, password_cost=4, background=False)
    other.extensions["samleng"].hub.clock = hub.clock
    ask = partial(other.test_client().open, headers={"Authorization": f"Bearer {admin_token}"})
    assert ask(f"{answered.path}/draft", method="POST").status_code == 200
    assert ask(f"{answered.path}/draft/publish?version=8", method="POST").status_code == 200
    xml = answered.instance("uuid:eight", named("វណ្ណា")).replace('version="7"', 'version="8"')
    sent = ask(f"{answered.path}/submissions", method="POST", data=xml, content_type="application/xml")
    assert sent.status_code == 200, sent.get_json()
    other.extensions["samleng"].close()
    found = rows(answered.get("/submissions.csv").data.decode())
    assert (found[0]["farm-name"], found[0]["FormVersion"]) == ("វណ្ណា", "8")
    assert answered.get(".svc/Submissions").get_json()["value"][0]["farm"]["name"] == "វណ្ណា"
