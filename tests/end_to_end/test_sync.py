"""Two served hubs and a bad line between them: cut, spoiled, killed at either end, and all is there once. A
third hub, which never had a network, gets the same by stick."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from itertools import count
from pathlib import Path
from random import Random
from urllib.parse import urlsplit

import pytest

from server.hub import Hub
from tests.end_to_end.hubs import SAMLENG, Coordinator, Served, answer, environment, init, samleng
from tests.end_to_end.proxy import Line, bad_line
from tests.server.season import answers, begin, hand_in

SEEDS = range(4) if os.environ.get("CI") else range(1)
CUTS, SUBMISSIONS, WAIT_S = 10, 16, 120
FACTOR = 1.25  # bytes on the line to bytes of answers and photos, with everything that went wrong
TABLE = "/v1/projects/1/forms/rice/submissions.csv"


class Nation:
    """A hub that is served, killed and served again, always at the other end of the same line."""

    def __init__(self, data: Path, line: Line) -> None:
        self.data, self.line = data, line
        self.served: Served | None = None

    def start(self) -> None:
        self.served = Served(self.data)
        parts = urlsplit(self.served.url)
        self.line.target = (str(parts.hostname), int(parts.port or 0))

    def kill(self) -> None:
        self.line.target = None
        if self.served is not None:
            self.served.kill()

    def close(self) -> None:
        if self.served is not None and self.served.process.poll() is None:
            self.served.kill()


class Pair:
    """The nation at one end; the province, served too, whose coordinator gives the command."""

    def __init__(self, folder: Path, line: Line, seed: int) -> None:
        self.folder, self.line, self.rng = folder, line, Random(seed)
        self.nation, self.province = Nation(folder / "ជាតិ", line), Nation(folder / "កំពត", Line(Random(0)))
        self.content = 0
        for data, name in ((self.nation.data, "ជាតិ"), (self.province.data, "កំពត")):
            init(data, name)
            answer(data, "hub", "card", "--out", folder / f"{name}.card")
        within(self.nation.data, begin)
        answer(self.nation.data, "hub", "add", folder / "កំពត.card")
        answer(self.province.data, "hub", "add", folder / "ជាតិ.card", "--url", line.url)
        self.nation.start()
        self.province.start()
        assert self.sync() == 0

    def hand_in(self, data: Path, mark: str) -> None:
        """As many as always; every second one has a photo."""

        def fill(hub: Hub) -> None:
            for number in range(SUBMISSIONS):
                photo = (
                    {"រូប.jpg": self.rng.randbytes(self.rng.randrange(20_000, 150_000))} if number % 2 else {}
                )
                xml = answers(f"uuid:{mark}-{number:03}", f"ភូមិ {mark} {number}", photo="".join(photo))
                hand_in(hub, xml, **photo)
                self.content += len(xml) + sum(map(len, photo.values()))

        within(data, fill)

    def begin_sync(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [*SAMLENG, "--data", str(self.province.data), "sync", "ជាតិ"], stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE, text=True, encoding="utf-8", env=environment(),
        )  # fmt: skip

    def sync(self) -> int:
        return ended(self.begin_sync())

    def tables(self) -> list[bytes]:
        return [
            Coordinator(hub.served.url).ask("GET", TABLE).content
            for hub in (self.nation, self.province)
            if hub.served is not None
        ]

    def close(self) -> None:
        self.nation.close()
        self.province.close()


def within(data: Path, act: Callable[[Hub], object]) -> None:
    hub = Hub(data, password_cost=4)
    try:
        act(hub)
    finally:
        hub.close()


def ended(command: subprocess.Popen[str]) -> int:
    """The exit code of a command that says what is wrong in a sentence, or not at all."""
    try:
        _, said = command.communicate(timeout=WAIT_S)
    except subprocess.TimeoutExpired:
        command.kill()
        command.communicate()
        raise
    assert "Traceback" not in said, said
    return command.returncode


@pytest.fixture(params=SEEDS)
def pair(tmp_path: Path, request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Pair]:
    monkeypatch.setenv("SAMLENG_SYNC_MINUTES", "0")  # nobody syncs but the coordinator
    with bad_line(request.param) as line:
        made = None
        try:
            made = Pair(tmp_path, line, request.param)
            yield made
        finally:
            if made is not None:
                made.close()


def proven(data: Path) -> None:
    verified = answer(data, "verify")
    assert (verified["damaged"], verified["missing"], verified["unfolded"]) == ([], [], [])
    assert samleng(data, "rebuild", "--check").returncode == 0


def carried(pair: Pair, third: Path) -> None:
    """From the nation by stick to a hub that never had a network."""
    init(third, "តាកែវ")
    answer(third, "hub", "card", "--out", pair.folder / "third.card")
    answer(third, "hub", "add", pair.folder / "ជាតិ.card")
    answer(pair.nation.data, "hub", "add", pair.folder / "third.card")
    stick = pair.folder / "stick.bundle"
    answer(pair.nation.data, "bundle", "write", "--for", "តាកែវ", "--out", stick)
    answer(third, "bundle", "read", stick)


def exported(data: Path, out: Path) -> bytes:
    answer(
        data,
        "export",
        "rice",
        "--project",
        "1",
        "--format",
        "csv",
        "--central",
        "--reason",
        "x",
        "--out",
        out,
    )
    return out.read_bytes()


def test_a_line_that_is_cut_ten_times_brings_everything_once(pair: Pair) -> None:
    pair.hand_in(pair.nation.data, "n")
    pair.hand_in(pair.province.data, "p")
    before, pair.line.cuts, pair.line.delay_s = pair.line.passed, CUTS, 0.001
    more = count()
    while pair.sync() != 0 or pair.line.cuts:
        assert pair.line.cuts < CUTS, "nothing was cut"
        pair.hand_in(pair.province.data, f"p{next(more)}")
    nation, province = pair.tables()
    assert nation == province and nation.count(b"uuid:n-") == 2 * SUBMISSIONS
    assert pair.line.passed - before < FACTOR * pair.content
    for hub in (pair.nation, pair.province):
        proven(hub.data)
    carried(pair, pair.folder / "តាកែវ")
    folders = (pair.nation.data, pair.province.data, pair.folder / "តាកែវ")
    assert len({exported(data, data.parent / f"{data.name}.csv") for data in folders}) == 1
    proven(folders[2])


def test_what_was_killed_in_the_middle_goes_on(pair: Pair) -> None:
    pair.line.piece, pair.line.delay_s = 4096, 0.001
    before = pair.line.passed
    for turn in range(4):
        pair.hand_in(pair.province.data, f"p{turn}")
        pair.hand_in(pair.nation.data, f"n{turn}")
        command = pair.begin_sync()
        pair.line.wait_for_bytes(pair.rng.randrange(1000, 500_000))
        if turn % 2:
            pair.nation.kill()
            pair.nation.start()
            ended(command)
        else:
            command.kill()
            command.communicate(timeout=WAIT_S)
    assert pair.sync() == 0
    nation, province = pair.tables()
    assert nation == province
    assert nation.count(b"uuid:") == 2 * 2 * 4 * SUBMISSIONS
    assert pair.line.passed - before < FACTOR * pair.content
    for hub in (pair.nation, pair.province):
        proven(hub.data)


def test_what_the_line_spoils_is_noticed(pair: Pair) -> None:
    for turn in range(8):
        pair.hand_in(pair.province.data, f"p{turn}")
        pair.line.spoils = 1 + turn % 3
        with suppress(
            subprocess.TimeoutExpired
        ):  # a length that was spoiled: it waits for bytes that never come
            pair.sync()
        pair.line.spoils = 0
    assert pair.sync() == 0
    nation, province = pair.tables()
    assert nation == province
    for hub in (pair.nation, pair.province):
        proven(hub.data)
