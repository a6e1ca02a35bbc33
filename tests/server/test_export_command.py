"""`samleng export` and `samleng exports`: files whole or not at all, reasons, options, both languages."""

from __future__ import annotations

import hashlib
import json
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path

import pytest

from benchmarks.large_form import fill
from benchmarks.measures import make_hub
from server.deliveries import stem_of
from server.export_entries import taken_of
from server.exporting import form_named
from server.formats import FORMATS
from server.hub import Hub
from tests.server.season import answers, hand_in
from tests.server.test_cli import Run, data, hub, made, run

__all__ = ["data", "hub", "made", "run"]
ASK = ("export", "rice", "--project", "1")


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.fixture
def out(tmp_path: Path) -> Path:
    folder = tmp_path / "ចេញ"
    folder.mkdir()
    return folder


def test_what_was_written_is_what_the_ledger_and_the_note_say(run: Run, hub: Hub, out: Path) -> None:
    hand_in(hub, answers("uuid:a"))
    done = run(*ASK, "--format", "csv.zip", "--out", out / "a.csv.zip", "--json")
    assert done.code == 0, done.err
    written = (out / "a.csv.zip").read_bytes()
    assert done.said["sha256"] == hashlib.sha256(written).hexdigest()
    assert (done.said["size_bytes"], done.said["profile"]) == (len(written), "working")
    note = json.loads((out / "a-export.json").read_text(encoding="utf-8"))
    assert (note["export"], note["sha256"]) == (done.said["export"], done.said["sha256"])
    (one,) = taken_of(hub, form_named(hub, 1, "rice"))
    assert (one.id, one.sha256, one.outcome) == (done.said["export"], done.said["sha256"], "finished")
    assert one.by, "whoever sits at the computer"
    listed = run("exports", "rice", "--project", "1", "--json").said["exports"]
    assert [each["id"] for each in listed] == [one.id]
    assert one.id in run("exports", "rice", "--project", "1", lang="km").out


def test_nobody_took_anything_is_a_1(run: Run, hub: Hub) -> None:
    assert run("exports", "rice", "--project", "1").code == 1


def test_full_wants_a_reason_and_keeps_it(run: Run, hub: Hub, out: Path) -> None:
    hand_in(hub, answers("uuid:a"))
    for more in (["--profile", "full"], ["--central"]):
        refused = run(*ASK, *more, "--format", "csv", "--out", out / "a.csv")
        assert refused.code == 2 and "--reason" in refused.err
        assert names(out) == set()
        done = run(*ASK, *more, "--reason", "សវនកម្ម", "--format", "csv", "--out", out / "a.csv", "--json")
        assert done.code == 0, done.err
        (out / "a.csv").unlink()
        (out / "a-export.json").unlink()
        for left in out.iterdir():
            left.unlink()
    listed = run("exports", "rice", "--project", "1", "--json").said["exports"]
    assert [(one["profile"], one["reason"]) for one in listed] == [("central", "សវនកម្ម"), ("full", "សវនកម្ម")]


def test_central_gives_the_bytes_of_the_api(run: Run, hub: Hub, out: Path) -> None:
    from server.exporting import export
    from server.exports.columns import CsvOptions

    hand_in(hub, answers("uuid:a"))
    run(*ASK, "--central", "--reason", "x", "--format", "csv", "--out", out / "a.csv")
    expected = b"".join(export(hub, form_named(hub, 1, "rice"), "csv", CsvOptions(hub=True)))
    assert (out / "a.csv").read_bytes() == expected
    assert run(*ASK, "--central", "--reason", "x", "--format", "xlsx", "--out", out / "a.xlsx").code == 2


WRONG = [
    ("--since", "yesterday"), ("--since", "2026-12-01", "--until", "2026-11-01"), ("--review-state", "good"),
    ("--values", "numbers"), ("--k", "1"), ("--province", "គ្មាន"), ("--format", "docx"),
    ("--province", ""), ("--since", ""), ("--facilitator", "Nobody"),
]  # fmt: skip


@pytest.mark.parametrize("options", WRONG, ids=" ".join)
@pytest.mark.parametrize("lang", ["km", "en"])
def test_an_option_that_cannot_be_is_told_and_nothing_is_written(
    run: Run, hub: Hub, out: Path, options: tuple[str, ...], lang: str
) -> None:
    hand_in(hub, answers("uuid:a"))
    (out / "a.csv").write_text("before")
    done = run(*ASK, "--format", "csv", *options, "--out", out / "a.csv", lang=lang)
    assert done.code == 2
    assert "Traceback" not in done.err and done.err.strip()
    assert names(out) == {"a.csv"} and (out / "a.csv").read_text() == "before"
    assert run("exports", "rice", "--project", "1").code == 1, "nobody took anything"


def test_a_folder_that_is_not_there_is_told(run: Run, hub: Hub, out: Path) -> None:
    done = run(*ASK, "--format", "csv", "--out", out / "nowhere" / "a.csv")
    assert done.code == 2 and "nowhere" in done.err


def test_something_else_at_the_place_stays(run: Run, hub: Hub, out: Path) -> None:
    hand_in(hub, answers("uuid:a"))
    (out / "a.csv").mkdir()
    (out / "a.csv" / "letter.txt").write_text("mine")
    done = run(*ASK, "--format", "csv", "--out", out / "a.csv")
    assert done.code == 2
    assert names(out) == {"a.csv"} and (out / "a.csv" / "letter.txt").read_text() == "mine"


def test_what_files_beside_are_named_after() -> None:
    assert stem_of(Path("answers.csv.zip"), FORMATS["csv.zip"]) == "answers"
    assert stem_of(Path("answers.ZIP"), FORMATS["csv.zip"]) == "answers"
    assert stem_of(Path("ចម្លើយ.sav"), FORMATS["sav"]) == "ចម្លើយ"
    assert stem_of(Path("wps.2026.parquet"), FORMATS["parquet"]) == "wps.2026"
    assert stem_of(Path("answers"), FORMATS["csv"]) == "answers"


@pytest.mark.skipif(sys.platform == "win32", reason="a signal that Windows does not have")
@pytest.mark.parametrize(
    "sent", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=["Ctrl-C", "end", "kill"]
)
def test_one_that_is_ended_leaves_nothing_half(tmp_path: Path, out: Path, sent: signal.Signals) -> None:
    """The real program. Killed outright it cannot tidy up: the next export does, and says that this one broke."""
    folder = tmp_path / "hub"
    make_hub(folder)
    opened = Hub(folder)
    fill(opened, 6000)
    command = [sys.executable, "-m", "server", "--data", str(folder), "export", "bench_consultation",
               "--project", "1", "--format", "xlsx", "--out", str(out / "a.xlsx")]  # fmt: skip
    running = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    form = form_named(opened, 1, "bench_consultation")
    deadline = time.monotonic() + 60
    while not taken_of(opened, form) and time.monotonic() < deadline:
        time.sleep(0.02)
    running.send_signal(sent)
    _, said = running.communicate(timeout=60)
    assert running.returncode != 0
    assert b"Traceback" not in said
    if sent != signal.SIGKILL:
        assert names(out) == set()
        assert taken_of(opened, form)[0].outcome == "cancelled"
    again = subprocess.run(
        [*command[:-3], "csv", "--out", str(out / "a.csv")], capture_output=True, check=False
    )
    assert again.returncode == 0, again.stderr
    assert {name for name in names(out) if name.startswith(".")} == set()
    assert "a.xlsx" not in names(out)
    assert taken_of(opened, form)[1].outcome == ("cancelled" if sent != signal.SIGKILL else "broken")
    assert list((folder / "exports" / "work").iterdir()) == []
    opened.close()


def test_a_zip_holds_what_was_asked_for(run: Run, hub: Hub, out: Path) -> None:
    hand_in(hub, answers("uuid:a", photo="រូប.jpg"), **{"រូប.jpg": b"x" * 1000})
    run(*ASK, "--format", "csv.zip", "--profile", "full", "--reason", "x", "--out", out / "with.zip")
    run(
        *ASK,
        "--format",
        "csv.zip",
        "--profile",
        "full",
        "--reason",
        "x",
        "--no-media",
        "--out",
        out / "without.zip",
    )
    held = {name: zipfile.ZipFile(out / name).namelist() for name in ("with.zip", "without.zip")}
    assert any("រូប.jpg" in name for name in held["with.zip"])
    assert not any("រូប.jpg" in name for name in held["without.zip"])


def test_a_folder_of_parquet_takes_the_place_of_the_one_before(run: Run, hub: Hub, out: Path) -> None:
    hand_in(hub, answers("uuid:a"))
    for _ in range(2):
        done = run(*ASK, "--format", "parquet", "--out", out / "a.parquet", "--json")
        assert done.code == 0, done.err
        assert {"a.parquet", "a-plot.parquet", "a-export.json", "a-codebook.html", "a-codebook.csv"} == names(
            out
        )
    listed = [file["name"] for file in done.said["files"]]
    assert "rice.parquet/province=unknown/part-0.parquet" in listed or any(
        ".parquet/" in one for one in listed
    )
    (out / "a.parquet" / "mine.txt").write_text("x")
    assert run(*ASK, "--format", "parquet", "--out", out / "a.parquet").code == 2, (
        "something of mine is in it"
    )
    assert (out / "a.parquet" / "mine.txt").exists()


@pytest.mark.parametrize(
    ("file_format", "name"),
    [
        ("csv.zip", "a.csv.zip"),
        ("sqlite", "a.sqlite"),
        ("sav", "ចម្លើយ"),
        ("parquet", "folder"),
        ("csv", "b.txt"),
    ],
)
def test_the_note_names_every_file_as_it_lies_there(
    run: Run, hub: Hub, out: Path, file_format: str, name: str
) -> None:
    hand_in(hub, answers("uuid:a"))
    done = run(*ASK, "--format", file_format, "--out", out / name, "--json")
    assert done.code == 0, done.err
    for file in done.said["files"]:
        assert hashlib.sha256((out / file["name"]).read_bytes()).hexdigest() == file["sha256"]
