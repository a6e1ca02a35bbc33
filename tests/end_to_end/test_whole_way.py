"""The whole way of a consultation, through the doors that people use: an XLSForm, two hubs, tablets in a
province, a stick that is carried, one table at the nation."""

from __future__ import annotations

import csv
import hashlib
import io
from pathlib import Path
from typing import Any

import requests
from lxml import etree

from forms.samples import Sample, make_instances
from tests.end_to_end.hubs import LIBRARY, Coordinator, answer, init, samleng, serving

OPENROSA = {"X-OpenRosa-Version": "1.0", "Accept-Language": "km"}
DEVICE = "?deviceID=collect%3AAbCdEfGhIjKlMnOp"
SUBMISSIONS = "/v1/projects/1/forms/wps_consultation/submissions"


def pair(nation: Path, province: Path, folder: Path) -> None:
    for data, name in ((nation, "nation"), (province, "province")):
        answer(data, "hub", "card", "--out", folder / f"{name}.card")
    answer(nation, "hub", "add", folder / "province.card")
    answer(province, "hub", "add", folder / "nation.card")


def carry(giver: Path, taker: Path, name: str, file: Path) -> dict[str, Any]:
    answer(giver, "bundle", "write", "--for", name, "--out", file)
    return answer(taker, "bundle", "read", file)


def children(element: Any) -> dict[str, str]:
    return {etree.QName(child).localname: child.text or "" for child in element}


def fetch_form(door: str) -> str:
    """As a tablet does on refreshing its list: form and media, every hash checked. Its version."""
    listed = requests.get(f"{door}/formList{DEVICE}", headers=OPENROSA, timeout=30)
    assert listed.headers["Content-Type"] == "text/xml; charset=utf-8"
    (form,) = map(children, etree.fromstring(listed.content))
    for url, md5 in [(form["downloadUrl"], form["hash"]), *manifest(form["manifestUrl"])]:
        served = requests.get(url + DEVICE, headers=OPENROSA, timeout=30)
        assert served.status_code == 200
        assert md5 == "md5:" + hashlib.md5(served.content, usedforsecurity=False).hexdigest()
    return form["version"]


def manifest(url: str) -> list[tuple[str, str]]:
    served = requests.get(url + DEVICE, headers=OPENROSA, timeout=30)
    files = list(map(children, etree.fromstring(served.content)))
    assert {f["filename"] for f in files} == {p.name for p in (LIBRARY / "media").iterdir()}
    return [(f["downloadUrl"], f["hash"]) for f in files]


def send(door: str, sample: Sample) -> None:
    """One post for the answers, one for each file, as over a bad line."""
    assert requests.head(f"{door}/submission{DEVICE}", headers=OPENROSA, timeout=30).status_code == 204
    batches: list[dict[str, bytes]] = [{}, *({n: d} for n, d in sample.attachments.items())]
    for number, files in enumerate(batches):
        parts: dict[str, Any] = {"xml_submission_file": ("a.xml", sample.xml, "text/xml")}
        parts |= {name: (name, data, "application/octet-stream") for name, data in files.items()}
        more = {"*isIncomplete*": "yes"} if number < len(batches) - 1 else {}
        done = requests.post(
            f"{door}/submission{DEVICE}", files=parts, data=more, headers=OPENROSA, timeout=30
        )
        assert done.status_code == 201, done.text


def test_from_an_xlsform_to_one_table(tmp_path: Path) -> None:
    nation, province = tmp_path / "ជាតិ", tmp_path / "កំពត"
    init(nation, "ជាតិ")
    init(province, "កំពត")

    with serving(nation) as served:
        coordinator = Coordinator(served.url)
        project = coordinator.ask("POST", "/v1/projects", {"name": "ការពិគ្រោះយោបល់ ២០២៦"}).json()
        published = answer(nation, "form", "publish", LIBRARY / "form.xlsx", "--project", str(project["id"]))
        assert published["form_id"] == "wps_consultation"
        assert coordinator.ask("GET", "/v1/projects/1/forms/wps_consultation").json()["publishedAt"]
        assert served.stop() == 0

    pair(nation, province, tmp_path)
    down = carry(nation, province, "កំពត", tmp_path / "down.bundle")
    assert down["refused"] == 0 and down["new"] > 0

    with serving(province) as served:
        coordinator = Coordinator(served.url)
        tablet = coordinator.ask("POST", "/v1/projects/1/app-users", {"displayName": "ថេប្លេត ៧"}).json()
        coordinator.ask("POST", f"/v1/projects/1/forms/wps_consultation/assignments/app-user/{tablet['id']}")
        door = f"{served.url}/v1/key/{tablet['token']}/projects/1"
        version = fetch_form(door)
        samples = list(make_instances(seed=7, n=12, province="07", version=version, media=LIBRARY / "media"))
        for sample in samples:
            send(door, sample)
        send(door, samples[0])  # once more: the first answer was lost on its way
        first = quoted(samples[0].instance_id)
        coordinator.ask("PATCH", f"{SUBMISSIONS}/{first}", {"reviewState": "approved"})
        coordinator.ask("POST", f"{SUBMISSIONS}/{first}/comments", {"body": "សូមអរគុណ"})
        assert coordinator.ask("GET", "/v1/projects/1/parked").json() == []
        here = coordinator.ask("GET", f"{SUBMISSIONS}.csv").content
        assert served.stop() == 0

    up = tmp_path / "up.bundle"
    assert carry(province, nation, "ជាតិ", up)["new"] > len(samples)
    assert answer(nation, "bundle", "read", up)["new"] == 0

    with serving(nation) as served:
        coordinator = Coordinator(served.url)
        there = coordinator.ask("GET", f"{SUBMISSIONS}.csv").content
        assert there == here, "the same table, byte for byte"
        rows = list(csv.DictReader(io.StringIO(there.decode("utf-8-sig"))))
        assert sorted(r["KEY"] for r in rows) == sorted(s.instance_id for s in samples)
        assert {r["SubmitterName"] for r in rows} == {"ថេប្លេត ៧"}
        assert {r["DeviceID"] for r in rows} == {"collect:AbCdEfGhIjKlMnOp"}
        for sample in samples:
            held = coordinator.ask("GET", f"{SUBMISSIONS}/{quoted(sample.instance_id)}.xml")
            assert held.content == sample.xml
            for name, data in sample.attachments.items():
                path = f"{SUBMISSIONS}/{quoted(sample.instance_id)}/attachments/{name}"
                assert coordinator.ask("GET", path).content == data
        one = coordinator.ask("GET", f"{SUBMISSIONS}/{first}").json()
        assert one["reviewState"] == "approved"
        (comment,) = coordinator.ask("GET", f"{SUBMISSIONS}/{first}/comments").json()
        assert comment["body"] == "សូមអរគុណ"
        assert served.stop() == 0

    for data in (nation, province):
        assert samleng(data, "verify").returncode == 0
        assert samleng(data, "rebuild", "--check").returncode == 0
    answer(
        nation,
        "export",
        "wps_consultation",
        "--project",
        "1",
        "--format",
        "csv.zip",
        "--out",
        tmp_path / "t.zip",
    )


def quoted(instance_id: str) -> str:
    return requests.utils.quote(instance_id, safe="")
