"""Settings of a hub. Each is a row: name, default, unit, what it is for.

The same name works by keyword to create_app, as SAMLENG_NAME in the environment, and in config.toml
of the data folder; the first of these that says something wins.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from i18n import mark
from server.errors import Fault


@dataclass(frozen=True, slots=True)
class Setting:
    name: str
    default: Any
    unit: str
    help: str


SETTINGS: tuple[Setting, ...] = (
    Setting("public_url", "", "URL", mark("What links in answers begin with; empty: the request's own address.")),
    Setting("language", "km", "km|en", mark("Language of messages when the caller names none.")),
    Setting("accept_content_length", 2_000_000, "bytes", mark("Size of a post that tablets are advised to keep to.")),
    Setting("max_content_length", 200_000_000, "bytes", mark("Size of a post above which it is refused.")),
    Setting("max_xml_length", 10_000_000, "bytes", mark("Size of a submission's XML above which it is refused.")),
    Setting("password_cost", 15, "log2", mark("Work for checking a password; each step doubles it.")),
    Setting("session_hours", 24, "hours", mark("How long a sign-in lasts.")),
    Setting("background", True, "on|off", mark("Whether work is done between requests; off: only when asked for.")),
    Setting("trusted_proxy", "127.0.0.1", "address", mark("The proxy that may say a request came over https.")),
    Setting("sync_minutes", 10, "minutes", mark("How often a served hub syncs by network; 0: never.")),
    Setting("sync_attachments", "all", "all|none|size", mark("Files that sync in the background.")),
    Setting("consultation", True, "on|off", mark("Whether the hub keeps consultation.db for Datasette, R and search.")),
    Setting("threads", 8, "threads", mark("Requests answered at the same time.")),
)  # fmt: skip


@dataclass(frozen=True)
class Config:
    """The settings of one hub, complete and checked."""

    public_url: str
    language: str
    accept_content_length: int
    max_content_length: int
    max_xml_length: int
    password_cost: int
    session_hours: int
    background: bool
    trusted_proxy: str
    sync_minutes: int
    sync_attachments: str
    consultation: bool
    threads: int


def load_config(data: Path, given: Mapping[str, Any], environment: Mapping[str, str] = os.environ) -> Config:
    """Raises Fault setting.unknown or setting.invalid."""
    written = _read_file(data / "config.toml")
    for name in [*given, *written]:
        if name not in {s.name for s in SETTINGS}:
            raise Fault("setting.unknown", name=name)
    return Config(**{s.name: _value(s, given, environment, written) for s in SETTINGS})


def _read_file(path: Path) -> dict[str, Any]:
    if not path.exists():
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as fault:
        raise Fault("file.unreadable", path=str(path), reason=type(fault).__name__) from fault


def _value(
    setting: Setting, given: Mapping[str, Any], environment: Mapping[str, str], written: Mapping[str, Any]
) -> Any:
    for source, name in (
        (given, setting.name),
        (environment, f"SAMLENG_{setting.name.upper()}"),
        (written, setting.name),
    ):
        if name in source:
            return _checked(setting, source[name])
    return setting.default


def _checked(setting: Setting, value: Any) -> Any:
    try:
        if isinstance(setting.default, bool):
            return _switch(value)
        if isinstance(setting.default, int):
            return int(value)
    except (ValueError, KeyError) as fault:
        raise Fault("setting.invalid", name=setting.name, value=str(value), expected=setting.unit) from fault
    return str(value)


def _switch(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    return {
        "on": True,
        "true": True,
        "1": True,
        "yes": True,
        "off": False,
        "false": False,
        "0": False,
        "no": False,
    }[str(value).lower()]


assert {f.name for f in fields(Config)} == {s.name for s in SETTINGS}
