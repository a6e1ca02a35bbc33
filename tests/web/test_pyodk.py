"""pyODK as a real client, over real HTTP: what a data manager's script does in a season."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import openpyxl
import pytest
from pyodk.client import Client
from pyodk.errors import PyODKError

from tests.encrypting_device import encrypt

PASSWORD = "ពាក្យសម្ងាត់វែង"
LIBRARY = Path(__file__).parents[2] / "forms" / "library" / "wps_consultation"


@pytest.fixture
def central(address: str, as_admin: Callable[..., Any], tmp_path: Path) -> Iterator[Client]:
    """Signed in as administrator, with a project of its own as the default."""
    made = as_admin("POST", "/v1/projects", {"name": "ការពិគ្រោះយោបល់ កំពត"}).get_json()
    settings = tmp_path / "pyodk.toml"
    settings.write_text(
        f'[central]\nbase_url = "{address}"\nusername = "sokha@kampot.example"\n'
        f'password = "{PASSWORD}"\ndefault_project_id = {made["id"]}\n',
        encoding="utf-8",
    )
    with Client(config_path=settings, cache_path=tmp_path / "cache.toml") as client:
        yield client


def form(form_id: str = "ស្រូវ_២០២៦", version: str = "1") -> str:
    return (
        '<?xml version="1.0"?><h:html xmlns="http://www.w3.org/2002/xforms" '
        'xmlns:h="http://www.w3.org/1999/xhtml"><h:head><h:title>ស្រូវ</h:title><model>'
        f'<instance><data id="{form_id}" version="{version}"><village/><gps/><photo/>'
        '<plot jr:template="" xmlns:jr="http://openrosa.org/javarosa"><area/></plot>'
        "<meta><instanceID/></meta></data></instance>"
        '<instance id="villages" src="jr://file-csv/villages.csv"/>'
        '<bind nodeset="/data/village" type="string"/>'
        '<bind nodeset="/data/gps" type="geopoint"/><bind nodeset="/data/photo" type="binary"/>'
        '<bind nodeset="/data/plot/area" type="decimal"/></model></h:head>'
        '<h:body><input ref="/data/village"/><group ref="/data/plot"><repeat nodeset="/data/plot">'
        '<input ref="/data/plot/area"/></repeat></group></h:body></h:html>'
    )


def instance(instance_id: str, village: str = "អូររាំង", *, deprecated: str = "", version: str = "1") -> str:
    meta = f"<instanceID>{instance_id}</instanceID>"
    meta += f"<deprecatedID>{deprecated}</deprecatedID>" if deprecated else ""
    return (
        f'<data id="ស្រូវ_២០២៦" version="{version}"><village>{village}</village><gps>11.5 104.9 12 4.8</gps>'
        f"<photo>ស្រែ.jpg</photo><plot><area>1.5</area></plot><plot><area>2</area></plot><meta>{meta}</meta></data>"
    )


def workbook(version: str) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    assert sheet is not None
    sheet.title = "survey"
    for row in (("type", "name", "label::ខ្មែរ (km)"), ("text", "village", "ភូមិ")):
        sheet.append(row)
    said = book.create_sheet("settings")
    said.append(("form_title", "form_id", "version"))
    said.append(("ភូមិ", "villages", version))
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


@pytest.fixture
def rice(central: Client) -> Client:
    """The form is published and is the default one."""
    central.forms.create(definition=form())
    central.submissions.default_form_id = "ស្រូវ_២០២៦"
    return central


def test_projects_are_listed_and_shown(central: Client) -> None:
    listed = central.projects.list()
    assert [project.name for project in listed] == ["ការពិគ្រោះយោបល់ កំពត"]
    assert central.projects.get() == listed[0]


def test_tablets_are_given_their_forms(rice: Client) -> None:
    made = rice.projects.create_app_users(display_names=["ថេប្លេត ១", "ថេប្លេត ២"], forms=["ស្រូវ_២០២៦"])
    tokens = [user.token for user in made]
    assert len(set(tokens)) == 2
    for token in tokens:
        path = f"key/{token}/projects/1/forms/%E1%9E%9F%E1%9F%92%E1%9E%9A%E1%9E%BC%E1%9E%9C_២០២៦.xml"
        assert rice.get(path).content == form().encode()


def test_form_from_xml_with_its_files_is_published(central: Client, tmp_path: Path) -> None:
    villages = tmp_path / "villages.csv"
    villages.write_text("name,label\nor_rang,អូររាំង\n", encoding="utf-8")
    made = central.forms.create(definition=form(), attachments=[villages])
    shown = central.forms.get("ស្រូវ_២០២៦")
    assert (made.xmlFormId, shown.state, shown.version) == ("ស្រូវ_២០២៦", "open", "1")
    assert shown.publishedAt is not None
    assert [f.xmlFormId for f in central.forms.list()] == ["ស្រូវ_២០២៦"]
    assert central.forms.get_xml("ស្រូវ_២០២៦") == form()
    path = "projects/1/forms/ស្រូវ_២០២៦/attachments/villages.csv"
    assert central.get(path).content == villages.read_bytes()


def test_form_from_a_workbook_is_published(central: Client) -> None:
    made = central.forms.create(definition=workbook("១"))
    assert (made.xmlFormId, made.version) == ("villages", "១")
    central.forms.update("villages", definition=workbook("២"))
    assert central.forms.get("villages").version == "២"


def test_consultation_form_is_published_with_its_media(central: Client) -> None:
    media = [path for path in sorted((LIBRARY / "media").iterdir()) if path.is_file()]
    made = central.forms.create(definition=LIBRARY / "form.xlsx", attachments=media)
    files = central.get(f"projects/1/forms/{made.xmlFormId}/attachments").json()
    assert {f["name"] for f in files if f["exists"]} == {path.name for path in media}
    fields = central.get(f"projects/1/forms/{made.xmlFormId}/fields").json()
    assert len(fields) > 60


def test_form_is_updated_by_definition_or_files(rice: Client, tmp_path: Path) -> None:
    rice.forms.update("ស្រូវ_២០២៦", definition=form(version="2"))
    assert rice.forms.get("ស្រូវ_២០២៦").version == "2"
    villages = tmp_path / "villages.csv"
    villages.write_text("name,label\nor_rang,អូររាំង\n", encoding="utf-8")
    rice.forms.update(
        "ស្រូវ_២០២៦", attachments=[villages], version_updater=lambda version: str(int(version) + 1)
    )
    assert rice.forms.get("ស្រូវ_២០២៦").version == "3"
    versions = rice.get("projects/1/forms/ស្រូវ_២០២៦/versions").json()
    assert [v["version"] for v in versions] == ["3", "2", "1"]


def test_submission_is_entered_with_its_photo(rice: Client, tmp_path: Path) -> None:
    photo = tmp_path / "ស្រែ.jpg"
    photo.write_bytes(b"\xff\xd8" + bytes(range(256)) * 300)
    made = rice.submissions.create(xml=instance("uuid:a"), device_id="collect:AbCd", attachments=[str(photo)])
    assert (made.instanceId, made.deviceId) == ("uuid:a", "collect:AbCd")
    assert [(a.name, a.exists) for a in made.attachments or []] == [("ស្រែ.jpg", True)]
    assert [s.instanceId for s in rice.submissions.list()] == ["uuid:a"]
    shown = rice.submissions.get("uuid:a")
    assert shown.submitterId == rice.get("users/current").json()["id"]
    path = "projects/1/forms/ស្រូវ_២០២៦/submissions/uuid:a/attachments/ស្រែ.jpg"
    assert rice.get(path).content == photo.read_bytes()


def test_submission_is_edited_reviewed_and_talked_about(rice: Client) -> None:
    rice.submissions.create(xml=instance("uuid:a"))
    edited = instance("uuid:b", "ពូទ្រុំ", deprecated="uuid:a")
    rice.submissions.edit("uuid:a", edited, comment="ឈ្មោះភូមិត្រូវបានកែ")
    rice.submissions.review("uuid:a", "approved", comment="ពិនិត្យរួច")
    assert rice.submissions.get("uuid:a").reviewState == "approved"
    said = rice.submissions.list_comments("uuid:a")
    assert [comment.body for comment in said] == ["ពិនិត្យរួច", "ឈ្មោះភូមិត្រូវបានកែ"]
    rice.submissions.add_comment("uuid:a", comment="អរគុណ")
    assert len(rice.submissions.list_comments("uuid:a")) == 3
    row = rice.submissions.get_table()["value"][0]
    assert (row["__id"], row["village"], row["__system"]["edits"]) == ("uuid:a", "ពូទ្រុំ", 1)


def test_stale_edit_is_refused_by_its_number(rice: Client) -> None:
    rice.submissions.create(xml=instance("uuid:a"))
    rice.submissions.edit("uuid:a", instance("uuid:b", deprecated="uuid:a"))
    with pytest.raises(PyODKError) as told:
        rice.submissions.edit("uuid:a", instance("uuid:c", deprecated="uuid:a"))
    assert told.value.is_central_error("409.9")
    with pytest.raises(PyODKError) as told:
        rice.submissions.create(xml=instance("uuid:a"))
    assert told.value.is_central_error("409.3")


def test_tables_are_read_with_every_option(rice: Client) -> None:
    for letter in "abc":
        rice.submissions.create(xml=instance(f"uuid:{letter}"))
    page = rice.submissions.get_table(skip=1, top=1, count=True, wkt=True)
    assert (page["@odata.count"], [row["__id"] for row in page["value"]]) == (3, ["uuid:b"])
    assert page["value"][0]["gps"] == "POINT (104.9 11.5 12)"
    assert rice.get(page["@odata.nextLink"]).json()["value"][0]["__id"] == "uuid:a"
    mine = f"__system/submitterId eq {rice.get('users/current').json()['id']}"
    assert len(rice.submissions.get_table(filter=mine, select="__id,village")["value"]) == 3
    nested = rice.submissions.get_table(expand="*", top=1)["value"][0]
    assert [plot["area"] for plot in nested["plot"]] == [1.5, 2]
    plots = rice.submissions.get_table(table_name="Submissions.plot", count=True)
    assert plots["@odata.count"] == 6


def test_export_is_read_as_it_is_sent(rice: Client) -> None:
    rice.submissions.create(xml=instance("uuid:a"))
    path = "projects/1/forms/ស្រូវ_២០២៦/submissions.csv.zip"
    answer = rice.get(path, stream=True)
    with zipfile.ZipFile(io.BytesIO(b"".join(answer.iter_content(512)))) as packed:
        assert packed.testzip() is None
        assert packed.namelist() == ["ស្រូវ_២០២៦.csv", "ស្រូវ_២០២៦-plot.csv"]
    tag = answer.headers["ETag"]
    assert rice.get(path, headers={"If-None-Match": tag}).status_code == 304


def test_token_is_used_again_until_it_is_ended(rice: Client, tmp_path: Path) -> None:
    settings = {"config_path": tmp_path / "pyodk.toml", "cache_path": tmp_path / "cache.toml"}

    def token_of_a_new_client(end: bool = False) -> str:
        with Client(**settings) as client:
            said: str = client.get("users/current").request.headers["Authorization"]
            if end:
                client.delete(f"sessions/{said.removeprefix('Bearer ')}")
        return said

    first = rice.get("users/current").request.headers["Authorization"]
    assert token_of_a_new_client() == first
    assert token_of_a_new_client(end=True) == first
    assert token_of_a_new_client() != first


def test_any_address_is_reached_with_any_verb(central: Client) -> None:
    made = central.post("projects", json={"name": "កែប"}).json()
    path = f"projects/{made['id']}"
    assert central.patch(path, json={"description": "ខេត្ត"}).json()["description"] == "ខេត្ត"
    assert central.put(path, json={"name": "កែប ២"}).json()["description"] is None
    assert central.delete(path).json() == {"success": True}
    with pytest.raises(PyODKError) as told:
        central.projects.get(made["id"])
    assert told.value.is_central_error("404.1")


def test_encrypted_answers_are_read_with_the_passphrase(rice: Client) -> None:
    rice.post("projects/1/key", json={"passphrase": PASSWORD, "hint": None})
    shown = rice.forms.get("ស្រូវ_២០២៦")
    public = re.search(r'base64RsaPublicKey="([^"]+)"', rice.forms.get_xml("ស្រូវ_២០២៦"))
    assert public is not None and shown.keyId is not None and shown.version is not None
    plain = instance("uuid:a", version=shown.version)
    sealed = encrypt(public[1], "ស្រូវ_២០២៦", shown.version, "uuid:a", plain, {"ស្រែ.jpg": b"jpeg"})
    rice.submissions.create(xml=sealed.manifest)
    path = "projects/1/forms/ស្រូវ_២០២៦/submissions"
    for name, data in sealed.files.items():
        rice.post(f"{path}/uuid:a/attachments/{name}", data=data)
    assert rice.submissions.get_table()["value"][0]["__system"]["status"] == "notDecrypted"
    (key,) = rice.get(f"{path}/keys").json()
    packed = rice.post(f"{path}.csv.zip", json={str(key["id"]): PASSWORD}).content
    with zipfile.ZipFile(io.BytesIO(packed)) as files:
        assert "អូររាំង" in files.read("ស្រូវ_២០២៦.csv").decode()
        assert files.read("media/ស្រែ.jpg") == b"jpeg"
