"""Forms that write and read an entity list, for tests of lists."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

Ask = Callable[..., Any]
XML = {"Content-Type": "application/xml"}
OPENROSA = {"X-OpenRosa-Version": "1.0"}
VILLAGES = "ភម"  # letters alone: a vowel sign is a mark, which no name may hold


def writer(
    dataset: str = VILLAGES,
    fields: str = "kind:kind families:families",
    form_id: str = "register",
    version: str = "1",
    entities: str = "2024.1.0",
    reads: str = "",
) -> bytes:
    """fields: question:property with blanks between; reads: name of a file that the form has."""
    asked = [part.split(":") for part in fields.split()]
    nodes = "".join(f"<{name}/>" for name, _ in asked)
    binds = "".join(f'<bind nodeset="/data/{n}" type="string" entities:saveto="{p}"/>' for n, p in asked)
    source = f'<instance id="other" src="jr://file-csv/{reads}"/>' if reads else ""
    return (
        '<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml" '
        'xmlns:entities="http://www.opendatakit.org/xforms/entities"><h:head><h:title>ចុះឈ្មោះ</h:title>'
        f'<model entities:entities-version="{entities}"><instance><data id="{form_id}" version="{version}">'
        f'{nodes}<meta><entity dataset="{dataset}" id="" create=""><label/></entity><instanceID/></meta></data>'
        f"</instance>{source}{binds}</model></h:head><h:body/></h:html>"
    ).encode()


def reader(file: str = f"{VILLAGES}.csv", form_id: str = "visit", version: str = "1") -> bytes:
    return (
        '<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">'
        f'<h:head><h:title>ទស្សនកិច្ច</h:title><model><instance><data id="{form_id}" version="{version}"><village/>'
        f'<meta><instanceID/></meta></data></instance><instance id="v" src="jr://file-csv/{file}"/>'
        "</model></h:head><h:body/></h:html>"
    ).encode()


@pytest.fixture
def project(as_admin: Ask) -> str:
    number = as_admin("POST", "/v1/projects", {"name": "ស្រូវ"}).get_json()["id"]
    return f"/v1/projects/{number}"


def publish(ask: Ask, project: str, xml: bytes, query: str = "publish=true") -> Any:
    return ask("POST", f"{project}/forms?{query}", data=xml, headers=XML)


def add(ask: Ask, project: str, label: str, **data: str) -> str:
    """An entity of the list; its uuid."""
    body = {"label": label, "data": data}
    made = ask("POST", f"{project}/datasets/{VILLAGES}/entities", body)
    assert made.status_code == 200, made.get_json()
    uuid: str = made.get_json()["uuid"]
    return uuid


def refusal(answer: Any) -> tuple[float, Any]:
    said = answer.get_json()
    assert answer.status_code == int(said["code"]), said
    return said["code"], said.get("details")
