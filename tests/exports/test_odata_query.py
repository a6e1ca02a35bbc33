"""OData options: what is understood, and which of Central's problems answers what is not."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from server.errors import Problem
from server.exports.odata_filter import read_filter
from server.exports.odata_query import (
    Address,
    check_format,
    make_token,
    read_query,
    read_resource,
    read_token,
)
from server.exports.odata_tree import (
    Call,
    Compare,
    Field,
    Literal,
    Logic,
    Not,
    mentions_deleted,
    moment,
)
from server.exports.rows import Order, Page

DATE = Field("__system/submissionDate")
REVIEW = Field("__system/reviewState")
DELETED = Field("__system/deletedAt")


def code(call, *args):
    with pytest.raises(Problem) as caught:
        call(*args)
    return caught.value.code


def parse(text, table="Submissions"):
    return read_filter(text, table)


def test_comparisons_and_their_literals():
    assert parse("__id eq 'uuid:a'") == Compare("eq", Field("__id"), Literal("uuid:a"))
    assert parse("__system/submitterId eq 42") == Compare("eq", Field("__system/submitterId"), Literal(42))
    assert parse("'42' ne __system/submitterId") == Compare("ne", Literal(42), Field("__system/submitterId"))
    assert parse("__system/reviewState eq 'it''s'") == Compare("eq", REVIEW, Literal("it's"))
    assert parse("__system/reviewState eq null") == Compare("eq", REVIEW, Literal(None))
    assert parse("$root/Submissions/__system/reviewState ne 'approved'") == Compare(
        "ne", REVIEW, Literal("approved")
    )


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-23T08:15:00+07:00",
        "2026-11-23T01:15:00.000Z",
        "'2026-11-23T01:15:00.000999'",
        "2026-11-23T01:15Z",
    ],
)
def test_dates_are_compared_as_they_are_shown(written):
    assert parse(f"__system/submissionDate ge {written}") == Compare(
        "ge", DATE, Literal("2026-11-23T01:15:00.000Z")
    )


def test_a_day_begins_at_midnight_utc():
    assert moment("2026-11-23") == "2026-11-23T00:00:00.000Z"
    assert moment("នៅថ្ងៃនេះ") is None


def test_functions():
    assert parse("year(__system/submissionDate) eq 2026") == Compare("eq", Call("year", DATE), Literal(2026))
    assert parse("__system/updatedAt lt now()") == Compare(
        "lt", Field("__system/updatedAt"), Call("now", None)
    )


def test_precedence_and_brackets():
    a, b, c = (f"__id eq '{n}'" for n in "abc")
    x, y, z = (Compare("eq", Field("__id"), Literal(n)) for n in "abc")
    assert parse(f"{a} or {b} and {c}") == Logic("or", x, Logic("and", y, z))
    assert parse(f"({a} or {b}) and {c}") == Logic("and", Logic("or", x, y), z)
    assert parse(f"not {a} and not ({b})") == Logic("and", Not(x), Not(y))


def test_deleted_ones_are_seen_only_when_asked_for():
    assert mentions_deleted(parse("__system/deletedAt ne null"))
    assert mentions_deleted(parse("not (year(__system/deletedAt) eq 2026 or __id eq 'a')"))
    assert not mentions_deleted(parse("__system/reviewState eq '__system/deletedAt'"))
    assert not mentions_deleted(None)


@pytest.mark.parametrize(
    ("text", "table", "expected"),
    [
        ("", "Submissions", "400.18"),
        ("__id", "Submissions", "400.18"),
        ("__id eq", "Submissions", "400.18"),
        ("__id eq 'a", "Submissions", "400.18"),
        ("(__id eq 'a'", "Submissions", "400.18"),
        ("__id eq 'a')", "Submissions", "400.18"),
        ("__id eq 'a' __id", "Submissions", "400.18"),
        ("__id eq 'a' and 'b'", "Submissions", "400.18"),
        ("nonsense(__id) eq 1", "Submissions", "400.18"),
        ("__system/submissionDate gt 'ម្សិលមិញ'", "Submissions", "400.18"),
        ("__system/submissionDate gt 2026-13-40", "Submissions", "400.18"),
        ("(" * 5000 + "__id eq 'a'" + ")" * 5000, "Submissions", "400.18"),
        ("contains(__id, 'a')", "Submissions", "501.4"),
        ("__system/submitterId add 1 eq 2", "Submissions", "501.4"),
        ("farm/name eq 'សុខ'", "Submissions", "501.5"),
        ("__system/deviceId eq 'a'", "Submissions", "501.5"),
        ("__id eq 'a'", "Submissions.farm.plot", "501.5"),
    ],
)
def test_what_a_filter_cannot_say(text, table, expected):
    assert code(read_filter, text, table) == expected


def test_prefixed_fields_filter_repeat_tables():
    assert parse("$root/Submissions/__id eq 'a'", "Submissions.r") == Compare(
        "eq", Field("__id"), Literal("a")
    )


WORDS = ["(", ")", " ", "'", ",", " eq ", "not ", " and ", "__id", "now()", "2026-11-23", "-1", "ក"]


@given(st.lists(st.sampled_from(WORDS)).map("".join) | st.text())
def test_any_text_is_a_filter_or_a_problem(text):
    try:
        parse(text)
    except Problem as problem:
        assert problem.code in ("400.18", "501.4", "501.5")


def test_options():
    query = read_query(
        {"$top": "10", "$skip": "5", "$count": "True", "$wkt": "TRUE", "$expand": "*"}, "Submissions"
    )
    assert (query.top, query.skip, query.count, query.wkt, query.expand) == (10, 5, True, True, True)
    assert read_query({"$top": "-1"}, "Submissions").top == 0
    order = read_query({"$orderby": "__system/submissionDate desc, __id"}, "Submissions").order
    assert order == (Order("__system/submissionDate", True), Order("__id", False))


def test_the_database_pages_submissions_but_never_repeats():
    query = read_query(
        {"$top": "10", "$skip": "5", "$filter": "$root/Submissions/__id eq 'a'"}, "Submissions"
    )
    assert query.page("Submissions") == Page(11, 5, None, (), query.filter)
    assert query.page("Submissions.farm.plot") == Page(filter=query.filter)


def test_skiptoken_outdoes_skip_and_comes_back():
    token = make_token("Submissions", "uuid:ក")
    assert read_token(token, "Submissions") == "uuid:ក"
    query = read_query({"$skip": "5", "$skiptoken": token}, "Submissions")
    assert (query.skip, query.after) == (0, "uuid:ក")


@pytest.mark.parametrize(
    "token", ["x", "02e30=", "01", "01!!!", "01e30=", "01W10=", "01eyJyZXBlYXRJZCI6MX0=", "01bnVsbA=="]
)
def test_bad_skiptokens(token):
    assert code(read_token, token, "Submissions.r") == "400.35"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"_": "123"}, "501.1"),
        ({"$apply": "x"}, "501.1"),
        ({"$expand": "plot"}, "501.6"),
        ({"$expand": "*", "$select": "a"}, "501.11"),
        ({"$orderby": "__id", "$skiptoken": "01e30="}, "501.1"),
        ({"$orderby": "farm/name"}, "501.5"),
        ({"$orderby": "__id sideways"}, "501.5"),
        ({"$top": "ten"}, "400.11"),
        ({"$skip": "១០"}, "400.11"),
    ],
)
def test_options_that_are_refused(options, expected):
    assert code(read_query, options, "Submissions") == expected


@pytest.mark.parametrize(
    ("serves", "accept", "options"),
    [
        ("json", "application/xml", {}),
        ("json", "*/*", {"$format": "atom"}),
        ("xml", None, {"$format": "json"}),
        ("xml", "application/json;odata.metadata=minimal", {}),
    ],
)
def test_format_that_is_not_served(serves, accept, options):
    assert code(check_format, serves, accept, options, None) == "406.1"


def test_format_that_is_served():
    check_format("json", None, {}, "4.0")
    check_format("json", "text/html,application/xml;q=0.9,*/*;q=0.8", {}, None)
    check_format("json", "application/xml", {"$format": "application/json"}, "4.01")
    check_format("xml", "application/atomsvc+xml,application/json", {}, None)
    assert code(check_format, "json", None, {}, "3.0") == "404.1"


def test_addresses():
    address = Address("https://host", "/v1/projects/1/forms/a.svcx/draft.svc?x=1")
    assert address.service == "https://host/v1/projects/1/forms/a.svcx/draft.svc"
    resource = read_resource("Submissions('uuid%3AAB-1')/g/plot('ff')/h/crop")
    assert (resource.instance_id, resource.table, resource.above, resource.row) == (
        "uuid:AB-1", "Submissions.g.plot.h.crop", "ff", None,
    )  # fmt: skip
