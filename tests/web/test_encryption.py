"""From switching encryption on to plain answers in an export, as a tablet and a coordinator meet it."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Callable, Mapping
from typing import Any
from xml.etree import ElementTree

import pytest

from server.hub import Hub
from server.upkeep import compare
from tests.encrypting_device import Sealed, encrypt

A = "uuid:aaaaaaaa-0000-4000-8000-000000000001"
B = "uuid:bbbbbbbb-0000-4000-8000-000000000002"
PASSPHRASE = "ពាក្យសម្ងាត់របស់គម្រោង"
FARM = """<farm><name>សុខ ចាន់ធី</name><gps>11.5 104.9 12 4.8</gps><plot><area>1.5</area></plot>
 <plot><area>2</area></plot></farm><pests>bph rat</pests><photo>ស្រែ.jpg</photo>"""


class Secret:
    """A form that is answered encrypted, and a tablet that does so."""

    def __init__(self, survey: Any) -> None:
        self.survey = survey
        self.ask = survey.ask

    def switch_on(self, passphrase: str = PASSPHRASE, hint: str | None = "រដូវវស្សា") -> Any:
        return self.ask("POST", f"{self.survey.project}/key", {"passphrase": passphrase, "hint": hint})

    def form(self) -> tuple[str, str]:
        """(version, public key) as a tablet finds them in the form."""
        root = ElementTree.fromstring(self.survey.get(".xml").data)
        data = next(e for e in root.iter() if e.tag.endswith("}data"))
        key = next(e.get("base64RsaPublicKey") for e in root.iter() if e.tag.endswith("}submission"))
        return data.get("version") or "", key or ""

    def seal(self, instance_id: str, answers: str = FARM, media: Mapping[str, bytes] | None = None) -> Sealed:
        version, key = self.form()
        xml = self.survey.instance(instance_id, answers).replace('version="7"', f'version="{version}"')
        return encrypt(key, self.survey.form_id, version, instance_id, xml, media)

    def post(self, sealed: Sealed, leave_out: tuple[str, ...] = ()) -> None:
        parts: dict[str, Any] = {
            name: (io.BytesIO(data), name) for name, data in sealed.files.items() if name not in leave_out
        }
        parts["xml_submission_file"] = (io.BytesIO(sealed.manifest.encode()), "submission.xml", "text/xml")
        door = self.survey.project.replace("/v1/", f"/v1/key/{self.survey.tablet['token']}/")
        headers = {"X-OpenRosa-Version": "1.0"}
        answer = self.survey.client.post(f"{door}/submission", data=parts, headers=headers)
        assert answer.status_code == 201, answer.data.decode()

    def send(self, instance_id: str, answers: str = FARM, media: Mapping[str, bytes] | None = None) -> None:
        self.post(self.seal(instance_id, answers, media))

    def keys(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.survey.get("/submissions/keys").get_json()
        return found

    def export(self, passphrase: str = PASSPHRASE, ending: str = ".csv.zip") -> Any:
        body = {str(key["id"]): passphrase for key in self.keys()}
        return self.ask("POST", f"{self.survey.path}/submissions{ending}", body)

    def files(self, **more: str) -> dict[str, bytes]:
        with zipfile.ZipFile(io.BytesIO(self.export(**more).data)) as packed:
            return {name: packed.read(name) for name in packed.namelist()}


def rows(data: bytes) -> dict[str, dict[str, str]]:
    return {row["KEY"]: row for row in csv.DictReader(io.StringIO(data.decode()))}


@pytest.fixture
def secret(rice: Any) -> Secret:
    """Encryption is on."""
    made = Secret(rice)
    assert made.switch_on().get_json() == {"success": True}
    return made


@pytest.fixture
def told(secret: Secret) -> Secret:
    """One submission has come, with a photo and a log."""
    secret.send(A, media={"ស្រែ.jpg": bytes(range(256)) * 600, "audit.csv": b"event,node\nform start,\n"})
    return secret


def test_what_a_tablet_encrypts_an_export_shows_plain(told: Secret) -> None:
    found = told.files()
    row = rows(found["rice.csv"])[A]
    assert (row["farm-name"], row["farm-gps-Latitude"], row["Status"]) == ("សុខ ចាន់ធី", "11.5", "")
    assert (row["AttachmentsPresent"], row["AttachmentsExpected"]) == ("3", "3")
    plots = [line.split(",")[0] for line in found["rice-plot.csv"].decode().splitlines()]
    assert plots == ["area", "1.5", "2"]
    assert found["media/ស្រែ.jpg"] == bytes(range(256)) * 600
    assert found["rice - audit.csv"].decode().splitlines()[1].startswith(f"{A},form start,")
    assert sorted(found) == sorted(
        ["rice.csv", "rice-plot.csv", "rice-crop.csv", "media/ស្រែ.jpg", "rice - audit.csv"]
    )


def test_without_its_passphrase_nothing_is_told(told: Secret) -> None:
    found = zipfile.ZipFile(io.BytesIO(told.survey.get("/submissions.csv.zip").data))
    assert found.namelist() == ["rice.csv", "rice-plot.csv", "rice-crop.csv"]
    row = rows(found.read("rice.csv"))[A]
    assert (row["farm-name"], row["Status"]) == ("", "not decrypted")
    document = told.survey.get(".svc/Submissions").get_json()["value"][0]
    assert set(document) == {"__id", "__system"}
    assert document["__system"]["status"] == "notDecrypted"
    for name in ("ស្រែ.jpg.enc", "submission.xml.enc"):
        held = told.survey.get(f"/submissions/{A}/attachments/{name}").data
        assert "សុខ ចាន់ធី".encode() not in held


def test_wrong_passphrase_is_said_before_anything_is_sent(told: Secret) -> None:
    for ending in (".csv", ".csv.zip"):
        answer = told.export("ពាក្យសម្ងាត់ខុស", ending)
        assert (answer.status_code, answer.get_json()["code"]) == (400, 400.12)


@pytest.mark.parametrize("way", ["address", "form", "json"])
def test_passphrase_is_taken_each_way_that_clients_give_it(told: Secret, way: str) -> None:
    path, number = f"{told.survey.path}/submissions.csv", str(told.keys()[0]["id"])
    if way == "address":
        answer = told.ask("GET", path, query_string={number: PASSPHRASE})
    elif way == "form":
        answer = told.ask("POST", path, data={number: PASSPHRASE, "__csrf": "x"})
    else:
        answer = told.ask("POST", path, {number: PASSPHRASE, "note": 1})
    assert rows(answer.data)[A]["farm-name"] == "សុខ ចាន់ធី"


def test_keys_are_shown_once_something_is_encrypted_for_them(secret: Secret) -> None:
    assert secret.keys() == []
    secret.send(A)
    secret.send(B)
    (key,) = secret.keys()
    assert set(key) == {"id", "public", "managed", "hint", "createdAt"}
    assert (key["managed"], key["hint"], key["public"]) == (True, "រដូវវស្សា", secret.form()[1])


def test_every_form_gets_the_key_and_a_version_of_its_own(rice: Any) -> None:
    secret = Secret(rice)
    headers = {"Content-Type": "application/xml"}
    open_form = rice.get(".xml").data
    secret.ask("POST", f"{rice.path}/draft", data=open_form, headers=headers)
    secret.switch_on()
    version, _ = secret.form()
    assert version.startswith("7[encrypted:") and len(version) == len("7[encrypted:12345678]")
    assert secret.ask("GET", f"{rice.path}/draft.xml").data == rice.get(".xml").data
    project = secret.ask("GET", rice.project).get_json()
    form = secret.ask("GET", rice.path).get_json()
    assert project["keyId"] == form["keyId"] is not None
    later = open_form.replace(b'id="rice"', 'id="ស្រូវ"'.encode())
    made = secret.ask("POST", f"{rice.project}/forms?publish=true", data=later, headers=headers).get_json()
    assert (made["keyId"], made["version"]) == (form["keyId"], version)


def test_form_with_a_key_of_its_own_keeps_it(make_survey: Callable[..., Any]) -> None:
    secret = Secret(make_survey())
    open_form = secret.survey.get(".xml").data.decode()
    own = open_form.replace('id="rice"', 'id="own"').replace(
        "</model>", '<submission base64RsaPublicKey="QUJD"/></model>'
    )
    headers = {"Content-Type": "application/xml"}
    path = f"{secret.survey.project}/forms"
    secret.ask("POST", f"{path}?publish=true", data=own.encode(), headers=headers)
    secret.switch_on()
    assert secret.ask("GET", f"{path}/own.xml").data.decode() == own
    manifest = (
        f'<data id="own" version="7"><meta><instanceID>{A}</instanceID></meta><base64EncryptedKey>QUJD'
        "</base64EncryptedKey><encryptedXmlFile>submission.xml.enc</encryptedXmlFile></data>"
    )
    secret.ask("POST", f"{path}/own/submissions", data=manifest.encode(), headers=headers)
    (key,) = secret.ask("GET", f"{path}/own/submissions/keys").get_json()
    assert (key["managed"], key["hint"], key["public"]) == (False, None, "QUJD")
    shown = secret.ask("POST", f"{path}/own/submissions.csv", {str(key["id"]): "whatever it is"})
    assert rows(shown.data)[A]["Status"] == "missing encrypted form data"


@pytest.mark.parametrize(
    ("body", "code"),
    [({}, 400.2), ({"passphrase": ""}, 400.2), ({"passphrase": "ខ្លី"}, 400.21), ({"passphrase": 7}, 400.11)],
)
def test_passphrase_that_guards_nothing_is_refused(rice: Any, body: dict[str, Any], code: float) -> None:
    answer = rice.ask("POST", f"{rice.project}/key", body)
    assert answer.get_json()["code"] == code
    assert rice.ask("GET", rice.project).get_json()["keyId"] is None


def test_encryption_is_switched_on_once(secret: Secret) -> None:
    again = secret.switch_on("another passphrase")
    assert (again.status_code, again.get_json()["code"]) == (409, 409.4)
    assert again.get_json()["details"] == {"feature": "managed encryption"}


def test_open_and_encrypted_answers_stand_in_one_table(rice: Any) -> None:
    rice.send(B, FARM.replace("សុខ", "ចាន់"))
    secret = Secret(rice)
    secret.switch_on()
    secret.send(A)
    found = secret.files()
    assert {row["farm-name"] for row in rows(found["rice.csv"]).values()} == {"សុខ ចាន់ធី", "ចាន់ ចាន់ធី"}
    plots = list(csv.DictReader(io.StringIO(found["rice-plot.csv"].decode())))
    assert [row["PARENT_KEY"] for row in plots] == [key for key in rows(found["rice.csv"]) for _ in range(2)]


def test_answers_that_have_not_come_are_said_to_be_missing(secret: Secret) -> None:
    secret.post(secret.seal(A), leave_out=("submission.xml.enc",))
    assert rows(secret.survey.get("/submissions.csv").data)[A]["Status"] == "missing encrypted form data"
    assert rows(secret.export(ending=".csv").data)[A]["Status"] == "missing encrypted form data"
    document = secret.survey.get(f".svc/Submissions('{A}')").get_json()["value"][0]
    assert document["__system"]["status"] == "missingEncryptedFormData"


@pytest.mark.parametrize("harm", ["answers", "photo", "key", "swapped"])
def test_damaged_submission_is_named_and_stops_no_other(secret: Secret, harm: str) -> None:
    sealed = secret.seal(A, media={"ស្រែ.jpg": b"jpeg"})
    files, manifest = dict(sealed.files), sealed.manifest
    if harm == "answers":
        files["submission.xml.enc"] = files["submission.xml.enc"][:-1]
    elif harm == "photo":
        files["ស្រែ.jpg.enc"] = bytes(32)
    elif harm == "key":
        manifest = manifest.replace("<base64EncryptedKey>", "<base64EncryptedKey>QUJD")
    else:  # another's answers under this submission's manifest
        other = secret.seal(B)
        files, manifest = dict(other.files), other.manifest.replace(B, A)
    secret.post(Sealed(manifest, files))
    secret.send(B)
    found = secret.files()
    damaged = list(csv.DictReader(io.StringIO(found["rice - damaged.csv"].decode())))
    name = "ស្រែ.jpg.enc" if harm == "photo" else "submission.xml.enc"
    assert [(row["instance ID"], row["file"]) for row in damaged] == [(A, name)]
    table = rows(found["rice.csv"])
    assert table[B]["farm-name"] == "សុខ ចាន់ធី"
    assert table[A]["Status"] == ("" if harm == "photo" else "damaged encrypted form data")


def test_program_must_name_what_it_encrypted(secret: Secret) -> None:
    """Decryption begins with the instanceID, so one without it could never be read."""
    nameless = secret.seal(A).manifest.replace(f"<orx:instanceID>{A}</orx:instanceID>", "")
    headers = {"Content-Type": "application/xml"}
    answer = secret.ask("POST", f"{secret.survey.path}/submissions", data=nameless.encode(), headers=headers)
    assert answer.get_json()["code"] == 400.2


def test_manifest_with_a_comma_in_its_first_tag_is_taken_as_it_came(secret: Secret) -> None:
    sealed = secret.seal(A)
    manifest = sealed.manifest.replace('encrypted="yes" ', 'encrypted="yes", ')
    secret.post(Sealed(manifest, sealed.files))
    assert secret.survey.get(f"/submissions/{A}.xml").data.decode() == manifest
    assert rows(secret.export(ending=".csv").data)[A]["farm-name"] == "សុខ ចាន់ធី"


def test_who_may_not_change_the_project_cannot_encrypt_it(
    secret: Secret, as_user: Callable[..., Any]
) -> None:
    secret.ask("POST", "/v1/users", {"email": "chan@kampot.example", "password": "ពាក្យសម្ងាត់វែង"})
    answer = as_user("chan@kampot.example")(
        "POST", f"{secret.survey.project}/key", {"passphrase": PASSPHRASE}
    )
    assert answer.status_code == 403


def test_rebuilding_changes_nothing_of_keys_and_encrypted_submissions(told: Secret, hub: Hub) -> None:
    assert compare(hub) == []


def test_audit_log_says_that_it_was_encrypted_and_never_the_key(secret: Secret) -> None:
    logs = secret.ask("GET", "/v1/audits?action=project.update").get_json()
    number = secret.ask("GET", secret.survey.project).get_json()["keyId"]
    assert [log["details"] for log in logs] == [{"data": {"keyId": number}}, {"encrypted": True}]
    published = secret.ask("GET", "/v1/audits?action=form.update.publish").get_json()
    assert len(published) == 2  # as it was made, and with the key


@pytest.mark.parametrize("passphrase", ["", PASSPHRASE])
def test_an_analysts_export_opens_what_its_passphrase_opens_and_tells_the_rest(
    rice: Any, passphrase: str
) -> None:
    rice.send(B, FARM.replace("សុខ", "ចាន់"))
    secret = Secret(rice)
    secret.switch_on()
    secret.send(A, media={"ស្រែ.jpg": b"jpeg"})
    held = secret.keys()
    said = {"format": "csv.zip", "profile": "full", "reason": "សវនកម្ម"}
    said |= dict.fromkeys(map(str, (key["id"] for key in held)), passphrase) if passphrase else {}
    answer = secret.ask("POST", f"{rice.path}/export", said)
    packed = zipfile.ZipFile(io.BytesIO(answer.data))
    row = rows(packed.read("rice.csv"))[A]
    plots = list(csv.DictReader(io.StringIO(packed.read("rice-plot.csv").decode())))
    losses = secret.ask("GET", f"{rice.path}/exports").get_json()[0]["losses"]
    if passphrase:
        assert (row["farm-name"], row["Status"]) == ("សុខ ចាន់ធី", "")
        assert [plot["PARENT_KEY"] for plot in plots] == [A, A, B, B]
        assert any(name.endswith("ស្រែ.jpg") for name in packed.namelist())
        assert "row.not_decrypted" not in [loss["code"] for loss in losses]
    else:
        assert (row["farm-name"], row["Status"]) == ("", "not decrypted")
        assert [plot["PARENT_KEY"] for plot in plots] == [B, B]
        assert {"code": "row.not_decrypted", "sheet": "rice", "count": 1} in losses


def test_an_analysts_export_with_a_wrong_passphrase_is_refused_before_anything_leaves(told: Secret) -> None:
    key = str(told.keys()[0]["id"])
    answer = told.ask("POST", f"{told.survey.path}/export", {key: "ខុស ខុស ខុស"})
    assert (answer.status_code, answer.get_json()["code"]) == (400, 400.12)
    assert told.ask("GET", f"{told.survey.path}/exports").get_json() == []
