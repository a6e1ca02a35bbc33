"""Whatever happens to hubs, disks, links and sticks: once everybody could exchange everything, all hold the
same, and nothing of what a tablet was told to be received is lost or doubled.

A history that breaks this is printed with the command that plays it again.
"""

from __future__ import annotations

import logging
import os
import shutil
import tempfile
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest

from tests.simulation.country import make_template
from tests.simulation.disk import Fault, PowerCut
from tests.simulation.history import Step, make_history, play, shrink

SEEDS = 3000 if os.environ.get("CI") else 160
AT_ONCE = 20  # seeds that a process is given at once


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("country")
    make_template(folder)
    return folder


@pytest.fixture
def run() -> Iterator[Path]:
    """A folder for the hubs; in memory where there is such a thing, since nothing of it need last."""
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=memory if os.access(memory, os.W_OK) else None))
    yield folder
    shutil.rmtree(folder, ignore_errors=True)


def failing(template: Path, run: Path, first: int) -> list[str]:
    """One line for each seed that fails, with the command that replays it."""
    logging.disable(logging.ERROR)  # power cuts are what is wanted here
    found = []
    for seed in range(first, first + AT_ONCE):
        try:
            play(template, run / str(first), seed, make_history(seed))
        except (Exception, PowerCut) as fault:  # noqa: BLE001 – told at the end
            found.append(
                f"{type(fault).__name__} {fault}\n  python -m tests.simulation.replay {seed} --shrink"
            )
    return found


def test_after_every_history_all_hubs_hold_the_same(template: Path, run: Path) -> None:
    workers = min(os.cpu_count() or 1, 4)
    firsts = range(0, SEEDS, AT_ONCE)
    with ProcessPoolExecutor(workers, mp_context=get_context("spawn")) as pool:
        found = [line for lines in pool.map(failing, *zip(*((template, run, n) for n in firsts), strict=True))
                 for line in lines]  # fmt: skip
    assert not found, "\n".join(found)


def test_a_seed_always_makes_the_same_history(template: Path, run: Path) -> None:
    for seed in range(6):
        logs = [play(template, run / "a", seed, make_history(seed)) for _ in range(2)]
        assert logs[0] == logs[1]


def test_a_failing_history_is_shrunk_to_what_matters(
    template: Path, run: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose_comments(*_said: object) -> None:
        raise AssertionError("a bug in comments")

    monkeypatch.setattr("server.review.add_comment", lose_comments)
    steps = [step for seed in range(8) for step in make_history(seed)][:60]
    steps += [Step("post", 1, 7), Step("comment", 1, 7, Fault("cut", 99))]
    shrunk = shrink(template, run, 1, steps)
    assert [step.deed for step in shrunk] == ["post", "comment"]
    assert shrunk[1].fault is None
