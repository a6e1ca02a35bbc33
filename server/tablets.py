"""Settings of ODK Collect for a tablet, as a QR code that its user scans once.

Whoever has the code may send to the project: hand it out like a key. No Flask, no SQL.
Source: ODK Collect's settings schema; docs/openrosa.md.
"""

from __future__ import annotations

import base64
import io
import json
import socket
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import segno

from server.accounts import By, assign, create_app_user
from server.errors import Fault
from server.hub import Hub
from server.roles import APP_USER, role_named
from server.store import actors, forms
from server.store.actors import Actor
from server.store.projects import Project

# What is not said here goes back to ODK Collect's own default when the code is scanned.
GENERAL: Mapping[str, Any] = {
    "app_language": "km",
    "form_update_mode": "match_exactly",
    "autosend": "wifi_only",
    "delete_send": True,  # a lost tablet should not hold testimony that the hub already has
    "image_size": "medium",  # 2,048 pixels: a photo of 5 MB would not pass a village's connection
    "analytics": False,  # tells others, outside the country, which forms are used
}
ON_BLACK, PLAIN = "\x1b[97;40m", "\x1b[0m"
SCALE = 5  # pixels a module: read from a screen or from paper at arm's length


def network_address() -> str:
    """This computer's address on the network that it is on, "127.0.0.1" on none. Nothing is sent to find it out."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect(("192.0.2.1", 9))  # an address that is nobody's (RFC 5737)
            return str(probe.getsockname()[0])
        except OSError:
            return "127.0.0.1"


def server_url(base: str, project: Project, tablet: Actor) -> str:
    """Where the tablet sends to. base: the hub's address without a slash at the end."""
    return f"{base}/v1/key/{tablet.token}/projects/{project.id}"


def settings_of(base: str, project: Project, tablet: Actor) -> dict[str, Any]:
    """The settings as ODK Collect reads them: `general`, `admin` and `project`.

    Raises Fault tablet.revoked when it has no token any more.
    """
    if tablet.token is None:
        raise Fault("tablet.revoked", name=tablet.display_name)
    return {
        "general": {
            "server_url": server_url(base, project, tablet),
            **GENERAL,
            "metadata_username": tablet.display_name,
        },
        "admin": {},
        "project": {"name": project.name},
    }


def payload(settings: Mapping[str, Any]) -> str:
    """What the QR code says: JSON, deflated, in base64."""
    said = json.dumps(settings, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.b64encode(zlib.compress(said, 9)).decode()


def terminal_text(said: str) -> str:
    """The QR code of a payload in half blocks. White on black by control codes: a terminal with dark
    letters on light ground would show it inverted, which not every camera reads."""
    drawn = io.StringIO()
    _code(said).terminal(drawn, border=1, compact=True)
    return "\n".join(f"{ON_BLACK}{line}{PLAIN}" for line in drawn.getvalue().splitlines())


def write_png(said: str, path: Path) -> None:
    """Raises Fault file.unwritable."""
    try:
        _code(said).save(str(path), kind="png", scale=SCALE, border=4)
    except OSError as fault:
        raise Fault("file.unwritable", path=str(path), reason=fault.strerror or "") from fault


def _code(said: str) -> segno.QRCode:
    return segno.make_qr(said, error="l")


def add_tablet(
    hub: Hub, project: Project, name: str, form_ids: Sequence[str] = (), by: By | None = None
) -> Actor:
    """An app user that sees these forms; without any, all that the project has now.

    Raises Fault form.unknown, before anything is made.
    """
    db = hub.read()
    held = {f.xml_form_id: f for f in forms.list_forms(db, project.id)}
    for form_id in form_ids:
        if form_id not in held:
            raise Fault("form.unknown", form_id=form_id)
    role = role_named(APP_USER)
    made = create_app_user(hub, project, name, by)
    for form_id in form_ids or held:
        assign(hub, made, role, project, held[form_id], by)
    return made


def find_tablet(hub: Hub, project: Project, name: str) -> Actor:
    """The app user of this name; of namesakes the newest that has a token. Raises Fault tablet.unknown."""
    for tablet in actors.list_app_users(hub.read(), project.uid):
        if tablet.display_name == name:
            return tablet
    raise Fault("tablet.unknown", name=name, project=project.name)
