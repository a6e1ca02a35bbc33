"""Keys of a project on several hubs, and on the command line."""

from __future__ import annotations

import csv
import io
import json
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from server import cli, upkeep
from server.encrypting import encrypt_forms, encrypt_project
from server.errors import Problem
from server.exporting import export, keys_opened_by
from server.exports.columns import CsvOptions
from server.hub import Hub
from server.managed_keys import is_key, make_key, unlock
from server.projection.projects import fold
from server.publish import publish_file
from server.store import forms, keys, projects, submissions
from server.store.projects import Project
from server.subjects import project_subject
from server.withdrawal import withdraw
from sync.ledger import make_entry
from tests.encrypting_device import encrypt
from tests.server.season import Country, answers, begin, hand_in, publish, rice, told, xform

FIRST, SECOND = "ពាក្យសម្ងាត់ទីមួយ", "ពាក្យសម្ងាត់ទីពីរ"
A, B = "uuid:a", "uuid:b"


def project(hub: Hub) -> Project:
    return projects.list_projects(hub.read())[0]


def send(hub: Hub, instance_id: str, village: str) -> None:
    """Encrypted for the version that is out on this hub."""
    form = rice(hub)
    out = forms.find_version(hub.read(), form.current_id or 0)
    assert out is not None
    public = hub.schema_of(out).public_key or ""
    xml = answers(instance_id, village, version=out.version).decode()
    sealed = encrypt(public, "rice", out.version, instance_id, xml, seed=len(village))
    assert hand_in(hub, sealed.manifest.encode(), **sealed.files).parked is None


def villages(hub: Hub, *passphrases: str) -> dict[str, tuple[str, str]]:
    """KEY -> (village, status) of an export with these passphrases."""
    said: dict[int, str] = {}
    for passphrase in passphrases:
        said |= keys_opened_by(hub, rice(hub), passphrase)
    table = b"".join(export(hub, rice(hub), "csv", CsvOptions(), passphrases=said)).decode()
    return {row["KEY"]: (row["village"], row["Status"]) for row in csv.DictReader(io.StringIO(table))}


@pytest.fixture
def country(tmp_path: Path) -> Iterator[Country]:
    """Two provinces that hold one form."""
    made = Country(tmp_path, ("កំពត", "កែប"))
    begin(made.hubs[0])
    made.meet()
    yield made
    made.close()


def agree(country: Country) -> None:
    country.meet()
    kampot, kep = country.hubs
    assert told(kampot) == told(kep)
    assert [upkeep.compare(hub) for hub in country.hubs] == [[], []]


def test_key_of_one_hub_opens_the_answers_at_the_other(country: Country) -> None:
    kampot, kep = country.hubs
    encrypt_project(kampot, project(kampot), FIRST, "ទីមួយ")
    agree(country)
    send(kep, A, "ភូមិក")
    agree(country)
    assert [villages(hub, FIRST) for hub in country.hubs] == [{A: ("ភូមិក", "")}] * 2
    assert project(kep).key_id is not None


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_keys_made_apart_both_stay_readable(country: Country, order: tuple[int, int]) -> None:
    kampot, kep = country.hubs
    encrypt_project(kampot, project(kampot), FIRST)
    encrypt_project(kep, project(kep), SECOND)
    send(kampot, A, "ភូមិក")
    send(kep, B, "ភូមិខខ")
    country.carry(*order)
    agree(country)
    for hub in country.hubs:
        assert villages(hub, FIRST, SECOND) == {A: ("ភូមិក", ""), B: ("ភូមិខខ", "")}
        assert villages(hub, SECOND) == {B: ("ភូមិខខ", "")}
    public = {keys.find_key(hub.read(), project(hub).key_id or 0).public for hub in country.hubs}  # type: ignore[union-attr]
    assert len(public) == 1  # new forms get the same key everywhere


def test_form_published_apart_gets_the_key_when_asked(country: Country) -> None:
    kampot, kep = country.hubs
    encrypt_project(kampot, project(kampot), FIRST)
    publish(kep, project(kep), form_id="ផ្សេង")
    agree(country)
    assert encrypt_forms(kampot, project(kampot)) == ["ផ្សេង"]
    agree(country)
    assert encrypt_forms(kep, project(kep)) == []


def test_key_out_of_shape_from_elsewhere_changes_nothing(country: Country) -> None:
    kampot, _ = country.hubs
    public, locked = make_key(FIRST)
    whole = {**locked, "public": public, "hint": None}
    broken = (
        {},
        [],
        {"public": public},
        {**whole, "public": ""},
        {**whole, "public": 7},
        {**whole, "hint": 1},
    )
    for key in broken:
        assert not is_key(key)
        body = {"encrypted": True, "key": key}
        subject = project_subject(project(kampot).uid)
        entry = make_entry("project.update", subject, hub=kampot.id, made_at=kampot.clock.stamp(), body=body)
        kampot.write(lambda turn, e=entry: (turn.merge([e]), fold(turn.db, e)))  # type: ignore[misc]
    assert project(kampot).key_id is None
    assert is_key(whole)


def test_locked_key_opens_with_its_passphrase_alone() -> None:
    _, locked = make_key(FIRST)
    assert unlock(locked, FIRST).key_size == 2048
    for spoiled, passphrase in ((locked, SECOND), ({**locked, "salt": "!"}, FIRST), ({}, FIRST)):
        with pytest.raises(Problem, match=r"400\.12"):
            unlock(spoiled, passphrase)


def test_same_form_again_publishes_nothing_in_an_encrypted_project(country: Country, tmp_path: Path) -> None:
    kampot, _ = country.hubs
    encrypt_project(kampot, project(kampot), FIRST)
    file = tmp_path / "rice.xml"
    file.write_bytes(xform("2"))
    assert publish_file(kampot, project(kampot), file).changed
    again = publish_file(kampot, project(kampot), file)
    assert not again.changed and again.version.startswith("2[encrypted:")


def test_withdrawn_encrypted_submission_leaves_nothing_to_decrypt(country: Country) -> None:
    kampot, _ = country.hubs
    encrypt_project(kampot, project(kampot), FIRST)
    send(kampot, A, "ភូមិក")
    send(kampot, B, "ភូមិខ")
    withdraw(kampot, rice(kampot), A)
    assert villages(kampot, FIRST) == {B: ("ភូមិខ", "")}
    assert upkeep.compare(kampot) == []


def test_edit_of_an_encrypted_submission_is_the_one_that_is_read(country: Country) -> None:
    kampot, _ = country.hubs
    encrypt_project(kampot, project(kampot), FIRST)
    send(kampot, A, "ភូមិក")
    out = forms.find_version(kampot.read(), rice(kampot).current_id or 0)
    assert out is not None
    xml = answers(B, "ភូមិថ្មី", edits=A, version=out.version).decode()
    sealed = encrypt(kampot.schema_of(out).public_key or "", "rice", out.version, B, xml)
    edited = sealed.manifest.replace(
        "<orx:instanceID>", f"<orx:deprecatedID>{A}</orx:deprecatedID><orx:instanceID>"
    )
    hand_in(kampot, replace(sealed, manifest=edited).manifest.encode(), **sealed.files)
    assert villages(kampot, FIRST) == {A: ("ភូមិថ្មី", "")}
    held = submissions.find_submission(kampot.read(), rice(kampot).id, A)
    assert held is not None and held.edits == 1


def test_memory_stays_flat_however_long_the_answers_and_files_are(country: Country) -> None:
    kampot, _ = country.hubs
    encrypt_project(kampot, project(kampot), FIRST)
    out = forms.find_version(kampot.read(), rice(kampot).current_id or 0)
    assert out is not None
    public, films = kampot.schema_of(out).public_key or "", 6
    for n in range(films):
        xml = answers(f"uuid:{n}", "ភូមិ" * 500, version=out.version).decode()
        sealed = encrypt(public, "rice", out.version, f"uuid:{n}", xml, {f"{n}.mp4": bytes(500_000)}, seed=n)
        hand_in(kampot, sealed.manifest.encode(), **sealed.files)
    said = keys_opened_by(kampot, rice(kampot), FIRST)
    tracemalloc.start()
    size = sum(map(len, export(kampot, rice(kampot), "csv.zip", CsvOptions(), passphrases=said)))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > films * 500_000  # films are not packed
    assert peak < 2_000_000


def test_command_line_switches_on_and_decrypts(
    country: Country, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kampot, _ = country.hubs

    def run(*arguments: str, stdin: str) -> tuple[int, str]:
        monkeypatch.setattr("sys.stdin", io.StringIO(f"{stdin}\n"))
        with pytest.raises(SystemExit) as ended:
            cli.run(["--data", str(kampot.data), "--json", *arguments])
        return int(ended.value.code or 0), capsys.readouterr().out

    code, said = run("project", "encrypt", "1", "--passphrase-stdin", stdin=FIRST)
    assert (code, json.loads(said)["forms"]) == (0, ["rice"])
    send(kampot, A, "ភូមិក")
    out = tmp_path / "answers.csv"
    asked = ["export", "rice", "--project", "1", "--format", "csv", "--out", str(out), "--passphrase-stdin"]
    assert run(*asked, stdin=SECOND)[0] == 2
    assert not out.exists()
    assert run(*asked, stdin=FIRST)[0] == 0
    assert "ភូមិក" in out.read_text("utf-8")
