"""A served hub is opened to its network and shut again by a click, without a restart, and stays as it was left."""

from __future__ import annotations

import http.client
import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from urllib.parse import urlencode

import pytest

from server.door import Door
from server.errors import Fault
from tests.conftest import EMAIL, PASSWORD

ELSEWHERE = "127.0.0.2"  # this computer's too, but not the address that a shut hub listens on
PATIENCE_S = 20


@contextmanager
def serving(data: Path, *options: str) -> Iterator[int]:
    """The port that `samleng serve` listens on."""
    command = [sys.executable, "-m", "server", "--data", str(data), "serve", "--port", "0", *options]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield int(process.stdout.readline().rpartition(":")[2])
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=PATIENCE_S) == 0


def reaches(port: int, *, expected: bool, host: str = ELSEWHERE) -> bool:
    """Whether somebody at another address is let in; asked until it is as expected."""
    end = time.monotonic() + PATIENCE_S
    while True:
        try:
            socket.create_connection((host, port), timeout=2).close()
            found = True
        except OSError:
            found = False
        if found == expected or time.monotonic() > end:
            return found


@pytest.fixture
def other_address() -> None:
    with socket.socket() as probe:
        try:
            probe.bind((ELSEWHERE, 0))
        except OSError:
            pytest.skip("this system has no second address of its own")


class Browser:
    def __init__(self, port: int) -> None:
        self.line = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
        self.cookie = ""
        answer = self.post("/sign-in", email=EMAIL, password=PASSWORD)
        self.cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]

    def post(self, path: str, **said: str) -> http.client.HTTPResponse:
        headers = {"Cookie": self.cookie, "Content-Type": "application/x-www-form-urlencoded"}
        self.line.request("POST", path, urlencode(said), headers)
        answer = self.line.getresponse()
        answer.read()
        return answer

    def get(self, path: str) -> str:
        self.line.request("GET", path, headers={"Cookie": self.cookie})
        return self.line.getresponse().read().decode()

    def close(self) -> None:
        self.line.close()

    def press(self, path: str) -> http.client.HTTPResponse:
        secret = re.findall(r'name="__csrf" value="([^"]+)"', self.get("/network"))[-1]
        return self.post(path, __csrf=secret)


def press(port: int, path: str) -> int:
    with closing(Browser(port)) as browser:
        return browser.press(path).status


@pytest.mark.usefixtures("other_address")
def test_a_hub_is_opened_and_shut_while_it_is_served(data: Path) -> None:
    with serving(data) as port:
        assert not reaches(port, expected=False)
        with closing(Browser(port)) as browser:
            assert browser.press("/network/open").status == 303
            assert reaches(port, expected=True)
            assert browser.press("/network/shut").status == 303, "whoever was connected stays so"
        assert not reaches(port, expected=False)
        assert reaches(port, expected=True, host="127.0.0.1")


@pytest.mark.usefixtures("other_address")
def test_an_opened_hub_is_open_at_the_next_start(data: Path) -> None:
    with serving(data) as port:
        press(port, "/network/open")
    with serving(data) as port:
        assert reaches(port, expected=True)
        press(port, "/network/shut")
    with serving(data) as port:
        assert not reaches(port, expected=False)


def test_an_address_of_the_command_line_is_not_changed_by_a_page(data: Path) -> None:
    with serving(data, "--host", "127.0.0.1") as port:
        assert press(port, "/network/open") == 409
    assert not Door(data).is_open


def test_a_fixed_door_neither_moves_nor_remembers(tmp_path: Path) -> None:
    door = Door(tmp_path, "127.0.0.1")
    for act in (door.open, door.shut):
        with pytest.raises(Fault, match=r"door\.fixed"):
            act()
    assert list(tmp_path.iterdir()) == []
