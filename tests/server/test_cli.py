"""The command `samleng`: exit codes, what programs read, and both languages."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pyotp
import pytest

from server import cli, resets, second_factor
from server.commands import session
from server.hub import Hub
from server.store import actors, projects, submissions
from tests.end_to_end.hubs import init, samleng, serving
from tests.server.season import answers, begin, hand_in, rice, xform

EMAIL, PASSWORD = "sokha@kampot.example", "ពាក្យសម្ងាត់វែង"


class Done:
    """What a command came to."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def said(self) -> Any:
        """The one JSON document of --json."""
        return json.loads(self.out)


Run = Callable[..., Done]


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "ខេត្តកំពត"


@pytest.fixture
def run(data: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Run:
    """run("init", "--name", …): the command in this process, on the data folder of the test."""
    monkeypatch.setenv("SAMLENG_PASSWORD_COST", "4")

    def call(*arguments: str | Path, stdin: str = "", lang: str = "en", folder: Path | None = data) -> Done:
        said = [str(a) for a in arguments]
        if folder is not None:
            said = ["--data", str(folder), *said]
        monkeypatch.setattr("sys.stdin", Lines(stdin))
        spoken = session.early_language(said, {"LANG": lang})
        for module in (cli, session):  # a process of its own would find it out as it starts
            monkeypatch.setattr(module, "LANG", spoken)
        with pytest.raises(SystemExit) as ended:
            cli.run(said)
        out, err = capsys.readouterr()
        return Done(int(ended.value.code or 0), out, err)

    return call


class Lines:
    """Standard input with these lines."""

    def __init__(self, text: str) -> None:
        self._lines = iter(text.splitlines(keepends=True))

    def isatty(self) -> bool:
        return False

    def readline(self) -> str:
        return next(self._lines, "")


@pytest.fixture
def made(run: Run, data: Path) -> Path:
    done = run("init", "--name", "កំពត", "--admin", EMAIL, "--password-stdin", stdin=f"{PASSWORD}\n")
    assert done.code == 0, done.err
    return data


@pytest.fixture
def hub(made: Path) -> Iterator[Hub]:
    """The hub with a project and its form, open beside the command line."""
    opened = Hub(made, password_cost=4)
    begin(opened)
    yield opened
    opened.close()


def is_khmer(text: str) -> bool:
    return bool(re.search("[ក-៹]", text))


def test_init_makes_a_hub_with_an_administrator(run: Run, made: Path) -> None:
    hub = Hub(made, password_cost=4)
    assert hub.name == "កំពត"
    assert actors.find_by_email(hub.read(), EMAIL) is not None
    hub.close()
    again = run("init", "--name", "x", "--admin", EMAIL, "--password-stdin", stdin=f"{PASSWORD}\n")
    assert again.code == 2
    assert str(made) in again.err


@pytest.mark.parametrize(
    ("email", "password"), [("no-email", PASSWORD), (EMAIL, "short"), (EMAIL, "x" * 200)]
)
def test_init_with_bad_input_makes_nothing(run: Run, data: Path, email: str, password: str) -> None:
    done = run("init", "--name", "x", "--admin", email, "--password-stdin", stdin=f"{password}\n")
    assert done.code == 2
    assert done.out == ""
    assert not (data / "hub.db").exists()


def test_json_is_one_document_on_stdout_and_people_read_stderr(run: Run, data: Path) -> None:
    done = run("init", "--name", "កំពត", "--admin", EMAIL, "--password-stdin", "--json", stdin=f"{PASSWORD}\n")
    assert done.said["name"] == "កំពត"
    assert done.said["data"] == str(data)
    assert "កំពត" in done.err
    assert "\\u" not in done.out, "Khmer as Khmer"


@pytest.mark.parametrize("place", ["before", "behind"])
def test_options_stand_before_or_behind_the_command(run: Run, made: Path, place: str) -> None:
    said = ["--data", made, "--json"]
    done = run(*said, "verify", folder=None) if place == "before" else run("verify", *said, folder=None)
    assert done.code == 0
    assert done.said["damaged"] == []


COMMANDS = [
    ("verify",), ("rebuild",), ("rebuild", "--check"), ("backup", "x.tar"), ("hub", "list"),
    ("bundle", "write", "--for", "x", "--out", "x"), ("hub", "card", "--out", "x"),
    ("user", "add", "a@b.example", "--password-stdin"), ("export", "rice", "--project", "1", "--out", "x"),
    ("project", "add", "x"), ("tablet", "add", "x", "--project", "1"),
]  # fmt: skip


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
@pytest.mark.parametrize("lang", ["km", "en"])
def test_a_folder_without_a_hub_is_told_in_both_languages(
    run: Run, data: Path, command: tuple[str, ...], lang: str
) -> None:
    done = run(*command, lang=lang)
    assert done.code == 2
    assert str(data) in done.err
    assert is_khmer(done.err.replace(str(data), "")) == (lang == "km"), done.err
    assert "Traceback" not in done.err
    assert not data.exists()


def test_the_language_is_chosen_by_option_then_by_the_environment(run: Run) -> None:
    assert is_khmer(run("verify", "--lang", "km", lang="en").err.replace("ខេត្តកំពត", ""))
    assert not is_khmer(run("verify", "--lang=en", lang="km").err.replace("ខេត្តកំពត", ""))
    assert session.early_language(["--lang", "km"], {"LANG": "en"}) == "km"
    assert session.early_language(["--lang=km"], {}) == "km"
    assert session.early_language([], {"LANG": "km_KH.UTF-8"}) == "km"
    assert session.early_language([], {"LC_ALL": "en_US", "LANG": "km"}) == "en"
    assert session.early_language(["--lang", "fr"], {}) == "en"


WRONG = [
    ("nothing",), ("bundle", "nothing"), ("user", "add"), ("verify", "--what"), ("serve", "--port", "x"),
    ("user", "add", "a@b.c", "--role", "king"), ("bundle", "write"),
]  # fmt: skip


@pytest.mark.parametrize("arguments", WRONG, ids=" ".join)
@pytest.mark.parametrize("lang", ["km", "en"])
def test_wrong_usage_is_a_2(run: Run, arguments: tuple[str, ...], lang: str) -> None:
    done = run(*arguments, lang=lang)
    assert done.code == 2
    assert done.out == ""
    assert is_khmer(done.err) == (lang == "km")


def test_users_are_added_once(run: Run, hub: Hub) -> None:
    add = ("user", "add", "chan@kampot.example", "--role", "manager", "--project", "1", "--password-stdin")
    done = run(*add, "--json", stdin=f"{PASSWORD}\n")
    assert done.code == 0
    assert done.said["role"] == "manager"
    assert run(*add, stdin=f"{PASSWORD}\n").code == 2
    assert run("user", "add", "x@kampot.example", "--project", "77", stdin="").code == 2
    assert run("user", "add", "not an address").code == 2


def test_a_form_is_published_once(run: Run, hub: Hub, tmp_path: Path) -> None:
    file = tmp_path / "form.xml"
    file.write_bytes(xform("2", title="ស្រូវ២"))
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "ភូមិ.csv").write_text("name,label\n")
    done = run("form", "publish", file, "--project", "ស្រូវ ២០២៦", "--json")
    assert (done.code, done.said) == (0, {"form_id": "rice", "version": "2", "changed": True})
    assert run("form", "publish", file, "--project", "1", "--json").said["changed"] is False
    file.write_bytes(b"not XML")
    broken = run("form", "publish", file, "--project", "1")
    assert broken.code in (1, 2)
    assert "Traceback" not in broken.err


def test_two_hubs_pair_by_files_from_the_command_line(run: Run, hub: Hub, tmp_path: Path) -> None:
    other, offer, reply = tmp_path / "ជាតិ", tmp_path / "offer.json", tmp_path / "reply.json"
    run("init", "--name", "ជាតិ", "--admin", EMAIL, "--password-stdin", stdin=f"{PASSWORD}\n", folder=other)
    assert run("hub", "pair", "--other", "above", "--out", offer).code == 0
    assert run("hub", "pair", "--out", offer).code == 2, "the offer stays as it is"
    taken = run("hub", "pair", offer, "--out", reply, "--json", folder=other)
    made = run("hub", "pair", reply, "--json")
    assert (taken.code, made.code) == (0, 0)
    assert (taken.said["relation"], made.said["relation"]) == ("below", "above")
    assert taken.said["fingerprint"] == made.said["fingerprint"]
    assert run("hub", "pair", reply).code == 2, "an offer is good once"
    assert run("hub", "list", "--json").said["hubs"][0]["name"] == "ជាតិ"
    said = run("hub", "pair", "--wait", offer, lang="km")
    assert said.code == 2 and "--wait" in said.err


def test_a_restored_hub_says_that_a_bundle_leaves_something_out(run: Run, hub: Hub, tmp_path: Path) -> None:
    other, up, down = tmp_path / "ជាតិ", tmp_path / "up.bundle", tmp_path / "down.bundle"
    run("init", "--name", "ជាតិ", "--admin", EMAIL, "--password-stdin", stdin=f"{PASSWORD}\n", folder=other)
    run("hub", "card", "--out", tmp_path / "kampot")
    run("hub", "card", "--out", tmp_path / "nation", folder=other)
    run("hub", "add", tmp_path / "nation")
    run("hub", "add", tmp_path / "kampot", folder=other)
    run("backup", tmp_path / "backup.tar")
    hand_in(hub, answers("uuid:lost"))
    run("bundle", "write", "--for", "ជាតិ", "--out", up)
    run("bundle", "read", up, folder=other)
    run("bundle", "write", "--for", "កំពត", "--out", down, folder=other)
    restored = tmp_path / "restored"
    run("restore", tmp_path / "backup.tar", folder=restored)
    told = run("bundle", "read", down, "--json", lang="km", folder=restored)
    assert told.code == 0 and told.said["hole"] is True
    assert "កញ្ចប់" in told.err and str(down) in told.err


def test_a_pair_trades_bundles(run: Run, hub: Hub, tmp_path: Path) -> None:
    other = tmp_path / "ជាតិ"
    run("init", "--name", "ជាតិ", "--admin", EMAIL, "--password-stdin", stdin=f"{PASSWORD}\n", folder=other)
    assert run("hub", "list").code == 1, "nobody known yet"
    for folder, name in ((None, "kampot"), (other, "nation")):
        assert (
            run("hub", "card", "--out", tmp_path / name, **({"folder": folder} if folder else {})).code == 0
        )
    assert run("hub", "add", tmp_path / "kampot").code == 2, "its own card"
    assert run("hub", "add", tmp_path / "nation").code == 0
    assert run("hub", "add", tmp_path / "kampot", folder=other).code == 0
    assert run("hub", "list", "--json").said["hubs"][0]["name"] == "ជាតិ"

    hand_in(hub, answers("uuid:a"))
    bundle = tmp_path / "up.bundle"
    assert run("bundle", "write", "--for", "គ្មាន", "--out", bundle).code == 2
    written = run("bundle", "write", "--for", "ជាតិ", "--out", bundle, "--json").said
    assert written["entries"] > 0
    assert "key" not in written
    shown = run("bundle", "show", bundle, "--json", folder=None).said
    assert shown["sender_name"] == "កំពត"
    assert run("bundle", "read", bundle).code == 2, "it is for another hub"
    assert run("bundle", "read", bundle, "--json", folder=other).said["new"] == written["entries"]
    again = run("bundle", "read", bundle, "--json", folder=other)
    assert (again.code, again.said["new"]) == (0, 0)

    spoilt = bytearray(bundle.read_bytes())
    spoilt[-20] ^= 1
    (tmp_path / "spoilt").write_bytes(spoilt)
    assert run("bundle", "read", tmp_path / "spoilt", folder=other).code == 4
    assert run("bundle", "read", tmp_path / "nation", folder=other).code == 2
    assert run("bundle", "read", tmp_path / "no such file", folder=other).code == 2

    table = tmp_path / "t.csv"
    exported = run(
        "export", "rice", "--project", "1", "--format", "csv", "--out", table, "--json", folder=other
    )
    assert exported.code == 0
    assert "uuid:a" in table.read_text(encoding="utf-8")
    assert run("export", "nothing", "--project", "1", "--out", table, folder=other).code == 2
    assert run("export", "rice", "--project", "1", "--format", "odd", "--out", table, folder=other).code == 2
    assert run("hub", "remove", "កំពត", folder=other).code == 0
    assert run("hub", "remove", "កំពត", folder=other).code == 2
    assert run("bundle", "read", bundle, folder=other).code == 2, "no longer known"


def test_damage_is_a_4_that_names_it(run: Run, hub: Hub) -> None:
    hand_in(hub, answers("uuid:a", photo="រូប.jpg"), **{"រូប.jpg": b"x" * 100_000})
    assert run("verify", "--json").said["entries"] == hub.ledger.head()
    (file,) = (p for p in hub.blobs.folder.rglob("*") if p.is_file())
    file.write_bytes(b"y" * 100_000)
    done = run("verify", "--json")
    assert done.code == 4
    assert done.said["damaged"] == [f"blob {file.name}"]
    khmer = run("verify", lang="km")
    assert khmer.code == 4
    assert file.name in khmer.out


def test_a_table_that_was_tampered_with_is_found_and_mended(run: Run, hub: Hub) -> None:
    hand_in(hub, answers("uuid:a"))
    assert run("rebuild", "--check").code == 0
    hub.database.write(lambda db: db.execute("UPDATE submission SET review_state = 'approved'"))
    found = run("rebuild", "--check", "--json")
    assert (found.code, found.said) == (1, {"differing": ["submission"]})
    assert run("rebuild", "--json").said == {"entries": hub.ledger.head()}
    assert run("rebuild", "--check").code == 0


def test_a_backup_becomes_a_hub_with_another_ledger(run: Run, hub: Hub, tmp_path: Path) -> None:
    hand_in(hub, answers("uuid:a", photo="រូប.jpg"), **{"រូប.jpg": b"x" * 100_000})
    file = tmp_path / "backup.tar"
    assert run("backup", file).code == 0
    assert run("backup", file).code == 2, "never over another"
    again = tmp_path / "again"
    assert run("restore", file, folder=again).code == 0
    assert run("restore", file, folder=again).code == 2
    assert run("verify", folder=again).code == 0
    restored = Hub(again, password_cost=4)
    assert restored.id == hub.id
    assert restored.ledger_id != hub.ledger_id
    assert restored.ledger.head() == hub.ledger.head()
    assert rice(restored).xml_form_id == "rice"
    assert projects.list_projects(restored.read())[0].name == "ស្រូវ ២០២៦"
    restored.close()
    (tmp_path / "broken.tar").write_bytes(b"x" * 2000)
    assert run("restore", tmp_path / "broken.tar", folder=tmp_path / "third").code == 2


@pytest.mark.parametrize("lang", ["km", "en"])
def test_every_command_explains_itself_in_both_languages(data: Path, lang: str) -> None:
    """In a process of its own: help is worded as the command starts."""
    for arguments in ([], ["bundle", "read"], ["init"]):
        done = samleng(data, *arguments, "--lang", lang, "--help")
        assert done.returncode == 0
        assert is_khmer(done.stdout) == (lang == "km")


def test_serving_ends_cleanly_and_a_taken_port_is_told(data: Path) -> None:
    init(data, "កំពត")
    with serving(data) as served:
        port = served.url.rpartition(":")[2]
        again = samleng(data, "serve", "--port", port)
        assert again.returncode == 2
        assert port in again.stderr
        assert "Traceback" not in again.stderr
        assert served.stop() == 0


def test_a_conflict_is_listed_shown_and_ended(run: Run, hub: Hub) -> None:
    hand_in(hub, answers("uuid:a"))
    for instance_id, village in (("uuid:b", "ភូមិក"), ("uuid:c", "ភូមិខ")):
        hand_in(hub, answers(instance_id, village, edits="uuid:a"))
    here = ("--project", "1", "--form", "rice")
    assert run("conflict", "show", "uuid:a", *here).code == 1, "no conflict yet"
    assert run("conflict", "list", "--project", "1", "--json").said == {"conflicts": []}
    (aside,) = run("parked", "list", *here, "--json").said["parked"]
    assert is_khmer(run("parked", "list", *here, lang="km").out.splitlines()[0]), "the reason"
    assert run("parked", "accept", "0" * 64, "--project", "1").code == 2
    assert run("parked", "accept", aside["id"], "--project", "1", "--json").said["instanceId"] == "uuid:c"

    assert run("conflict", "list", *here, "--json").said["conflicts"][0]["kinds"] == {"versions": 2}
    for lang in ("km", "en"):
        shown = run("conflict", "show", "uuid:a", *here, lang=lang)
        assert shown.code == 0
        assert all(word in shown.out for word in ("/data/village", "ភូមិក", "ភូមិខ", "uuid:b", "uuid:c"))
        assert {"km": "ឈ្មោះភូមិ", "en": "Name of the village"}[lang] in shown.out
    for wrong in ((), ("--pick", "uuid:b", "--restore"), ("--take", "/data/village"), ("--pick", "uuid:x"),
                  ("--take", "/data/x=uuid:b"), ("--review", "odd")):  # fmt: skip
        done = run("conflict", "resolve", "uuid:a", *here, *wrong, lang="km")
        assert (done.code, done.out) == (2, "")
        assert is_khmer(done.err.replace("ភូមិ", ""))
    done = run("conflict", "resolve", "uuid:a", *here, "--take", "/data/village=uuid:c", "--json")
    assert (done.code, done.said["kinds"]) == (0, {})
    assert run("conflict", "resolve", "uuid:a", *here, "--pick", "uuid:b").code == 1, "it is decided"
    assert run("conflict", "resolve", "uuid:z", *here, "--pick", "uuid:b").code == 2
    (version,) = submissions.versions_with(hub.read(), rice(hub).id, done.said["current"])
    assert "ភូមិខ" in hub.blobs.read(version.xml).decode()


@pytest.mark.parametrize("lang", ["km", "en"])
def test_a_submission_is_withdrawn_once(run: Run, hub: Hub, lang: str) -> None:
    hand_in(hub, answers("uuid:a"))
    here = ("--project", "1", "--form", "rice", "--reason", "សំណើ")
    assert run("submission", "withdraw", "uuid:z", *here).code == 2
    done = run("submission", "withdraw", "uuid:a", *here, "--json", lang=lang)
    assert (done.code, done.said) == (0, {"instanceId": "uuid:a", "wiped": 1, "erased": True})
    assert is_khmer(done.err) == (lang == "km")
    again = run("submission", "withdraw", "uuid:a", *here, lang=lang)
    assert again.code == 1
    assert is_khmer(again.err) == (lang == "km")
    assert run("verify", "--json").said["wiped"] == 1


def test_a_forgotten_password_is_set_by_a_link(run: Run, data: Path) -> None:
    init(data, "កំពត")
    assert run("user", "resets").out == "Nobody waits for a new password.\n"
    assert run("user", "reset", "nobody@kampot.example").code == 2
    told = run("user", "reset", EMAIL, "--address", "http://192.168.1.10:8383/")
    assert told.out.splitlines()[1].startswith("http://192.168.1.10:8383/new-password?token=")
    said = run("--json", "user", "reset", EMAIL).said
    hub = Hub(data, password_cost=4)
    try:
        resets.ask_reset(hub, EMAIL)
        assert resets.reset_password(hub, said["token"], "ភ្នំខៀវទឹកថ្លាណាស់")
        resets.ask_reset(hub, EMAIL)
    finally:
        hub.close()
    assert [each["email"] for each in run("--json", "user", "resets").said["asked"]] == [EMAIL]


def test_a_lost_phone_is_helped_at_the_hub_itself(run: Run, data: Path) -> None:
    init(data, "កំពត")
    hub = Hub(data, password_cost=4)
    try:
        user = actors.find_by_email(hub.read(), EMAIL)
        assert user is not None
        secret = second_factor.new_secret()
        second_factor.switch_on(hub, user, secret, pyotp.TOTP(secret).at(hub.clock.now()))
    finally:
        hub.close()
    assert run("user", "second-factor-off", "nobody@kampot.example").code == 2
    assert run("--json", "user", "second-factor-off", EMAIL).said == {"email": EMAIL, "changed": True}
    assert run("user", "second-factor-off", EMAIL).code == 1


def test_a_password_that_is_easy_to_guess_makes_no_hub(run: Run, data: Path) -> None:
    told = run(
        "init", "--name", "កំពត", "--admin", EMAIL, "--password-stdin", stdin="password123\n", lang="km"
    )
    assert told.code == 2
    assert "ពាក្យសម្ងាត់ងាយទាយពេក" in told.err
    assert not (data / "hub.db").exists()
