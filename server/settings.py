"""What an administrator sets for this hub by the API. No Flask, no SQL.

Keys and what they take: ODK Central's API, "Server Configuration". Analytics are kept as they were set
and never gathered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from i18n import mark
from server.errors import Problem
from server.form_entries import By, signed
from server.hub import Hub
from server.store import configs
from server.store.blobs import Staged
from server.store.configs import Setting

KIND = "config.set"
UNKNOWN = mark("there is no such setting.")


def _analytics(said: Mapping[str, Any]) -> dict[str, Any]:
    on = said.get("enabled") is True
    return {"enabled": on, **(_texts(said, "email", "organization") if on else {})}


def _appearance(said: Mapping[str, Any]) -> dict[str, Any]:
    return _texts(said, "title", "description")


def _texts(said: Mapping[str, Any], *names: str) -> dict[str, Any]:
    return {n: said[n] for n in names if isinstance(said.get(n), str) and said[n]}


# key -> how its value is read from a JSON body
VALUES: dict[str, Callable[[Mapping[str, Any]], dict[str, Any]]] = {
    "analytics": _analytics,
    "login-appearance": _appearance,
}
FILES = frozenset({"logo", "hero-image"})
PUBLIC = frozenset({"login-appearance", *FILES})


def check_key(key: str) -> None:
    """Raises Problem 400.8 for a key that there is not."""
    if key not in VALUES and key not in FILES:
        raise Problem("400.8", field="key", value=key, reason=UNKNOWN)


def set_value(hub: Hub, key: str, said: Mapping[str, Any], by: By = None) -> Setting:
    return _set(hub, key, {"value": VALUES[key](said)}, [], by)


def set_file(hub: Hub, key: str, file: Staged, content_type: str, by: By = None) -> Setting:
    return _set(hub, key, {"blob": file.sha256, "content_type": content_type}, [file], by)


def unset(hub: Hub, key: str, by: By = None) -> None:
    """Also when nothing is set. Raises Problem 400.8."""
    check_key(key)
    hub.write(lambda turn: turn.append(KIND, f"config:{key}", signed({"value": None}, by)))


def _set(hub: Hub, key: str, body: dict[str, Any], blobs: list[Staged], by: By) -> Setting:
    hub.write(lambda turn: turn.append(KIND, f"config:{key}", signed(body, by), blobs=blobs))
    held = configs.find_setting(hub.read(), key)
    if held is None:
        raise LookupError(key)
    return held
