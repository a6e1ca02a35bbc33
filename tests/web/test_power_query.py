"""Excel's and Power BI's steps: the service, its metadata, then every table page by page."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from xml.etree import ElementTree

import pytest
import requests

EMAIL, PASSWORD = "sokha@kampot.example", "ពាក្យសម្ងាត់វែង"
EDM = "{http://docs.oasis-open.org/odata/ns/edm}"
HEADERS = {
    "OData-MaxVersion": "4.0",
    "Accept": "application/json;odata.metadata=minimal;q=1.0,*/*;q=0.5",
    "X-Forwarded-Proto": "https",
    "User-Agent": "Microsoft.Data.Mashup (https://go.microsoft.com/fwlink/?LinkID=304225)",
}
NUMBER = 7


@pytest.fixture
def excel() -> Iterator[requests.Session]:
    with requests.Session() as session:
        session.auth = (EMAIL.encode(), PASSWORD.encode())
        session.headers.update(HEADERS)
        yield session


@pytest.fixture
def service(rice: Any, address: str) -> str:
    for n in range(NUMBER):
        rice.send(f"uuid:aaaaaaaa-0000-4000-8000-{n:012}")
    return f"{address}{rice.path}.svc"


def test_program_is_told_to_ask_for_a_name_and_password(service: str) -> None:
    assert requests.get(service, headers=HEADERS, timeout=20).status_code == 401


@pytest.mark.parametrize("ending", ["", "/"])
def test_every_table_is_found_and_read_to_its_end(excel: requests.Session, service: str, ending: str) -> None:
    document = excel.get(service + ending, timeout=20).json()
    assert document["@odata.context"].startswith("https://")  # the proxy's, not the process's
    names = [entry["url"] for entry in document["value"]]
    metadata = excel.get(f"{service}/$metadata", headers={"Accept": "application/xml"}, timeout=20)
    sets = ElementTree.fromstring(metadata.content).iter(f"{EDM}EntitySet")
    assert names == [one.get("Name") for one in sets]
    assert {name: len(rows(excel, f"{service}/{name}?$top=2")) for name in names} == {
        "Submissions": 2, "Submissions.farm.plot": 2, "Submissions.farm.plot.crop": 2,
    }  # fmt: skip


def rows(excel: requests.Session, address: str) -> list[dict[str, Any]]:
    found = excel.get(address, timeout=20).json()
    return list(found["value"])


def test_next_links_lead_through_all_rows_once(excel: requests.Session, service: str) -> None:
    link, seen = f"{service}/Submissions?$top=3&$select=__id&$count=true", []
    while link:
        page = excel.get(link.replace("https://", "http://"), timeout=20).json()
        assert page["@odata.count"] == NUMBER
        seen += [row["__id"] for row in page["value"]]
        link = page.get("@odata.nextLink", "")
    assert len(seen) == len(set(seen)) == NUMBER


@pytest.mark.parametrize("option", ["$apply=aggregate($count as n)", "$compute=1 as x", "$index=1"])
def test_what_cannot_be_folded_is_refused_so_that_it_is_worked_out_there(
    excel: requests.Session, service: str, option: str
) -> None:
    answer = excel.get(f"{service}/Submissions?{option}", timeout=20)
    assert answer.status_code in (400, 501)
    assert isinstance(answer.json()["code"], float)
