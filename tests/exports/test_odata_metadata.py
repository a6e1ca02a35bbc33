"""The documents by which OData clients learn what a form holds."""

from __future__ import annotations

from lxml import etree

from server.exports.odata_metadata import metadata_document, service_document

EDM = "{http://docs.oasis-open.org/odata/ns/edm}"


def read(schema, form_id):
    return etree.fromstring(metadata_document(schema, form_id).encode())


def kinds(element, tag="Property"):
    return {e.get("Name"): e.get("Type") for e in element.findall(EDM + tag)}


def types(document):
    return {e.get("Name"): e for e in document.iter(EDM + "EntityType", EDM + "ComplexType")}


def test_every_repeat_is_a_table(rice):
    assert service_document(rice.versions[0], "https://host/v1/projects/1/forms/rice.svc") == {
        "@odata.context": "https://host/v1/projects/1/forms/rice.svc/$metadata",
        "value": [
            {"name": name, "kind": "EntitySet", "url": name}
            for name in ("Submissions", "Submissions.farm.plot", "Submissions.farm.plot.crop")
        ],
    }


def test_tables_groups_and_links(rice):
    found = types(read(rice.versions[0], "rice"))
    space = "org.opendatakit.user.rice"
    assert kinds(found["Submissions"]) == {
        "__id": "Edm.String", "__system": "org.opendatakit.submission.metadata", "farm": f"{space}.farm",
        "pests": "Edm.String", "meta": f"{space}.meta",
    }  # fmt: skip
    assert kinds(found["farm"]) == {"name": "Edm.String", "gps": "Edm.GeographyPoint"}
    assert kinds(found["farm"], "NavigationProperty") == {
        "plot": f"Collection({space}.Submissions.farm.plot)"
    }
    assert kinds(found["Submissions.farm.plot"]) == {
        "__id": "Edm.String", "__Submissions-id": "Edm.String", "area": "Edm.Decimal",
    }  # fmt: skip
    assert "__Submissions-farm-plot-id" in kinds(found["Submissions.farm.plot.crop"])
    assert len(kinds(found["metadata"])) == 12


def test_the_container_bears_the_form_id_as_it_is(rice):
    document = read(rice.versions[0], 'ស្រូវ-"2"&')
    assert document.find(f".//{EDM}EntityContainer").get("Name") == 'ស្រូវ-"2"&'
    assert {e.get("Namespace") for e in document.iter(EDM + "Schema")} == {
        "org.opendatakit.submission", "org.opendatakit.user.__2_",
    }  # fmt: skip
    assert [e.get("Name") for e in document.iter(EDM + "EntitySet")] == [
        "Submissions", "Submissions.farm.plot", "Submissions.farm.plot.crop",
    ]  # fmt: skip


def test_capabilities_say_what_a_client_must_do_itself(rice):
    document = read(rice.versions[0], "rice")
    says = {e.get("Property"): e.get("Bool") for e in document.iter(EDM + "PropertyValue")}
    assert (says["Countable"], says["Sortable"], says["Expandable"]) == ("true", "false", "false")
    assert [e.text for e in document.iter(EDM + "PropertyPath")] == ["farm", "pests", "meta"]
