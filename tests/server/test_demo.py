"""The demonstration tells a true story: three provinces, merged, nothing lost and nothing twice."""

from __future__ import annotations

import csv
import io
import os
import re
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from server import demo
from server.demo_season import FORM_ID, PROVINCES
from server.errors import Fault
from server.exporting import export
from server.exports.columns import CsvOptions
from server.hub import Hub
from server.store import forms, projects, submissions
from server.store.forms import Form
from server.store.projects import Project
from server.upkeep import verify

HUBS = ("nation", *(p.folder for p in PROVINCES))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("demo") / "demo-data"
    assert demo.prepare(made)
    return made


@pytest.fixture(params=HUBS)
def place(folder: Path, request: pytest.FixtureRequest) -> Iterator[Hub]:
    opened = Hub(folder / request.param)
    yield opened
    opened.close()


def consultation(hub: Hub) -> tuple[Project, Form]:
    (project,) = projects.list_projects(hub.read())
    form = forms.find_form(hub.read(), project.id, FORM_ID)
    assert form is not None
    return project, form


def test_every_hub_ends_with_the_same_merged_season(place: Hub) -> None:
    project, form = consultation(place)
    db = place.read()
    assert submissions.count_submissions(db, form.id)[0] == sum(p.consultations for p in PROVINCES)
    counts = submissions.count_by_hub(db, form.id)
    assert sorted(counts.values()) == sorted(p.consultations for p in PROVINCES)
    states = submissions.count_review_states(db, form.id)
    assert states["approved"] > 0
    assert states["hasIssues"] > 0
    assert states["edited"] > 0
    assert submissions.count_rivals(db, form.id) == 1
    parked = {row.reason for row in submissions.list_parked(db, project.id)}
    assert parked == {"content.differs", "version.unknown"}


def test_the_merged_csv_holds_each_consultation_once(place: Hub) -> None:
    _, form = consultation(place)
    text = b"".join(export(place, form, "csv", CsvOptions())).decode("utf-8-sig")
    rows = list(csv.DictReader(io.StringIO(text)))
    keys = [row["KEY"] for row in rows]
    assert len(keys) == len(set(keys)) == sum(p.consultations for p in PROVINCES)


def test_every_hub_is_whole(place: Hub) -> None:
    found = verify(place)
    assert found.clean
    assert found.unfolded == []


def test_a_second_preparation_leaves_everything_as_it_was(folder: Path) -> None:
    before = (folder / demo.SIGN_IN).read_text(encoding="utf-8")
    assert demo.prepare(folder) is False
    assert (folder / demo.SIGN_IN).read_text(encoding="utf-8") == before


def test_somebody_elses_folder_is_not_touched(tmp_path: Path) -> None:
    (tmp_path / "ចម្លើយ.txt").write_text("សំខាន់", encoding="utf-8")
    with pytest.raises(Fault, match=r"file\.exists"):
        demo.prepare(tmp_path)
    assert [p.name for p in tmp_path.iterdir()] == ["ចម្លើយ.txt"]


def test_it_says_where_to_look_and_stops_cleanly(folder: Path) -> None:
    command = [sys.executable, "-m", "server.demo", "--data", str(folder), "--port", "0"]
    environment = {**os.environ, "PYTHONUTF8": "1"}
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, encoding="utf-8", env=environment
    ) as running:
        assert running.stdout is not None
        said = []
        for line in running.stdout:
            said.append(line)
            if line.startswith("listening on "):
                break
        url = said[-1].removeprefix("listening on ").strip()
        with urllib.request.urlopen(f"{url}/healthz") as answer:
            assert answer.status == 200
        running.send_signal(signal.SIGINT)
        assert running.wait(timeout=30) == 0
    text = "".join(said)
    email, password = (folder / demo.SIGN_IN).read_text(encoding="utf-8").split()
    for expected in (email, password, f"{url}/v1/projects/1/forms/{FORM_ID}/submissions.csv.zip", "/v1/key/"):
        assert expected in text
    assert "ពាក្យសម្ងាត់ · Password" in text
    assert re.search("[▀▄█]{5}", text), "the QR code"
    assert (folder / demo.QR).exists()
