"""…/datasets/NAME/entities and NAME.svc: as ODK Central's clients know them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from server.accounts import assign, create_user
from server.hub import Hub
from server.roles import VIEWER, role_named
from server.store import projects
from server.web.rest import submission_reading
from server.web.rest import submissions as rest_submissions
from tests.conftest import PASSWORD
from tests.server.plots import FORM, OTHER, PLOT, visit

Ask = Callable[..., Any]
XML = {"Content-Type": "application/xml"}
LISTED = {"uuid", "creatorId", "conflict", "createdAt", "updatedAt", "deletedAt", "currentVersion"}
VERSION = {
    "label", "current", "createdAt", "creatorId", "userAgent", "version", "baseVersion",
    "conflictingProperties", "branchId", "trunkVersion", "branchBaseVersion",
}  # fmt: skip
NONE = "00000000-0000-4000-8000-000000000000"


@pytest.fixture
def project(as_admin: Ask) -> str:
    made = as_admin("POST", "/v1/projects", {"name": "ស្រែ ២០២៦"}).get_json()
    base = f"/v1/projects/{made['id']}"
    actions = 'create="" update=""'
    answer = as_admin(
        "POST", f"{base}/forms?publish=true", data=FORM.format(actions=actions).encode(), headers=XML
    )
    assert answer.status_code == 200, answer.get_json()
    return base


@pytest.fixture
def plots(project: str) -> str:
    return f"{project}/datasets/plots"


@pytest.fixture
def one(as_admin: Ask, plots: str) -> str:
    """The address of an entity that a program made."""
    make(as_admin, plots)
    return f"{plots}/entities/{PLOT}"


def make(ask: Ask, plots: str, uuid: str = PLOT, label: str = "ស្រែ ១", **data: str) -> Any:
    answer = ask("POST", f"{plots}/entities", {"uuid": uuid, "label": label, "data": data or {"stage": "a"}})
    assert answer.status_code == 200, answer.get_json()
    return answer.get_json()


def hand_in(ask: Ask, project: str, xml: bytes) -> None:
    assert ask("POST", f"{project}/forms/visit/submissions", data=xml, headers=XML).status_code == 200


def code(answer: Any) -> tuple[int, float]:
    return answer.status_code, answer.get_json()["code"]


def test_an_entity_shows_every_key_that_clients_know(as_admin: Ask, plots: str) -> None:
    made = make(as_admin, plots, stage="សំណាប", area="2")
    assert set(made) == LISTED
    assert set(made["currentVersion"]) == VERSION | {"data", "dataReceived"}
    assert made["currentVersion"]["data"] == {"stage": "សំណាប", "area": "2"}
    assert made["currentVersion"]["dataReceived"] == {"stage": "សំណាប", "area": "2", "label": "ស្រែ ១"}
    [listed] = as_admin("GET", f"{plots}/entities").get_json()
    assert set(listed["currentVersion"]) == VERSION


def test_extended_metadata_names_who_made_it(as_admin: Ask, plots: str, one: str) -> None:
    headers = {"X-Extended-Metadata": "true"}
    [listed] = as_admin("GET", f"{plots}/entities", headers=headers).get_json()
    assert listed["creator"]["displayName"] == listed["currentVersion"]["creator"]["displayName"] == "សុខា"


def test_uuids_are_found_in_any_case_and_with_their_prefix(as_admin: Ask, plots: str, one: str) -> None:
    assert as_admin("GET", f"{plots}/entities/uuid:{PLOT.upper()}").get_json()["uuid"] == PLOT
    assert code(as_admin("GET", f"{plots}/entities/{NONE}")) == (404, 404.1)
    assert code(as_admin("GET", f"{plots}/entities/123")) == (400, 400.11)
    assert code(as_admin("GET", f"{plots}x/entities/{PLOT}")) == (404, 404.1)


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ({"label": "x", "colour": "red"}, 400.31),
        ({"data": {"stage": "a"}}, 400.2),
        ({"label": " "}, 400.8),
        ({"label": 3}, 400.11),
        ({"label": "x", "uuid": "12"}, 400.11),
        ({"label": "x", "data": {"stage": 3}}, 400.11),
        ({"label": "x", "data": {"colour": "red"}}, 400.28),
        ({"label": "x", "uuid": PLOT}, 409.3),
        ({"entities": []}, 400.31),
        ({"entities": "x"}, 400.31),
        ({"entities": ["x"]}, 400.31),
        ({"entities": [{"label": "x"}]}, 400.2),
        ({"entities": [{"label": "x"}], "source": {"size": 3}}, 400.2),
        ({"entities": [{"label": "x"}], "source": {"name": "a", "size": "3"}}, 400.11),
        ({"entities": [{"label": "x"}, {"label": "y", "uuid": PLOT}], "source": {"name": "a"}}, 409.3),
        ({"entities": [{"label": "x", "uuid": OTHER}] * 2, "source": {"name": "a"}}, 409.3),
    ],
)
def test_what_is_wrong_is_said_and_nothing_is_made(
    as_admin: Ask, plots: str, one: str, body: dict[str, Any], expected: float
) -> None:
    answer = as_admin("POST", f"{plots}/entities", body)
    assert answer.get_json()["code"] == expected
    assert len(as_admin("GET", f"{plots}/entities").get_json()) == 1


def test_a_change_starts_from_the_version_that_the_caller_saw(as_admin: Ask, one: str) -> None:
    assert code(as_admin("PATCH", one, {"data": {"stage": "b"}})) == (409, 409.15)
    stale = as_admin("PATCH", f"{one}?baseVersion=2", {"data": {"stage": "b"}})
    assert stale.get_json()["details"] == {"current": "1", "provided": "2"}
    changed = as_admin("PATCH", f"{one}?baseVersion=1", {"data": {"area": "2"}}).get_json()
    assert changed["currentVersion"]["version"] == 2
    assert changed["currentVersion"]["data"] == {"stage": "a", "area": "2"}
    assert changed["updatedAt"] is not None
    forced = as_admin("PATCH", f"{one}?force=true", {"label": "ស្រែ ៩"}).get_json()
    assert (forced["currentVersion"]["version"], forced["currentVersion"]["baseVersion"]) == (3, 2)


def test_a_conflict_stays_until_somebody_resolves_it(as_admin: Ask, project: str, one: str) -> None:
    assert code(as_admin("PATCH", f"{one}?resolve=true&baseVersion=1")) == (400, 400.32)
    as_admin("PATCH", f"{one}?baseVersion=1", {"data": {"stage": "office"}})
    hand_in(as_admin, project, visit("uuid:1", update="1", baseVersion="1", stage="b"))
    assert as_admin("GET", one).get_json()["conflict"] == "hard"
    assert as_admin("PATCH", f"{one}?baseVersion=3", {"label": "x"}).get_json()["conflict"] == "hard"
    assert code(as_admin("PATCH", f"{one}?baseVersion=4", {})) == (400, 400.28)
    assert as_admin("PATCH", f"{one}?resolve=true&baseVersion=4").get_json()["conflict"] is None
    assert [v["resolved"] for v in as_admin("GET", f"{one}/versions").get_json()] == [
        False,
        False,
        True,
        False,
    ]


def test_versions_tell_what_one_needs_to_settle_a_conflict(as_admin: Ask, project: str, one: str) -> None:
    as_admin("PATCH", f"{one}?baseVersion=1", {"data": {"stage": "s"}})
    as_admin("PATCH", f"{one}?baseVersion=2", {"data": {"stage": "office"}})
    hand_in(as_admin, project, visit("uuid:1", update="1", baseVersion="2", stage="b", label="ស្រែ ១"))
    found = as_admin("GET", f"{one}/versions?relevantToConflict=true").get_json()
    assert [v["version"] for v in found] == [2, 3, 4]
    assert [v["lastGoodVersion"] for v in found] == [False, True, False]
    last = found[-1]
    assert (last["conflict"], last["conflictingProperties"]) == ("hard", ["stage"])
    assert (last["baseDiff"], last["serverDiff"]) == (["stage"], ["stage"])
    assert last["source"]["event"]["action"] == "submission.create"
    assert last["source"]["submission"]["instanceId"] == "uuid:1"
    assert found[0]["source"] == {}


def test_diffs_tell_what_each_version_changed(as_admin: Ask, one: str) -> None:
    as_admin("PATCH", f"{one}?baseVersion=1", {"label": "ស្រែ ២", "data": {"stage": "a", "area": "3"}})
    assert as_admin("GET", f"{one}/diffs").get_json() == [
        [
            {"old": "ស្រែ ១", "new": "ស្រែ ២", "propertyName": "label"},
            {"new": "3", "propertyName": "area"},
        ]
    ]


def test_the_trash_keeps_the_uuid(as_admin: Ask, plots: str, one: str) -> None:
    assert code(as_admin("POST", f"{one}/restore")) == (404, 404.1)
    assert as_admin("DELETE", one).get_json() == {"success": True}
    assert code(as_admin("GET", one)) == (404, 404.1)
    assert len(as_admin("GET", f"{plots}/entities?deleted=true").get_json()) == 1
    again = as_admin("POST", f"{plots}/entities", {"label": "x", "uuid": PLOT})
    assert (again.get_json()["code"], again.get_json()["details"]) == (409.19, {"entityUuids": [PLOT]})
    assert as_admin("POST", f"{one}/restore").get_json() == {"success": True}
    assert as_admin("GET", one).get_json()["deletedAt"] is None


def test_many_at_once_are_one_line_of_the_audit_log(as_admin: Ask, plots: str) -> None:
    made = [{"uuid": PLOT, "label": "ស្រែ ១"}, {"uuid": OTHER, "label": "ស្រែ ២", "data": {"stage": "b"}}]
    source = {"name": "ស្រែ.csv", "size": 100}
    as_admin("POST", f"{plots}/entities", {"entities": made, "source": source})
    listed = as_admin("GET", f"{plots}/entities").get_json()
    assert [e["uuid"] for e in listed] == [OTHER, PLOT]
    for way, kept in (("delete", 0), ("restore", 2)):
        ids = {"ids": [PLOT, OTHER, NONE]}
        assert as_admin("POST", f"{plots}/entities/bulk-{way}", ids).get_json() == {"count": 2}
        assert len(as_admin("GET", f"{plots}/entities").get_json()) == kept
    log = [line["action"] for line in as_admin("GET", "/v1/audits?action=entity").get_json()]
    assert log == ["entity.bulk.restore", "entity.bulk.delete", "entity.bulk.create"]
    own = as_admin("GET", f"{plots}/entities/{PLOT}/audits").get_json()
    assert [line["action"] for line in own] == log
    assert own[-1]["details"]["source"]["name"] == "ស្រែ.csv"


def test_the_log_of_a_submission_shows_what_it_made(as_admin: Ask, project: str, plots: str) -> None:
    hand_in(as_admin, project, visit("uuid:1", create="1", label="ស្រែ ១", stage="a"))
    hand_in(as_admin, project, visit("uuid:2", create="1", label="ស្រែ ១"))
    first = as_admin("GET", f"{project}/forms/visit/submissions/uuid:1/audits").get_json()
    assert [line["action"] for line in first] == ["entity.create", "submission.create"]
    assert first[0]["details"]["entity"]["uuid"] == PLOT
    assert first[0]["details"]["entity"]["entityAvailable"] is True
    second = as_admin("GET", f"{project}/forms/visit/submissions/uuid:2/audits").get_json()
    assert second[0]["action"] == "entity.error"
    assert second[0]["details"]["problem"]["problemCode"] == 409.3
    assert second[0]["details"]["problem"]["problemDetails"]["fields"] == ["uuid"]


def test_who_may_only_look_changes_nothing(
    hub: Hub, as_user: Callable[[str], Ask], as_admin: Ask, plots: str, one: str
) -> None:
    project = projects.list_projects(hub.read())[0]
    assign(hub, create_user(hub, "viewer@kampot.example", PASSWORD, "វិចិត្រ"), role_named(VIEWER), project)
    create_user(hub, "nobody@kampot.example", PASSWORD, "គ្មាន")
    looks, nobody = as_user("viewer@kampot.example"), as_user("nobody@kampot.example")
    for path in ("", f"/{PLOT}", f"/{PLOT}/versions", f"/{PLOT}/diffs", f"/{PLOT}/audits", "/creators"):
        assert looks("GET", f"{plots}/entities{path}").status_code == 200
        assert nobody("GET", f"{plots}/entities{path}").status_code == 403
    for method, path in (
        ("POST", ""), ("PATCH", f"/{PLOT}"), ("DELETE", f"/{PLOT}"), ("POST", f"/{PLOT}/restore"),
        ("POST", "/bulk-delete"), ("POST", "/bulk-restore"),
    ):  # fmt: skip
        assert looks(method, f"{plots}/entities{path}", {}).status_code == 403
    assert [c["displayName"] for c in as_admin("GET", f"{plots}/entities/creators").get_json()] == ["សុខា"]


def test_a_review_sent_beside_its_submission_waits_for_it(
    as_admin: Ask, project: str, plots: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    as_admin("PATCH", plots, {"approvalRequired": True})

    def arrive(seconds: float) -> None:
        hand_in(as_admin, project, visit("uuid:1", create="1", label="ស្រែ ១"))

    monkeypatch.setattr(submission_reading, "pause", arrive)
    approved = as_admin("PATCH", f"{project}/forms/visit/submissions/uuid:1", {"reviewState": "approved"})
    assert approved.status_code == 200
    assert [e["uuid"] for e in as_admin("GET", f"{plots}/entities").get_json()] == [PLOT]


def test_a_review_in_between_does_not_break_an_answer_that_is_being_made(
    as_admin: Ask, project: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Deciding anew gives the versions other numbers."""
    for plot, instance_id in ((PLOT, "uuid:1"), (OTHER, "uuid:2")):
        hand_in(as_admin, project, visit(instance_id, plot=plot, create="1", label="ស្រែ"))
    one = f"{project}/forms/visit/submissions/uuid:1"

    def meanwhile(form: Any, instance_id: str, *, deleted: bool = False) -> Any:
        monkeypatch.undo()
        held = submission_reading.find_submission(form, instance_id)
        assert as_admin("PATCH", one, {"reviewState": "hasIssues"}).status_code == 200
        return held

    monkeypatch.setattr(rest_submissions, "find_submission", meanwhile)
    answer = as_admin("PATCH", one, {})
    assert answer.status_code == 200
    assert answer.get_json()["currentVersion"]["instanceId"] == "uuid:1"


# OData and maps


@pytest.fixture
def five(as_admin: Ask, plots: str) -> list[str]:
    """uuids, newest first."""
    uuids = [f"12345678-1234-4123-8234-12345678900{n}" for n in range(5)]
    for n, uuid in enumerate(uuids):
        make(as_admin, plots, uuid, label=f"Farm {n}", stage="ដាំ" if n % 2 else "rice field", area=str(n))
    return uuids[::-1]


def test_odata_gives_rows_page_by_page(as_admin: Ask, plots: str, five: list[str]) -> None:
    seen, address = [], f"{plots}.svc/Entities?$top=2&$count=true"
    while address:
        page = as_admin("GET", address).get_json()
        assert page["@odata.count"] == 5
        assert len(page["value"]) <= 2
        seen += [row["__id"] for row in page["value"]]
        address = page.get("@odata.nextLink", "").partition("localhost")[2]
    assert seen == five


def test_odata_filters_orders_searches_and_selects(as_admin: Ask, plots: str, five: list[str]) -> None:
    as_admin("DELETE", f"{plots}/entities/{five[0]}")
    as_admin("PATCH", f"{plots}/entities/{five[1]}?force=true", {"label": "Farm x"})

    def rows(query: str) -> list[dict[str, Any]]:
        answer = as_admin("GET", f"{plots}.svc/Entities?{query}")
        assert answer.status_code == 200, answer.get_json()
        found: list[dict[str, Any]] = answer.get_json()["value"]
        return found

    assert [r["__id"] for r in rows("$filter=__system/deletedAt ne null")] == [five[0]]
    assert [r["__id"] for r in rows("$filter=__system/updatedAt ne null")] == [five[1]]
    assert [r["__id"] for r in rows("$orderby=__system/createdAt asc&$top=1")] == [five[4]]
    assert [r["label"] for r in rows("$search=field")] == ["Farm 2", "Farm 0"]
    assert [r["label"] for r in rows("$search=ដាំ")] == ["Farm x", "Farm 1"]
    assert [r["label"] for r in rows('$search="farm 0" or x')] == ["Farm x", "Farm 0"]
    assert [r["label"] for r in rows("$search=farm -field")] == ["Farm x", "Farm 1"]
    assert rows("$select=__id,area&$top=1") == [{"__id": five[1], "area": "3"}]
    assert rows("$select=__system/version&$top=1") == [{"__system": {"version": 2}}]
    assert code(as_admin("GET", f"{plots}.svc/Entities?$select=colour")) == (400, 400.23)
    assert code(as_admin("GET", f"{plots}.svc/Entities?$filter=label eq 'x'")) == (501, 501.5)


def test_odata_tells_what_it_has(as_admin: Ask, plots: str) -> None:
    said = as_admin("GET", f"{plots}.svc").get_json()
    assert said["value"] == [{"name": "Entities", "kind": "EntitySet", "url": "Entities"}]
    text = as_admin("GET", f"{plots}.svc/$metadata").text
    assert '<Property Name="stage" Type="Edm.String"/>' in text
    assert 'EntityType="org.opendatakit.user.plots.Entities"' in text


def test_what_has_a_geometry_is_on_the_map(as_admin: Ask, plots: str) -> None:
    as_admin("POST", f"{plots}/properties", {"name": "geometry"})
    given = {
        "1 2 3 0": {"type": "Point", "coordinates": [2, 1, 3]},
        "1 2; 1 2 3": {"type": "LineString", "coordinates": [[2, 1], [2, 1, 3]]},
        "1 2; 3 4; 5 6; 1 2": {"type": "Polygon", "coordinates": [[[2, 1], [4, 3], [6, 5], [2, 1]]]},
        "1 2 north": None,
        "100 200": None,
    }
    for n, text in enumerate(given):
        make(as_admin, plots, f"12345678-1234-4123-8234-12345678901{n}", label=f"ស្រែ {n}", geometry=text)
    found = as_admin("GET", f"{plots}/entities.geojson").get_json()
    shapes = [feature["geometry"] for feature in found["features"]]
    assert shapes == [shape for shape in reversed(given.values()) if shape]
    one = as_admin("GET", f"{plots}/entities/12345678-1234-4123-8234-123456789010/geojson").get_json()
    assert one["features"][0]["id"] == "12345678-1234-4123-8234-123456789010"
    limited = as_admin(
        "GET", f"{plots}/entities.geojson?limit=3&$filter=__system/conflict eq null"
    ).get_json()
    assert len(limited["features"]) == 1  # the newest two are nowhere
