"""/v1/projects/N/datasets as ODK Central answers it: lists, properties, and what forms do to them."""

from __future__ import annotations

from typing import Any

import pytest

from server import upkeep
from server.hub import Hub
from tests.web.lists import VILLAGES, XML, Ask, add, project, publish, reader, refusal, writer

__all__ = ["project"]
LIST = f"datasets/{VILLAGES}"


def properties(ask: Ask, project: str) -> list[str]:
    return [each["name"] for each in ask("GET", f"{project}/{LIST}").get_json()["properties"]]


def actions(ask: Ask, action: str) -> list[Any]:
    return [each["details"] for each in ask("GET", f"/v1/audits?action={action}").get_json()]


def test_a_list_is_made_by_its_name_and_shown_with_every_key(as_admin: Ask, project: str) -> None:
    made = as_admin("POST", f"{project}/datasets", {"name": VILLAGES, "approvalRequired": True}).get_json()
    assert made["approvalRequired"] is True and made["ownerOnly"] is False and made["deletedAt"] is None
    assert made["properties"] == made["linkedForms"] == made["sourceForms"] == []
    assert made["draftLinkedForms"] == made["draftSourceForms"] == []
    assert "id" not in made and "accessFilter" not in made
    shown = as_admin("GET", f"{project}/{LIST}", headers={"X-Extended-Metadata": "true"}).get_json()
    assert shown == {**made, "entities": 0, "lastEntity": None, "conflicts": 0}
    assert actions(as_admin, "dataset.create") == [{"properties": []}]


def test_khmer_words_are_names_of_lists_and_properties(as_admin: Ask, project: str) -> None:
    lists = f"{project}/datasets"
    assert as_admin("POST", lists, {"name": "ស្រែ"}).status_code == 200
    assert as_admin("POST", f"{lists}/ស្រែ/properties", {"name": "ដំណាំ"}).get_json() == {"success": True}
    made = as_admin("POST", f"{lists}/ស្រែ/entities", {"label": "ស្រែទី១", "data": {"ដំណាំ": "ស្រូវ"}})
    assert made.get_json()["currentVersion"]["data"] == {"ដំណាំ": "ស្រូវ"}
    table = as_admin("GET", f"{lists}/ស្រែ/entities.csv").get_data(as_text=True).splitlines()
    assert table[0].startswith("__id,label,ដំណាំ,") and ",ស្រែទី១,ស្រូវ," in table[1]
    (row,) = as_admin("GET", f"{lists}/ស្រែ.svc/Entities").get_json()["value"]
    assert "ស្រូវ" in row.values()
    assert as_admin("GET", f"{lists}/ស្រែ.svc/$metadata").status_code == 200


@pytest.mark.parametrize("name", ["ិក", "a.b", "__a", "1a", "", 7])
def test_a_name_that_no_form_could_declare_is_refused(as_admin: Ask, project: str, name: object) -> None:
    code, details = refusal(as_admin("POST", f"{project}/datasets", {"name": name}))
    assert (code, details["field"], details["value"]) == (400.8, "name", name)


def test_a_name_is_taken_in_whatever_letter_case(as_admin: Ask, project: str) -> None:
    for name in ("trees", "ДЕРЕВЬЯ"):
        assert as_admin("POST", f"{project}/datasets", {"name": name}).status_code == 200
    assert refusal(as_admin("POST", f"{project}/datasets", {"name": "trees"}))[0] == 409.3
    code, details = refusal(as_admin("POST", f"{project}/datasets", {"name": "деревья"}))
    assert (code, details) == (409.16, {"current": "ДЕРЕВЬЯ", "provided": "деревья"})


def test_publishing_a_form_makes_its_list_with_properties_as_it_asks(as_admin: Ask, project: str) -> None:
    publish(as_admin, project, writer(fields="b:second a:first"))
    shown = as_admin("GET", f"{project}/{LIST}").get_json()
    assert [p["name"] for p in shown["properties"]] == ["second", "first"]
    form = {"name": "ចុះឈ្មោះ", "xmlFormId": "register"}
    assert shown["sourceForms"] == [form] and shown["properties"][0]["forms"] == [form]
    assert actions(as_admin, "dataset.create") == [{"properties": ["second", "first"]}]


def test_a_draft_makes_nothing_but_shows_what_it_would_make(as_admin: Ask, project: str) -> None:
    publish(as_admin, project, writer(), query="")
    assert as_admin("GET", f"{project}/datasets").get_json() == []
    diff = as_admin("GET", f"{project}/forms/register/draft/dataset-diff").get_json()
    names = [{"name": n, "isNew": True, "inForm": True} for n in ("kind", "families")]
    assert diff == [{"name": VILLAGES, "isNew": True, "properties": names}]
    assert as_admin("GET", f"{project}/forms/register/dataset-diff").status_code == 404


def test_properties_of_all_forms_add_up_and_a_diff_names_those_of_others(as_admin: Ask, project: str) -> None:
    publish(as_admin, project, writer())
    publish(as_admin, project, writer(fields="roof:roof kind:kind", form_id="second"))
    assert properties(as_admin, project) == ["kind", "families", "roof"]
    diff = as_admin("GET", f"{project}/forms/second/dataset-diff").get_json()
    assert diff[0]["properties"] == [
        {"name": "families", "inForm": False},
        {"name": "roof", "inForm": True},
        {"name": "kind", "inForm": True},
    ]
    assert actions(as_admin, "dataset.update") == [{"properties": ["kind", "families", "roof"]}]


def test_a_property_in_other_letter_case_is_refused_before_anything_is_made(
    as_admin: Ask, project: str
) -> None:
    publish(as_admin, project, writer())
    code, details = refusal(publish(as_admin, project, writer(fields="k:KIND", form_id="second")))
    assert (code, details) == (409.17, {"duplicateProperties": [{"current": "kind", "provided": "KIND"}]})
    assert as_admin("GET", f"{project}/forms/second").status_code == 404
    code, _ = refusal(publish(as_admin, project, writer(fields="a:x b:X", form_id="third")))
    assert code == 400.25


def test_two_drafts_of_one_new_name_meet_when_the_second_is_published(as_admin: Ask, project: str) -> None:
    publish(as_admin, project, writer("trees"), query="")
    publish(as_admin, project, writer("Trees", form_id="second"), query="")
    assert as_admin("POST", f"{project}/forms/register/draft/publish").status_code == 200
    code, details = refusal(as_admin("POST", f"{project}/forms/second/draft/publish"))
    assert (code, details) == (409.16, {"current": "trees", "provided": "Trees"})


def test_entities_of_before_offline_work_warn_once(as_admin: Ask, project: str) -> None:
    code, details = refusal(publish(as_admin, project, writer(entities="2023.1.0"), query=""))
    (warning,) = details["warnings"]["workflowWarnings"]
    assert (code, warning["type"], warning["details"]) == (
        400.16,
        "oldEntityVersion",
        {"version": "2023.1.0"},
    )
    assert publish(as_admin, project, writer(entities="2023.1.0"), "ignoreWarnings=true").status_code == 200


def test_a_property_is_added_and_deleted_again_unless_something_needs_it(as_admin: Ask, project: str) -> None:
    publish(as_admin, project, writer())
    assert as_admin("POST", f"{project}/{LIST}/properties", {"name": "roof"}).status_code == 200
    assert refusal(as_admin("POST", f"{project}/{LIST}/properties", {"name": "Roof"}))[0] == 409.3
    add(as_admin, project, "ភូមិថ្មី", roof="ស័ង្កសី")
    code, details = refusal(as_admin("DELETE", f"{project}/{LIST}/properties/roof"))
    held = details["prerequisites"]["nonEmptyEntities"]["details"]
    assert (code, held["totalCount"], held["entities"][0]["label"]) == (409.22, 1, "ភូមិថ្មី")
    code, details = refusal(as_admin("DELETE", f"{project}/{LIST}/properties/kind"))
    forms = details["prerequisites"]["dependentForms"]["details"]["forms"]
    assert (code, forms) == (409.22, [{"formName": "ចុះឈ្មោះ", "xmlFormId": "register"}])
    as_admin("POST", f"{project}/{LIST}/properties", {"name": "unused"})
    assert as_admin("DELETE", f"{project}/{LIST}/properties/unused").status_code == 200
    assert properties(as_admin, project) == ["kind", "families", "roof"]
    assert refusal(as_admin("DELETE", f"{project}/{LIST}/properties/unused"))[0] == 404.1


def test_a_list_that_forms_use_is_not_deleted(as_admin: Ask, project: str) -> None:
    publish(as_admin, project, writer())
    publish(as_admin, project, reader(), query="")
    code, details = refusal(as_admin("DELETE", f"{project}/{LIST}"))
    assert code == 409.21 and details["sourceForms"][0]["xmlFormId"] == "register"
    assert details["draftLinkedForms"] == [{"name": "ទស្សនកិច្ច", "xmlFormId": "visit"}]


def test_a_deleted_list_lies_in_the_trash_beside_a_new_one_of_its_name(as_admin: Ask, project: str) -> None:
    as_admin("POST", f"{project}/datasets", {"name": VILLAGES})
    add(as_admin, project, "ចាស់")
    assert as_admin("DELETE", f"{project}/{LIST}").status_code == 200
    assert as_admin("GET", f"{project}/{LIST}").status_code == 404
    as_admin("POST", f"{project}/datasets", {"name": VILLAGES})
    assert as_admin("GET", f"{project}/{LIST}/entities").get_json() == []
    (gone,) = as_admin("GET", f"{project}/datasets?deleted=true").get_json()
    trash = as_admin("GET", f"{project}/trash/datasets/{gone['id']}/entities.csv")
    assert "ចាស់" in trash.text and f"{VILLAGES}-deleted.csv" not in trash.headers["Content-Type"]
    assert actions(as_admin, "dataset.delete") == [None]


def test_a_form_is_not_taken_from_the_trash_when_its_list_is_gone(as_admin: Ask, project: str) -> None:
    publish(as_admin, project, writer())
    as_admin("DELETE", f"{project}/forms/register")
    (gone,) = as_admin("GET", f"{project}/forms?deleted=true").get_json()
    as_admin("DELETE", f"{project}/{LIST}")
    as_admin("POST", f"{project}/datasets", {"name": VILLAGES})
    assert refusal(as_admin("POST", f"{project}/forms/{gone['id']}/restore"))[0] == 409.23


def test_approval_is_not_switched_off_before_it_is_said_what_becomes_of_what_waits(
    as_admin: Ask, project: str
) -> None:
    publish(as_admin, project, writer())
    as_admin("PATCH", f"{project}/{LIST}", {"approvalRequired": True})
    sent = (
        '<data id="register" version="1"><kind>ក</kind><meta><instanceID>uuid:1</instanceID>'
        f'<entity dataset="{VILLAGES}" id="12345678-1234-4123-8234-123456789abc" create="1"><label>ភូមិ</label>'
        "</entity></meta></data>"
    )
    as_admin("POST", f"{project}/forms/register/submissions", data=sent.encode(), headers=XML)
    assert as_admin("GET", f"{project}/{LIST}/entities").get_json() == []
    off = {"approvalRequired": False}
    assert refusal(as_admin("PATCH", f"{project}/{LIST}", off)) == (400.29, {"count": 1})
    assert refusal(as_admin("PATCH", f"{project}/{LIST}?convert=maybe", off))[0] == 400.8
    assert as_admin("PATCH", f"{project}/{LIST}?convert=true", off).get_json()["approvalRequired"] is False
    assert [
        e["currentVersion"]["label"] for e in as_admin("GET", f"{project}/{LIST}/entities").get_json()
    ] == ["ភូមិ"]
    assert actions(as_admin, "dataset.update")[0] == {"data": off, "autoConvert": True}


def test_seeing_ones_own_and_rules_exclude_each_other(as_admin: Ask, project: str) -> None:
    publish(as_admin, project, writer())
    as_admin("POST", f"{project}/actor-properties", {"name": "province"})
    rule = {"datasetProperty": "kind", "actorProperty": "province"}
    unknown = {"datasetProperty": "nothing", "actorProperty": "province"}
    by_rules = {"type": "property", "rules": [rule, rule, unknown]}
    said = as_admin("PATCH", f"{project}/{LIST}", {"accessFilter": by_rules}).get_json()
    assert said["accessFilter"] == {"type": "property", "rules": [rule]}
    said = as_admin("PATCH", f"{project}/{LIST}", {"ownerOnly": True}).get_json()
    assert said["accessFilter"] == {"type": "ownerOnly"} and said["ownerOnly"] is True
    said = as_admin("PATCH", f"{project}/{LIST}", {"accessFilter": by_rules}).get_json()
    assert said["ownerOnly"] is False and said["accessFilter"]["rules"] == [rule]
    assert "accessFilter" not in as_admin("PATCH", f"{project}/{LIST}", {"accessFilter": None}).get_json()


@pytest.mark.parametrize(
    "access",
    [
        {"type": "other"},
        {"type": "property", "rules": []},
        {"type": "property", "rules": [{"datasetProperty": "a"}]},
        7,
    ],
)
def test_an_access_filter_that_says_nothing_is_refused(as_admin: Ask, project: str, access: object) -> None:
    as_admin("POST", f"{project}/datasets", {"name": VILLAGES})
    assert refusal(as_admin("PATCH", f"{project}/{LIST}", {"accessFilter": access}))[0] == 400.8


def test_projects_tell_of_their_lists(as_admin: Ask, project: str) -> None:
    as_admin("POST", f"{project}/datasets", {"name": VILLAGES})
    add(as_admin, project, "ភូមិ")
    (row,) = as_admin("GET", "/v1/projects?datasets=true").get_json()
    assert row["datasets"] == 1 and row["datasetList"][0]["entities"] == 1
    assert row["lastEntity"] == row["datasetList"][0]["lastEntity"] is not None
    shown = as_admin("GET", project, headers={"X-Extended-Metadata": "true"}).get_json()
    assert (shown["datasets"], shown["lastEntity"]) == (1, row["lastEntity"])


def test_people_get_a_csv_with_who_and_when_and_its_tag_changes_with_the_list(
    as_admin: Ask, project: str
) -> None:
    publish(as_admin, project, writer())
    add(as_admin, project, "ចាស់", kind="ក")
    add(as_admin, project, "ថ្មី, ១", families="12")
    answer = as_admin("GET", f"{project}/{LIST}/entities.csv")
    head, first, second = answer.text.splitlines()
    assert head == (
        "__id,label,kind,families,__createdAt,__creatorId,__creatorName,__updates,__updatedAt,__version"
    )
    assert first.split('"')[1] == "ថ្មី, ១" and second.split(",")[1:4] == ["ចាស់", "ក", ""]
    again = as_admin(
        "GET", f"{project}/{LIST}/entities.csv", headers={"If-None-Match": f"W/{answer.headers['ETag']}"}
    )
    assert (again.status_code, again.data) == (304, b"")
    add(as_admin, project, "ទីបី")
    assert as_admin("GET", f"{project}/{LIST}/entities.csv").headers["ETag"] != answer.headers["ETag"]


def test_a_rebuild_shows_every_list_again(as_admin: Ask, project: str, hub: Hub) -> None:
    publish(as_admin, project, writer(reads=f"{VILLAGES}.csv"))
    publish(as_admin, project, writer(fields="roof:roof", form_id="second"), query="")
    as_admin("POST", f"{project}/{LIST}/properties", {"name": "roof"})
    as_admin("DELETE", f"{project}/{LIST}/properties/roof")
    as_admin("POST", f"{project}/actor-properties", {"name": "province"})
    body = {"displayName": "ថេប្លេត", "properties": {"province": "កំពត"}}
    as_admin("POST", f"{project}/app-users", body)
    as_admin("PATCH", f"{project}/{LIST}", {"ownerOnly": True})
    as_admin("POST", f"{project}/datasets", {"name": "trees"})
    as_admin("DELETE", f"{project}/datasets/trees")
    assert upkeep.compare(hub) == []
