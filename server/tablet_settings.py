"""What the QR code of a tablet says beyond its address: language, updates, sending, and what its user may change.

Keys and values: ODK Collect's settings schema. What is not said goes back to ODK Collect's own default when the code
is scanned, so everything that is meant is said. No Flask, no SQL.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from i18n import mark
from server.errors import Fault
from server.store.actors import Actor
from server.store.projects import Project
from server.tablets import settings_of

PASSWORD_LIMIT = 100  # characters
# field -> (what it is, its values and what they mean); the first value is the one to begin with
CHOICES: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "app_language": (mark("Language of the app"), {"km": "ភាសាខ្មែរ", "en": "English"}),
    "form_update_mode": (mark("Forms on the tablet"), {
        "match_exactly": mark("always exactly those of the hub"),
        "previously_downloaded": mark("new versions of those already there"),
        "manual": mark("fetched by hand"),
    }),
    "periodic_form_updates_check": (mark("Looks for new forms"), {
        "every_fifteen_minutes": mark("every 15 minutes"),
        "every_one_hour": mark("every hour"),
        "every_six_hours": mark("every 6 hours"),
        "every_24_hours": mark("once a day"),
    }),
    "autosend": (mark("Sends by itself"), {
        "wifi_only": mark("on Wi-Fi"),
        "wifi_and_cellular": mark("on Wi-Fi and mobile data"),
        "off": mark("never: the facilitator sends"),
    }),
    "delete_send": (mark("After sending"), {
        "true": mark("deletes what was sent: a lost tablet holds no testimony"),
        "false": mark("keeps what was sent"),
    }),
    "image_size": (mark("Photos"), {
        "medium": mark("medium (2,048 pixels)"),
        "small": mark("small (1,024 pixels)"),
        "large": mark("large (3,072 pixels)"),
        "original_image_size": mark("as the camera takes them"),
    }),
    "locked": (mark("Settings of the app"), {
        "false": mark("the facilitator may change them"),
        "true": mark("locked: only with the password below"),
    }),
}  # fmt: skip
# What a locked app does not let its user change: where it sends, how, and what becomes of it.
LOCKED = ("change_server", "form_update_mode", "periodic_form_updates_check", "automatic_update", "change_autosend",
          "delete_after_send", "image_size", "change_form_metadata", "analytics")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Wishes:
    """`said`: field of CHOICES -> value, all of them. `password`: of the app's protected settings, "" for none."""

    said: Mapping[str, str]
    password: str = ""


def read_wishes(said: Mapping[str, str]) -> Wishes:
    """What a form says; the first value where it says nothing. Raises Fault tablet.setting, tablet.lock."""
    found = {field: said.get(field) or next(iter(values)) for field, (_, values) in CHOICES.items()}
    for field, value in found.items():
        if value not in CHOICES[field][1]:
            raise Fault("tablet.setting", value=value)
    password = said.get("admin_pw", "")
    if len(password) > PASSWORD_LIMIT or (found["locked"] == "true" and not password):
        raise Fault("tablet.lock", limit=PASSWORD_LIMIT)
    return Wishes(found, password)


def wished_settings(base: str, project: Project, tablet: Actor, wishes: Wishes) -> dict[str, Any]:
    """The settings as ODK Collect reads them. Raises Fault tablet.revoked."""
    settings = settings_of(base, project, tablet)
    general = {name: value for name, value in wishes.said.items() if name != "locked"}
    settings["general"] |= {**general, "delete_send": wishes.said["delete_send"] == "true"}
    if wishes.password:
        settings["admin"]["admin_pw"] = wishes.password
    if wishes.said["locked"] == "true":
        settings["admin"] |= dict.fromkeys(LOCKED, False)
    return settings
