"""How long the hub works on each page of the console, with very many submissions in it.

In this process, through the whole application but without a network: what is measured is the server's own time.
"""

from __future__ import annotations

import statistics
import time
from pathlib import Path

from flask import Flask

from benchmarks.console_pages import find_pages
from benchmarks.large_form import fill
from benchmarks.measures import EMAIL, PASSWORD, make_hub
from benchmarks.sheet import Sheet
from server.app import create_app
from server.consultation.following import catch_up
from server.hub import Hub

TIMES = 9
FLOOR_MS = 50


def run(sheet: Sheet, folder: Path, count: int) -> None:
    make_hub(folder)
    hub = Hub(folder)
    fill(hub, count)
    catch_up(hub)
    hub.close()
    app = create_app(folder, background=False)
    try:
        measure(sheet, app, count)
    finally:
        app.extensions["samleng"].close()


def measure(sheet: Sheet, app: Flask, count: int) -> None:
    """Each view's first page, the middle of several times."""
    cookie = sign_in(app)
    begun = time.perf_counter()
    found = find_pages(app, cookie)
    asked = sum(len(pages) for pages in found.pages.values())
    sheet.add(f"{asked} pages looked up, {count:,} submissions", time.perf_counter() - begun, "s")
    sheet.fail_unless(not found.dead, "links that lead nowhere", len(found.dead))
    for view, addresses in sorted(found.pages.items()):
        sheet.add(f"  {view}", middle_ms(app, cookie, addresses[0]), "ms", floor=FLOOR_MS)


def sign_in(app: Flask) -> str:
    client = app.test_client()
    client.post("/sign-in", data={"email": EMAIL, "password": PASSWORD})
    held = client.get_cookie("session")
    assert held is not None
    return f"session={held.value}"


def middle_ms(app: Flask, cookie: str, address: str) -> float:
    client = app.test_client(use_cookies=False)
    taken = []
    for _ in range(TIMES):
        begun = time.perf_counter()
        with client.get(address, headers={"Cookie": cookie, "Accept": "text/html"}) as answer:
            answer.get_data()
        taken.append(1000 * (time.perf_counter() - begun))
    return statistics.median(taken)
