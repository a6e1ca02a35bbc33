"""Power cuts: the serving process is killed in the middle of load, many times, and started again on the
same data. A tablet may delete its copy after a 201, so what was acknowledged must be there."""

from __future__ import annotations

import csv
import hashlib
import io
import itertools
import random
import threading
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from server.hub import Hub
from tests.end_to_end.hubs import Coordinator, answer, init, samleng, serving
from tests.server.season import answers, begin

ROUNDS, TABLETS = 10, 4
SEED = 20261123
OPENROSA = {"X-OpenRosa-Version": "1.0"}


@dataclass
class Load:
    """What tablets sent, and what they were thanked for. Files by instanceID."""

    door: str
    chance: random.Random
    sent: dict[str, tuple[bytes, dict[str, bytes]]] = field(default_factory=dict)
    thanked: set[str] = field(default_factory=set)
    change: threading.Condition = field(default_factory=threading.Condition)
    numbers: Any = field(default_factory=itertools.count)

    def next_form(self) -> str:
        """A new one; one in four is one that was never acknowledged, tried again. One in eight has a
        photo too large for the database's pages."""
        with self.change:
            open_ones = sorted(self.sent.keys() - self.thanked)
            if open_ones and self.chance.random() < 0.25:
                return self.chance.choice(open_ones)
            number = next(self.numbers)
            instance_id = f"uuid:{number:05}"
            files = {"រូប.jpg": self.chance.randbytes(90_000)} if number % 8 == 0 else {}
            photo = "រូប.jpg" if files else ""
            self.sent[instance_id] = (answers(instance_id, f"ភូមិ {number}", photo=photo), files)
            return instance_id

    def send_until_it_breaks(self, url: str) -> None:
        tablet = requests.Session()
        try:
            while True:
                instance_id = self.next_form()
                xml, files = self.sent[instance_id]
                parts: dict[str, Any] = {"xml_submission_file": ("a.xml", xml, "text/xml")}
                parts |= {name: (name, data, "image/jpeg") for name, data in files.items()}
                done = tablet.post(f"{url}{self.door}/submission", files=parts, headers=OPENROSA, timeout=30)
                assert done.status_code == 201, done.text
                with self.change:
                    self.thanked.add(instance_id)
                    self.change.notify_all()
        except requests.exceptions.RequestException:
            return  # the hub is gone
        finally:
            tablet.close()


def run_round(data: Path, load: Load) -> None:
    """Serves, waits until some more were acknowledged, and pulls the plug."""
    with serving(data) as served:
        tablets = [
            threading.Thread(target=load.send_until_it_breaks, args=(served.url,)) for _ in range(TABLETS)
        ]
        for tablet in tablets:
            tablet.start()
        wanted = len(load.thanked) + load.chance.randrange(5, 60)
        with load.change:
            reached = load.change.wait_for(lambda: len(load.thanked) >= wanted, timeout=60)
        served.kill()
        for tablet in tablets:
            tablet.join(timeout=60)
        assert reached


def make_hub(data: Path) -> str:
    """Makes the hub with its form and a tablet; the path of the tablet's door."""
    init(data, "ខេត្តកំពត")
    hub = Hub(data, password_cost=4)
    begin(hub)
    hub.close()
    with serving(data) as served:
        coordinator = Coordinator(served.url)
        tablet = coordinator.ask("POST", "/v1/projects/1/app-users", {"displayName": "ថេប្លេត ៧"}).json()
        coordinator.ask("POST", f"/v1/projects/1/forms/rice/assignments/app-user/{tablet['id']}")
        assert served.stop() == 0
    return f"/v1/key/{tablet['token']}/projects/1"


def test_what_was_acknowledged_survives_being_killed(tmp_path: Path) -> None:
    data = tmp_path / "ខេត្តកំពត"
    load = Load(make_hub(data), random.Random(SEED))
    for _ in range(ROUNDS):
        run_round(data, load)

    with serving(data) as served:
        coordinator = Coordinator(served.url)
        table = coordinator.ask("GET", "/v1/projects/1/forms/rice/submissions.csv").content.decode(
            "utf-8-sig"
        )
        held = Counter(row["KEY"] for row in csv.DictReader(io.StringIO(table)))
        assert coordinator.ask("GET", "/v1/projects/1/parked").json() == []
        assert served.stop() == 0
    assert len(load.thanked) > ROUNDS * 5
    assert load.thanked <= held.keys(), "acknowledged and lost"
    assert max(held.values()) == 1, "stored twice"
    assert held.keys() <= load.sent.keys()

    verified = answer(data, "verify")
    assert (verified["damaged"], verified["missing"], verified["unfolded"]) == ([], [], [])
    assert samleng(data, "rebuild", "--check").returncode == 0
    every_byte(data, load)


def every_byte(data: Path, load: Load) -> None:
    """The stored bytes of everything acknowledged are those that were sent."""
    hub = Hub(data, password_cost=4)
    for instance_id in sorted(load.thanked):
        xml, files = load.sent[instance_id]
        for content in (xml, *files.values()):
            assert hub.blobs.read(hashlib.sha256(content).hexdigest()) == content
    hub.close()
