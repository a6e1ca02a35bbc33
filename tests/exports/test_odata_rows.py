"""OData data documents, as ODK Central answers them."""

from __future__ import annotations

import json
from urllib.parse import parse_qsl, urlsplit

import pytest

from server.errors import Problem
from server.exports.odata import count_document, resource_document, table_document
from server.exports.odata_names import identifier, row_id
from server.exports.odata_query import Address, read_query, read_resource

A = "uuid:aaaaaaaa-0000-4000-8000-000000000001"
B = "uuid:bbbbbbbb-0000-4000-8000-000000000002"
PLOT_1 = "04cdbd2a8d14a4d8adbbc57c14b70036ddcfa0fd"
PLOT_2 = "9b12a30084ae1d0dfcdc1bcf60365ec0f4635bbe"
CROP = "b8d7833402b3b3a12a31cf9dd9ccc79665b662b1"
SERVICE = "https://host/v1/projects/1/forms/rice.svc"
LINK = "Submissions('uuid%3Aaaaaaaaa-0000-4000-8000-000000000001')"


def address(query="", path="Submissions"):
    return Address("https://host", f"/v1/projects/1/forms/rice.svc/{path}{query}")


def get(source, table="Submissions", url=None, **options):
    query = read_query({f"${k}": v for k, v in options.items()}, table)
    body = b"".join(
        table_document(source, source.versions[-1], table, query, url or address(), total=len(source.heads))
    )
    return json.loads(body)


def get_one(source, path, **options):
    resource = read_resource(path)
    query = read_query({f"${k}": v for k, v in options.items()}, resource.table)
    alone = source.alone(resource.instance_id)
    return json.loads(
        b"".join(resource_document(alone, source.versions[-1], resource, query, address(path=path)))
    )


def code(call, *args, **options):
    with pytest.raises(Problem) as caught:
        call(*args, **options)
    return caught.value.code


def test_worked_example_of_submissions(rice):
    document = get(rice)
    assert list(document) == ["value", "@odata.context"]
    assert document["@odata.context"] == f"{SERVICE}/$metadata#Submissions"
    assert document["value"][0] == {
        "__id": A,
        "__system": {
            "submissionDate": "2026-11-23T01:15:00.000Z", "updatedAt": None, "submitterId": "42",
            "submitterName": "Tablet 7", "attachmentsPresent": 0, "attachmentsExpected": 0, "status": None,
            "reviewState": None, "deviceId": "collect:AbCdEfGhIjKlMnOp", "edits": 0, "formVersion": "7",
            "deletedAt": None,
        },
        "farm": {
            "name": "សុខ",
            "gps": {"type": "Point", "coordinates": [104.9, 11.5, 12], "properties": {"accuracy": 4.8}},
            "plot@odata.navigationLink": f"{LINK}/farm/plot",
        },
        "pests": "bph stem_borer",
        "meta": {"instanceID": A},
    }  # fmt: skip


def test_missing_answers_are_null_and_no_link_without_rows(rice):
    assert get(rice)["value"][1] == {
        "__id": B,
        "__system": get(rice)["value"][1]["__system"],
        "farm": {"name": "ចាន់", "gps": None},
        "pests": "rat",
        "meta": {"instanceID": B},
    }


def test_worked_example_of_repeats(rice):
    assert get(rice, "Submissions.farm.plot") == {
        "value": [
            {"area": 1.5, "__id": PLOT_1, "__Submissions-id": A},
            {
                "area": 2,
                "crop@odata.navigationLink": f"{LINK}/farm/plot('{PLOT_2}')/crop",
                "__id": PLOT_2,
                "__Submissions-id": A,
            },
        ],
        "@odata.context": f"{SERVICE}/$metadata#Submissions.farm.plot",
    }
    assert get(rice, "Submissions.farm.plot.crop")["value"] == [
        {"kind": "jasmine", "__id": CROP, "__Submissions-farm-plot-id": PLOT_2}
    ]


def test_whole_numbers_have_no_point(rice):
    query = read_query({}, "Submissions.farm.plot")
    body = b"".join(table_document(rice, rice.versions[0], "Submissions.farm.plot", query, address()))
    assert b'"area":2,' in body
    assert body.startswith(b'{"value":[{')


def test_check_value_of_repeat_ids():
    assert row_id("double", "/children/child[1]") == "46ebf42ee83ddec5028c42b2c054402d1e700208"


def test_expanded_rows_stand_inside_and_carry_no_parent_id(rice):
    farm = get(rice, expand="*")["value"][0]["farm"]
    assert farm["plot@odata.navigationLink"] == f"{LINK}/farm/plot"
    assert farm["plot"] == [
        {"area": 1.5, "__id": PLOT_1},
        {
            "area": 2,
            "crop@odata.navigationLink": f"{LINK}/farm/plot('{PLOT_2}')/crop",
            "crop": [{"kind": "jasmine", "__id": CROP}],
            "__id": PLOT_2,
        },
    ]
    assert get(rice, "Submissions.farm.plot", expand="*")["value"][1]["crop"] == [
        {"kind": "jasmine", "__id": CROP}
    ]


def test_encrypted_row_has_id_and_system_only(rice):
    rice.heads[0].status = "notDecrypted"
    row = get(rice)["value"][0]
    assert list(row) == ["__id", "__system"]
    assert row["__system"]["status"] == "notDecrypted"


def test_next_link_goes_to_the_outside_address_and_drops_skip(rice):
    url = Address("https://host", "/v1/projects/1/forms/rice.svc/Submissions?%24top=1")
    assert get(rice, url=url, top="1")["@odata.nextLink"] == (
        f"{SERVICE}/Submissions?%24top=1&%24skiptoken="
        "01eyJpbnN0YW5jZUlkIjoidXVpZDphYWFhYWFhYS0wMDAwLTQwMDAtODAwMC0wMDAwMDAwMDAwMDEifQ%3D%3D"
    )
    url = address("?$top=1&$skip=1&$count=True&$filter=__system/edits%20eq%200")
    link = get(rice, url=url, top="1", skip="1", count="True")["@odata.nextLink"]
    asked = dict(parse_qsl(urlsplit(link).query))
    assert list(asked) == ["$top", "$count", "$filter", "$skiptoken"]
    assert asked["$filter"] == "__system/edits eq 0"


def test_no_next_link_on_the_last_page_nor_without_top(rice):
    assert "@odata.nextLink" not in get(rice, top="2")
    assert "@odata.nextLink" not in get(rice)


def test_envelope_order(rice):
    assert list(get(rice, top="1", count="TRUE")) == [
        "value", "@odata.context", "@odata.nextLink", "@odata.count",
    ]  # fmt: skip


def test_repeat_rows_are_paged_until_the_end(rice):
    rice.add(
        "<data id='rice'><farm><plot><area>3</area></plot><plot/><plot/></farm>"
        "<meta><instanceID>uuid:c</instanceID></meta></data>"
    )
    seen, options, pages = [], {"top": "2", "count": "true"}, 0
    while True:
        document = get(
            rice,
            "Submissions.farm.plot",
            url=address("?$top=2&$count=true", "Submissions.farm.plot"),
            **options,
        )
        assert document["@odata.count"] == 5
        seen += [row["__id"] for row in document["value"]]
        pages += 1
        if "@odata.nextLink" not in document:
            break
        options["skiptoken"] = dict(parse_qsl(urlsplit(document["@odata.nextLink"]).query))["$skiptoken"]
    assert pages == 3
    assert seen == [row["__id"] for row in get(rice, "Submissions.farm.plot")["value"]]
    assert [r["__id"] for r in get(rice, "Submissions.farm.plot", skip="3", top="9")["value"]] == seen[3:]


def test_unknown_repeat_row_in_skiptoken_is_told_before_the_first_byte(rice):
    token = "01eyJyZXBlYXRJZCI6Im5vbmUifQ=="
    query = read_query({"$skiptoken": token}, "Submissions.farm.plot")
    assert code(table_document, rice, rice.versions[0], "Submissions.farm.plot", query, address()) == "400.34"


def test_many_rows_come_in_pieces_and_are_one_document(rice):
    rice.heads *= 300
    query = read_query({}, "Submissions")
    pieces = list(table_document(rice, rice.versions[0], "Submissions", query, address()))
    assert len(pieces) > 2
    assert len(json.loads(b"".join(pieces))["value"]) == 600


def test_select_gives_what_is_named_and_its_groups(rice):
    first = {"select": "__id,farm/name, __system/edits"}
    assert get(rice, **first)["value"][0] == {"__id": A, "__system": {"edits": 0}, "farm": {"name": "សុខ"}}
    assert get(rice, select="pests")["value"][0] == {"pests": "bph stem_borer"}
    assert list(get(rice, select="farm")["value"][0]["farm"]) == ["name", "gps", "plot@odata.navigationLink"]
    assert get(rice, select="*") == get(rice)
    assert get(rice, "Submissions.farm.plot", select="area,__Submissions-id")["value"][0] == {
        "area": 1.5, "__Submissions-id": A,
    }  # fmt: skip


def test_select_of_what_is_not_there(rice):
    assert code(get, rice, select="nothing") == "400.23"
    assert code(get, rice, select="farm/plot/area") == "400.24"
    assert code(get, rice, "Submissions.farm.plot", select="__system") == "400.23"


def test_unknown_tables(rice):
    assert code(get, rice, "Submissions.farm") == "404.1"
    assert code(get, rice, "Entities") == "404.1"


def test_single_submission_and_the_rows_below_it(rice):
    assert get_one(rice, f"Submissions('{A}')")["value"] == get(rice)["value"][:1]
    assert get_one(rice, f"{LINK}/farm/plot")["value"] == get(rice, "Submissions.farm.plot")["value"]
    below = get_one(rice, f"{LINK}/farm/plot('{PLOT_2}')/crop")
    assert [row["__id"] for row in below["value"]] == [CROP]
    assert below["@odata.context"] == f"{SERVICE}/$metadata#Submissions.farm.plot.crop"
    assert get_one(rice, f"{LINK}/farm/plot('{PLOT_1}')/crop")["value"] == []
    assert [row["__id"] for row in get_one(rice, f"{LINK}/farm/plot('{PLOT_2}')")["value"]] == [PLOT_2]


def test_rows_below_a_submission_are_paged(rice):
    document = get_one(rice, f"{LINK}/farm/plot", top="1", count="true")
    assert document["@odata.count"] == 2
    token = dict(parse_qsl(urlsplit(document["@odata.nextLink"]).query))["$skiptoken"]
    assert [row["__id"] for row in get_one(rice, f"{LINK}/farm/plot", skiptoken=token)["value"]] == [PLOT_2]


def test_what_is_no_address_is_not_found(rice):
    assert code(get_one, rice, "Submissions('uuid:ffffffff-0000-4000-8000-000000000000')") == "404.1"
    assert code(read_resource, "Submissions('a b')") == "404.1"
    assert code(get_one, rice, f"{LINK}/farm") == "404.1"


def test_top_0_gives_the_count_alone():
    assert count_document("Submissions", address(), 7) == (
        b'{"value":[],"@odata.context":"https://host/v1/projects/1/forms/rice.svc/$metadata#Submissions","@odata.count":7}'
    )


def test_an_older_version_s_answers_stand_under_the_present_names(make_source, make_form):
    old = make_form("<a/><r><x/><y/></r>", repeats=("/r",), types={"/r/y": "int"}, version="1")
    new = make_form(
        "<g><n/></g><r><y/></r><a/>", repeats=("/r",), types={"/r/y": "int", "/a": "string"}, version="2"
    )
    source = make_source(old, new)
    source.add(
        "<data id='wps'><a>ក</a><r><x>1</x><y>2</y></r><meta><instanceID>uuid:1</instanceID></meta></data>",
        version=0,
    )
    row = get(source)["value"][0]
    assert (row["a"], row["g"], row["__system"]["formVersion"]) == ("ក", {"n": None}, "1")
    assert get(source, "Submissions.r")["value"][0]["y"] == 2


def test_values_by_type(make_source, make_form):
    types = dict.fromkeys("ijk", "int") | dict.fromkeys("de", "decimal") | {
        "b": "boolean", "t": "dateTime", "u": "dateTime", "w": "date", "h": "time",
        "l": "geotrace", "s": "geoshape", "p": "geopoint",
    }  # fmt: skip
    source = make_source(
        make_form("".join(f"<{n}/>" for n in types) + "<x/>", types={f"/{n}": t for n, t in types.items()})
    )
    source.add(
        "<data id='wps'><i>007</i><j>១២</j><k>12345678901234567890</k><d>2.50</d><e>-1e3</e><b>true</b>"
        "<t>2026-11-23T08:15:00.000+07</t><u>2026-11-23T08:15:00.000+07:00</u><w>2026-11-23</w><h>08:15:00.000+07:00</h>"
        "<l>11 104 5 3;11.5 104.5; </l><s>11 104 0 0;12 105 0 0;11 104 0 0</s><p>nowhere</p><x> a&amp;b </x>"
        "<meta><instanceID>uuid:1</instanceID></meta></data>"
    )
    row = get(source)["value"][0]
    assert (row["i"], row["j"], row["d"], row["e"], row["b"]) == (7, None, 2.5, -1000, "true")
    assert row["k"] == pytest.approx(1.2345678901234567e19)
    assert row["t"] == row["u"] == "2026-11-23T08:15:00.000+07:00"
    assert (row["w"], row["h"], row["x"], row["p"]) == ("2026-11-23", "08:15:00.000+07:00", " a&b ", None)
    assert row["l"] == {
        "type": "LineString", "coordinates": [[104, 11, 5], [104.5, 11.5]],
        "properties": {"accuracies": [3, None]},
    }  # fmt: skip
    assert row["s"] == {"type": "Polygon", "coordinates": [[[104, 11, 0], [105, 12, 0], [104, 11, 0]]]}
    as_text = get(source, wkt="true")["value"][0]
    assert as_text["l"] == "LINESTRING (104 11 5,104.5 11.5)"
    assert as_text["s"] == "POLYGON ((104 11 0,105 12 0,104 11 0))"


@pytest.mark.parametrize(
    ("name", "sanitized"),
    [("plot", "plot"), ("2nd", "_2nd"), ("a-b.c", "a_b_c"), ("ឈ្មោះ", "__"), ("ageឆ្នាំ", "age_"), ("_x", "_x")],
)
def test_identifiers(name, sanitized):
    assert identifier(name) == sanitized
