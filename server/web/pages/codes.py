"""QR codes on pages, and the address at which a tablet reaches the hub."""

from __future__ import annotations

import base64
import io
from urllib.parse import urlsplit

import segno
from flask import request

from server.tablets import network_address
from server.web import wire

HERE = ("127.0.0.1", "localhost", "::1")


def picture(said: str, *, error: str = "l", scale: int = 5) -> str:
    """A QR code as a data address."""
    held = io.BytesIO()
    segno.make_qr(said, error=error).save(held, kind="png", scale=scale, border=4)
    return "data:image/png;base64," + base64.b64encode(held.getvalue()).decode()


def tablet_address() -> str:
    """Where a tablet most likely reaches this hub: as it was asked, unless that is this computer's name for itself."""
    asked = urlsplit(wire.base_url())
    if wire.hub().config.public_url or asked.hostname not in HERE:
        return wire.base_url()
    port = f":{asked.port}" if asked.port else ""
    return f"{asked.scheme}://{network_address()}{port}{asked.path}"


def chosen_address() -> str:
    """?address, when that is not what the page was asked under; else the likely one."""
    said = request.args.get("address", "").strip().rstrip("/")
    return said if said.startswith(("http://", "https://")) and len(said) <= 300 else tablet_address()


def is_here(address: str) -> bool:
    """Whether only this computer knows itself by this address."""
    return urlsplit(address).hostname in HERE
