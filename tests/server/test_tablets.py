"""A tablet is set up by one scan, and what it then sends goes in."""

from __future__ import annotations

import base64
import io
import json
import zlib
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from flask.testing import FlaskClient

from server import cli
from server.accounts import revoke_app_user
from server.errors import Fault
from server.hub import Hub
from server.projects import create_project
from server.publish import publish_file
from server.store import actors
from server.store.projects import Project
from server.tablets import add_tablet, find_tablet, payload, settings_of, terminal_text, write_png

# Settings and their code, encoded apart from ours: what ODK Collect reads.
SAID = {
    "general": {
        "server_url": "http://10.0.0.1/v1/key/T/projects/1",
        "form_update_mode": "match_exactly",
        "app_language": "km",
    },
    "admin": {},
    "project": {"name": "ស្រូវ"},
}
ENCODED = (
    "eJwtTssNwjAM3cVnhMm1c3CPrNa00CSN3LSiqrIER4TSRVgmm5BIyBe/5/fxDj07FjLQ7DCzrCx6kYJgCME3iOpyrqNwVTjyhlf0Mj24DTMqO"
    "MFtEqsX31FgbaeOi9FSaAfNT2qD2YqEvNeGXL9QX8+jhVjIzt5d6SzrP68+4MhWSU5HPl45vXP65vSBGH+s5z3U"
)
FORM = """<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head>
<h:title>ស្រូវ</h:title><model><instance><data id="srov" version="1"><yield/><meta><instanceID/></meta></data>
</instance><bind nodeset="/data/yield" type="int"/><bind nodeset="/data/meta/instanceID" type="string"/>
</model></h:head><h:body><input ref="/data/yield"><label>ទិន្នផល</label></input></h:body></h:html>"""


def decoded(said: str) -> Any:
    return json.loads(zlib.decompress(base64.b64decode(said, validate=True)))


@pytest.fixture
def project(hub: Hub, tmp_path: Path) -> Project:
    made = create_project(hub, "ស្រូវ ២០២៦")
    form = tmp_path / "srov.xml"
    form.write_text(FORM, encoding="utf-8")
    publish_file(hub, made, form)
    return made


def test_the_code_is_read_as_odk_collect_reads_it() -> None:
    assert decoded(ENCODED) == SAID
    assert decoded(payload(SAID)) == SAID
    assert "\n" not in payload(SAID)


def test_a_tablet_gets_settings_that_keep_testimony_safe(hub: Hub, project: Project) -> None:
    tablet = add_tablet(hub, project, "ក្រុមទី១")
    said = settings_of("http://10.0.0.1:8383", project, tablet)
    general = said["general"]
    assert general["server_url"] == f"http://10.0.0.1:8383/v1/key/{tablet.token}/projects/{project.id}"
    assert general["app_language"] == "km"
    assert general["form_update_mode"] == "match_exactly"
    assert general["delete_send"] is True, "a lost tablet must not hold what the hub has"
    assert general["analytics"] is False
    assert said["project"] == {"name": "ស្រូវ ២០២៦"}
    assert said["admin"] == {}


def test_the_address_in_the_code_lists_the_form_and_takes_answers(
    hub: Hub, project: Project, client: FlaskClient
) -> None:
    tablet = add_tablet(hub, project, "ក្រុមទី១", ["srov"])
    address = decoded(payload(settings_of("", project, tablet)))["general"]["server_url"]
    headers = {"X-OpenRosa-Version": "1.0"}
    listed = client.get(f"{address}/formList", headers=headers)
    assert "<formID>srov</formID>" in listed.text
    answers = (
        b'<data id="srov" version="1"><yield>3</yield><meta><instanceID>uuid:1</instanceID></meta></data>'
    )
    sent = client.post(
        f"{address}/submission", headers=headers, data={"xml_submission_file": (io.BytesIO(answers), "a.xml")}
    )
    assert sent.status_code == 201


def test_an_unknown_form_is_told_before_a_tablet_is_made(hub: Hub, project: Project) -> None:
    with pytest.raises(Fault, match=r"form\.unknown"):
        add_tablet(hub, project, "ក្រុមទី១", ["srov", "no-such-form"])
    assert actors.list_app_users(hub.read(), project.uid) == []


def test_a_tablet_whose_access_was_ended_gets_no_code(hub: Hub, project: Project) -> None:
    add_tablet(hub, project, "ក្រុមទី១")
    revoke_app_user(hub, find_tablet(hub, project, "ក្រុមទី១"))
    with pytest.raises(Fault, match=r"tablet\.revoked"):
        settings_of("http://10.0.0.1", project, find_tablet(hub, project, "ក្រុមទី១"))
    with pytest.raises(Fault, match=r"tablet\.unknown"):
        find_tablet(hub, project, "ក្រុមទី២")


def test_the_code_fits_a_terminal_and_a_picture(hub: Hub, project: Project, tmp_path: Path) -> None:
    said = payload(settings_of("http://192.168.100.100:8383", project, add_tablet(hub, project, "ក្រុមទី១")))
    lines = [
        line.removeprefix("\x1b[97;40m").removesuffix("\x1b[0m") for line in terminal_text(said).splitlines()
    ]
    assert max(map(len, lines)) <= 80
    assert len(set(map(len, lines))) == 1
    write_png(said, tmp_path / "កូដ.png")
    assert (tmp_path / "កូដ.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(Fault, match=r"file\.unwritable"):
        write_png(said, tmp_path / "no such folder" / "qr.png")


def test_the_command_adds_a_tablet_and_shows_its_code_again(
    hub: Hub, project: Project, tmp_path: Path
) -> None:
    where = ["--data", str(hub.data), "--json", "--project", project.name, "--address", "http://10.0.0.1/"]
    added = CliRunner().invoke(
        cli.main, ["tablet", "add", "ក្រុមទី១", *where, "--out", str(tmp_path / "qr.png")]
    )
    assert added.exit_code == 0, added.output
    shown = CliRunner().invoke(cli.main, ["tablet", "qr", "ក្រុមទី១", *where])
    assert json.loads(added.stdout) == json.loads(shown.stdout)
    assert decoded(json.loads(shown.stdout)["qr"])["general"]["server_url"].startswith(
        "http://10.0.0.1/v1/key/"
    )
    assert (tmp_path / "qr.png").exists()


def test_a_project_is_made_by_command(data: Path) -> None:
    made = CliRunner().invoke(cli.main, ["project", "add", "ស្រូវ ២០២៦", "--data", str(data), "--json"])
    assert made.exit_code == 0, made.output
    assert json.loads(made.stdout) == {"id": 1, "name": "ស្រូវ ២០២៦"}


def test_commands_speak_khmer_when_asked(data: Path) -> None:
    made = CliRunner().invoke(cli.main, ["project", "add", "ស្រូវ", "--data", str(data), "--lang", "km"])
    assert made.output == "បានបង្កើតគម្រោង ស្រូវ ហើយ; លេខរបស់វាគឺ 1។\n"


def test_an_address_that_no_tablet_reaches_is_told(hub: Hub, project: Project) -> None:
    said = ["tablet", "add", "ក្រុមទី១", "--data", str(hub.data), "--project", "1", "--lang", "en"]
    assert "Tablets cannot reach http://127.0.0.1:8383" in CliRunner().invoke(cli.main, said).output
    said += ["--address", "http://10.0.0.1:8383"]
    assert "Tablets cannot reach" not in CliRunner().invoke(cli.main, said).output
