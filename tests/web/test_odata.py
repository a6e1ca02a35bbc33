"""…/forms/ID.svc through HTTP."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import etree

from server.app import create_app

A = "uuid:aaaaaaaa-0000-4000-8000-000000000001"
B = "uuid:bbbbbbbb-0000-4000-8000-000000000002"
PLOT_1 = "04cdbd2a8d14a4d8adbbc57c14b70036ddcfa0fd"
PLOT_2 = "9b12a30084ae1d0dfcdc1bcf60365ec0f4635bbe"
CROP = "b8d7833402b3b3a12a31cf9dd9ccc79665b662b1"
PLOTS = "Submissions('uuid%3Aaaaaaaaa-0000-4000-8000-000000000001')/farm/plot"
CROPS = f"{PLOTS}('{PLOT_2}')/crop"
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
PASSWORD = "ពាក្យសម្ងាត់វែង"


def named(name: str) -> str:
    return f"<farm><name>{name}</name></farm><pests>rat</pests>"


def pages(survey: Any, path: str) -> Iterator[dict[str, Any]]:
    """The pages from this one on, by the links in them."""
    while path:
        page = survey.ask("GET", path).get_json()
        yield page
        link = urlsplit(page.get("@odata.nextLink", ""))
        path = f"{link.path}?{link.query}" if link.path else ""


@pytest.mark.parametrize("slash", ["", "/"])
def test_service_document_names_every_table(rice: Any, slash: str) -> None:
    answer = rice.get(f".svc{slash}")
    assert answer.headers["Content-Type"] == "application/json; charset=utf-8; odata.metadata=minimal"
    assert answer.headers["OData-Version"] == "4.0"
    said = answer.get_json()
    assert said["@odata.context"] == f"http://localhost{rice.path}.svc/$metadata"
    assert [table["url"] for table in said["value"]] == [
        "Submissions",
        "Submissions.farm.plot",
        "Submissions.farm.plot.crop",
    ]


def test_metadata_is_xml_and_names_the_same_tables(rice: Any) -> None:
    answer = rice.get(".svc/$metadata", Accept="application/xml")
    assert answer.headers["Content-Type"] == "application/xml; charset=utf-8"
    assert answer.headers["OData-Version"] == "4.0"
    document = etree.fromstring(answer.data)
    assert [s.get("Name") for s in document.iter(f"{EDM}EntitySet")] == [
        "Submissions",
        "Submissions.farm.plot",
        "Submissions.farm.plot.crop",
    ]


def test_worked_example_comes_out_as_central_writes_it(answered: Any) -> None:
    answer = answered.get(".svc/Submissions")
    said = answer.get_json()
    assert said["@odata.context"] == f"http://localhost{answered.path}.svc/$metadata#Submissions"
    assert set(said) == {"value", "@odata.context"}
    assert said["value"][0] == {
        "__id": A,
        "__system": {
            "submissionDate": "2026-11-23T01:15:00.000Z", "updatedAt": None,
            "submitterId": str(answered.tablet["id"]), "submitterName": "Tablet 7", "attachmentsPresent": 0,
            "attachmentsExpected": 0, "status": None, "reviewState": None,
            "deviceId": "collect:AbCdEfGhIjKlMnOp", "edits": 0, "formVersion": "7", "deletedAt": None,
        },
        "farm": {
            "name": "សុខ",
            "gps": {"type": "Point", "coordinates": [104.9, 11.5, 12], "properties": {"accuracy": 4.8}},
            "plot@odata.navigationLink": PLOTS,
        },
        "pests": "bph stem_borer",
        "photo": None,
        "meta": {"instanceID": A},
    }  # fmt: skip


def test_repeats_are_tables_with_stable_ids(answered: Any) -> None:
    plots = answered.get(".svc/Submissions.farm.plot").get_json()["value"]
    assert [(p["area"], p["__id"], p["__Submissions-id"]) for p in plots] == [
        (1.5, PLOT_1, A),
        (2, PLOT_2, A),
    ]
    crops = answered.get(".svc/Submissions.farm.plot.crop").get_json()["value"]
    assert crops == [{"kind": "jasmine", "__id": CROP, "__Submissions-farm-plot-id": PLOT_2}]


@pytest.mark.parametrize("written", [A, A.replace(":", "%3A"), A.replace(":", "%253A")])
def test_one_submission_and_what_lies_below_it(answered: Any, written: str) -> None:
    one = answered.get(f".svc/Submissions('{written}')")
    assert [row["__id"] for row in one.get_json()["value"]] == [A]
    assert "ETag" not in one.headers
    link = one.get_json()["value"][0]["farm"]["plot@odata.navigationLink"]
    below = answered.get(f".svc/{link}").get_json()
    assert [row["__id"] for row in below["value"]] == [PLOT_1, PLOT_2]
    link = below["value"][1]["crop@odata.navigationLink"]
    assert [row["kind"] for row in answered.get(f".svc/{link}").get_json()["value"]] == ["jasmine"]


def test_repeats_can_be_nested_inline(answered: Any) -> None:
    row = answered.get(".svc/Submissions?%24expand=*").get_json()["value"][0]
    assert [plot["area"] for plot in row["farm"]["plot"]] == [1.5, 2]
    assert row["farm"]["plot"][1]["crop"] == [{"kind": "jasmine", "__id": CROP}]


def test_what_is_not_there_is_a_404(answered: Any) -> None:
    for path in ("Submissions.farm", "Nothing", "Submissions/$count", "Submissions('uuid:none')", "a('b')"):
        assert answered.get(f".svc/{path}").get_json()["code"] == 404.1


def test_next_link_goes_on_where_the_page_ended(answered: Any) -> None:
    page = answered.get(".svc/Submissions?%24top=1&%24skip=0&%24count=true").get_json()
    link = urlsplit(page["@odata.nextLink"])
    assert (link.scheme, link.netloc, link.path) == ("http", "localhost", f"{answered.path}.svc/Submissions")
    assert "%24top=1&%24count=true&%24skiptoken=01ey" in link.query
    assert set(parse_qs(link.query)) == {"$top", "$count", "$skiptoken"}
    assert page["@odata.count"] == 2
    found = list(pages(answered, f"{link.path}?{link.query}"))
    assert [[row["__id"] for row in page["value"]] for page in found] == [[B]]
    assert found[0]["@odata.count"] == 2


def test_paging_gives_each_row_once_while_answers_arrive_and_go(rice: Any, hands: Any) -> None:
    sent = [f"uuid:{n:08d}-0000-4000-8000-000000000000" for n in range(9)]
    for instance_id in sent:
        hands.at += timedelta(minutes=1)
        rice.send(instance_id)
    given: list[str] = []
    for n, page in enumerate(pages(rice, f"{rice.path}.svc/Submissions?%24top=2")):
        given += [row["__id"] for row in page["value"]]
        hands.at += timedelta(minutes=1)
        rice.send(f"uuid:new-{n}")
        rice.ask("DELETE", f"{rice.path}/submissions/{given[-1]}")
    assert given == sent[::-1]


def test_rows_of_repeats_are_paged_too(answered: Any) -> None:
    found = list(pages(answered, f"{answered.path}.svc/Submissions.farm.plot?%24top=1&%24count=true"))
    assert [[row["__id"] for row in page["value"]] for page in found] == [[PLOT_1], [PLOT_2]]
    assert {page["@odata.count"] for page in found} == {2}


def test_counting_reads_no_rows_and_leaves_the_trash_out(answered: Any) -> None:
    answered.ask("DELETE", f"{answered.path}/submissions/{B}")
    answer = answered.get(".svc/Submissions?%24top=0&%24count=True")
    assert answer.get_json() == {
        "value": [],
        "@odata.context": f"http://localhost{answered.path}.svc/$metadata#Submissions",
        "@odata.count": 1,
    }
    assert answer.headers["ETag"].startswith('W/"') and "eventhash" not in answer.headers["ETag"]
    trash = quote("__system/deletedAt ne null")
    answer = answered.get(f".svc/Submissions?%24top=0&%24count=true&%24filter={trash}")
    assert answer.get_json()["@odata.count"] == 1
    rows = answered.get(".svc/Submissions.farm.plot?%24top=0&%24count=true").get_json()
    assert (rows["value"], rows["@odata.count"]) == ([], 2)


def test_filter_and_order_and_selection(answered: Any) -> None:
    query = f"%24filter={quote('__system/submissionDate ge 2026-11-23')}&%24select=farm/name"
    assert answered.get(f".svc/Submissions?{query}").get_json()["value"] == [{"farm": {"name": "សុខ"}}]
    ordered = answered.get(".svc/Submissions?%24orderby=__system/submissionDate%20asc").get_json()
    assert [row["__id"] for row in ordered["value"]] == [B, A]
    below = quote("$root/Submissions/__system/submissionDate lt 2026-11-23")
    assert answered.get(f".svc/Submissions.farm.plot?%24filter={below}").get_json()["value"] == []


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/Submissions?cache=1", 501.1),
        ("?cache=1", 501.1),
        ("/Submissions?%24expand=farm", 501.6),
        ("/Submissions?%24expand=*&%24select=pests", 501.11),
        ("/Submissions?%24orderby=__id&%24skiptoken=01ab", 501.1),
        ("/Submissions?%24filter=pests%20eq%20%27rat%27", 501.5),
        ("/Submissions?%24filter=(", 400.18),
        ("/Submissions?%24filter=contains(__id,%20%27a%27)%20eq%20true", 501.4),
        ("/Submissions?%24select=village", 400.23),
        ("/Submissions?%24top=many", 400.11),
        ("/Submissions?%24skiptoken=01ab", 400.35),
        ("/Submissions?%24format=xml", 406.1),
        ("?%24format=atom", 406.1),
    ],
)
def test_what_cannot_be_done_is_said_clearly(answered: Any, path: str, code: float) -> None:
    answer = answered.get(f".svc{path}")
    said = answer.get_json()
    assert (answer.status_code, said["code"]) == (int(code), code)
    assert said["message"]
    assert answer.headers["OData-Version"] == "4.0"


def test_token_of_a_row_that_is_no_more_is_refused_and_holds_nothing(answered: Any, data: Path) -> None:
    page = answered.get(".svc/Submissions.farm.plot?%24top=1").get_json()
    link = urlsplit(page["@odata.nextLink"])
    answered.ask("DELETE", f"{answered.path}/submissions/{A}")
    assert answered.ask("GET", f"{link.path}?{link.query}").get_json()["code"] == 400.34
    assert is_let_go(data)


def test_older_protocols_are_not_spoken(rice: Any) -> None:
    assert rice.get(".svc/Submissions", OData_MaxVersion="3.0").get_json()["code"] == 404.1
    assert rice.get(".svc/Submissions", OData_MaxVersion="4.01").status_code == 200


@pytest.mark.parametrize(
    ("path", "headers", "code"),
    [
        ("/$metadata?%24format=json", {}, "406.1"),
        ("/$metadata", {"Accept": "application/json"}, "406.1"),
        ("/$metadata?cache=1", {}, "501.1"),
    ],
)
def test_metadata_is_refused_in_xml(rice: Any, path: str, headers: dict[str, str], code: str) -> None:
    answer = rice.get(f".svc{path}", Accept_Language="km", **headers)
    assert answer.status_code == int(code.partition(".")[0])
    assert answer.headers["Content-Type"] == "text/xml; charset=utf-8"
    error = etree.fromstring(answer.data)
    assert (error.tag, error.get("code")) == ("error", code)
    assert [child.tag for child in error] == ["message", "details"]
    assert any("ក" <= letter <= "៿" for letter in error.findtext("message"))


def test_metadata_of_a_form_that_is_not_there_is_refused_in_xml(rice: Any, client: FlaskClient) -> None:
    answer = rice.ask("GET", f"{rice.project}/forms/none.svc/$metadata")
    assert etree.fromstring(answer.data).get("code") == "404.1"
    answer = client.get(f"{rice.path}.svc/$metadata")
    assert (answer.status_code, etree.fromstring(answer.data).get("code")) == (401, "401.2")


def test_nobody_fetches_again_what_has_not_changed(answered: Any) -> None:
    path = ".svc/Submissions?%24top=250&%24count=true"
    tag = answered.get(path).headers["ETag"]
    assert tag.startswith('W/"eventhash:')
    for held in (tag, tag.removeprefix("W/")):
        answer = answered.get(path, If_None_Match=held)
        assert (answer.status_code, answer.data) == (304, b"")
    answered.ask("PATCH", f"{answered.path}/submissions/{A}", {"reviewState": "approved"})
    answer = answered.get(path, If_None_Match=tag)
    assert answer.get_json()["value"][0]["__system"]["reviewState"] == "approved"


@pytest.mark.parametrize("form_id", ["a.b", "a.b.c", "ស្រូវ_២០២៦", "a b"])
def test_form_ids_may_hold_dots_and_khmer(make_survey: Callable[..., Any], form_id: str) -> None:
    survey = make_survey(form_id)
    survey.send(A)
    survey.send(B)
    assert survey.get(".svc").get_json()["@odata.context"] == f"http://localhost{survey.path}.svc/$metadata"
    document = etree.fromstring(survey.get(".svc/$metadata").data)
    assert next(document.iter(f"{EDM}EntityContainer")).get("Name") == form_id
    found = list(pages(survey, f"{survey.path}.svc/Submissions?%24top=1"))
    assert sorted(row["__id"] for page in found for row in page["value"]) == [A, B]
    one = survey.get(f".svc/Submissions('{A}')/farm/plot").get_json()
    assert one["@odata.context"].startswith(f"http://localhost{survey.path}.svc/$metadata#")


def test_links_bear_the_address_by_which_the_hub_is_known(answered: Any, data: Path, app: Flask) -> None:
    app.extensions["samleng"].close()
    outside = create_app(data, password_cost=4, background=False, public_url="https://hub.example.kh/")
    client = outside.test_client()
    token = client.post("/v1/sessions", json={"email": "sokha@kampot.example", "password": PASSWORD})
    headers = {"Authorization": f"Bearer {token.get_json()['token']}"}
    said = client.get(f"{answered.path}.svc/Submissions?%24top=1", headers=headers).get_json()
    assert said["@odata.context"] == f"https://hub.example.kh{answered.path}.svc/$metadata#Submissions"
    assert said["@odata.nextLink"].startswith(f"https://hub.example.kh{answered.path}.svc/Submissions?")
    outside.extensions["samleng"].close()


@pytest.mark.parametrize("path", ["", "/Submissions", "/Submissions('uuid:a')"])
def test_only_those_who_may_read_submissions_get_them(
    answered: Any, as_user: Callable[[str], Any], client: FlaskClient, path: str
) -> None:
    said = {"email": "formfill@kampot.example", "password": PASSWORD}
    user = answered.ask("POST", "/v1/users", said).get_json()
    answered.ask("POST", f"{answered.project}/assignments/formfill/{user['id']}")
    answer = as_user(said["email"])("GET", f"{answered.path}.svc{path}")
    assert (answer.status_code, answer.get_json()["code"]) == (403, 403.1)
    assert client.get(f"{answered.path}.svc{path}").get_json()["code"] == 401.2


def test_reader_who_goes_away_lets_go_of_the_snapshot(answered: Any, data: Path) -> None:
    answer = answered.ask("GET", f"{answered.path}.svc/Submissions", buffered=False)
    answered.send("uuid:later")
    answer.close()
    assert is_let_go(data)


def is_let_go(data: Path) -> bool:
    """Whether nobody reads an old state any more: only then can the write-ahead log be emptied."""
    db = sqlite3.connect(data / "hub.db", timeout=0)
    try:
        return bool(db.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0] == 0)
    finally:
        db.close()
