"""The pages of a served console, found as people find them: by links, from the first page on."""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass, field
from html import unescape
from typing import Any
from urllib.parse import unquote, urldefrag, urlsplit

from flask import Flask
from werkzeug.exceptions import HTTPException

LINK = re.compile(r'<(?:a|link|form method="get")\s[^>]*?(?:href|action)="([^"]*)"')
OF_ONE_KIND = 6  # pages asked for of each view: a list of a thousand is one page, seen often
PASSED_OVER = ("signing_in.", "frame.")


@dataclass
class Found:
    """`pages`: view -> addresses that answered with a page; `dead`: what a link led to that was not there."""

    pages: dict[str, list[str]] = field(default_factory=dict)
    dead: list[tuple[str, str, int]] = field(default_factory=list)


def find_pages(app: Flask, cookie: str) -> Found:
    client = app.test_client(use_cookies=False)
    found, seen, waiting = Found(), {"/"}, deque([("", "/")])
    asked: dict[str, int] = {}
    while waiting:
        source, address = waiting.popleft()
        view = view_of(app, address)
        if view is None or view.startswith(PASSED_OVER) or asked.get(view, 0) >= OF_ONE_KIND:
            continue
        asked[view] = asked.get(view, 0) + 1
        with client.get(address, headers={"Cookie": cookie, "Accept": "text/html"}) as answer:
            if answer.status_code >= 400:
                found.dead.append((source, address, answer.status_code))
            elif answer.status_code == 200 and answer.mimetype == "text/html" and "<main" in answer.text:
                found.pages.setdefault(view, []).append(address)
                for link in _links(answer.text):
                    if link not in seen:
                        seen.add(link)
                        waiting.append((address, link))
    return found


def view_of(app: Flask, address: str) -> str | None:
    """The name of the view that answers a GET there; None below /v1 and where there is none."""
    parts = urlsplit(address)
    if parts.netloc or not parts.path.startswith("/") or parts.path.startswith(("/v1", "/static/")):
        return None
    bound = app.url_map.bind("127.0.0.1")
    try:
        matched: Any = bound.match(unquote(parts.path), method="GET")
    except HTTPException:
        return "no view"
    return str(matched[0])


def _links(text: str) -> list[str]:
    return [urldefrag(unescape(link)).url for link in LINK.findall(text) if link.startswith("/")]
