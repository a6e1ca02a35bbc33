"""Options of an export by name, as a command, an address or a page says them: texts in, `Options` out."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from datetime import date
from typing import Any

from server.errors import Fault
from server.extracts.options import Choosing, Options
from server.formats import Format

Said = Mapping[str, str]
SWITCH = {"true": True, "on": True, "1": True, "false": False, "off": False, "0": False}


def _text(name: str, value: str) -> str:
    return value


def _switch(name: str, value: str) -> bool:
    if value.lower() not in SWITCH:
        raise Fault("export.option", option=name, value=value, allowed="true, false")
    return SWITCH[value.lower()]


def _number(name: str, value: str) -> int:
    if not (value.isascii() and value.isdigit() and 1 < int(value[:9]) < 10_000):
        raise Fault("export.option", option=name, value=value, allowed="2 … 9999")
    return int(value)


def _day(name: str, value: str) -> date:
    try:
        return date.fromisoformat(value)
    except ValueError:
        raise Fault("export.option", option=name, value=value, allowed="2026-11-23") from None


def _several(name: str, value: str) -> frozenset[str]:
    """With commas between, or a line each: a name of a person may hold a comma."""
    parts = value.splitlines() if "\n" in value else value.split(",")
    found = frozenset(part.strip() for part in parts if part.strip())
    if not found:  # an empty variable of a script: to pass it over would export everybody
        raise Fault("export.option", option=name, value="“”", allowed="…")
    return found


Read = Callable[[str, str], Any]
# Name -> field, how it is read. Names are written with hyphens on the command line, in camelCase in addresses.
OPTIONS: dict[str, tuple[str, Read]] = {
    "profile": ("profile", _text),
    "values": ("values", _text),
    "language": ("language", _text),
    "labels_as": ("labels_as", _text),
    "headers": ("headers", _text),
    "selects": ("selects", _text),
    "repeats": ("repeats", _text),
    "group_names": ("group_names", _switch),
    "points": ("points", _text),
    "times": ("times", _text),
    "bom": ("bom", _switch),
    "guard": ("guard", _switch),
    "media": ("media", _switch),
    "k": ("k", _number),
}
CHOOSING: dict[str, tuple[str, Read]] = {
    "since": ("since", _day),
    "until": ("until", _day),
    "province": ("provinces", _several),
    "review_state": ("review_states", _several),
    "facilitator": ("facilitators", _several),
    "deleted": ("deleted", _switch),
    "parked": ("parked", _switch),
}
NAMES = (*OPTIONS, *CHOOSING)
STATES = ("received", "hasIssues", "edited", "approved", "rejected")


def camel(name: str) -> str:
    """ "review_state" -> "reviewState"."""
    first, *rest = name.split("_")
    return first + "".join(word.title() for word in rest)


def read_options(said: Said, default: Options | None = None) -> Options:
    """said: name -> text; what is not named, or empty, stays at its default. Raises Fault export.option."""
    default = default or Options()
    given = {name: said[name] for name in NAMES if said.get(name, "") != ""}
    chosen = {f: read(n, given[n]) for n, (f, read) in CHOOSING.items() if n in given}
    choosing = replace(default.choosing, **chosen)
    _check(choosing)
    return replace(
        default, choosing=choosing, **{f: read(n, given[n]) for n, (f, read) in OPTIONS.items() if n in given}
    )


def _check(choosing: Choosing) -> None:
    for state in sorted(choosing.review_states):
        if state not in STATES:
            raise Fault("export.option", option="review_state", value=state, allowed=", ".join(STATES))
    if choosing.since and choosing.until and choosing.since > choosing.until:
        allowed = f"≥ {choosing.since}"
        raise Fault("export.option", option="until", value=str(choosing.until), allowed=allowed)


def suited(options: Options, to: Format) -> tuple[Options, list[str]]:
    """The options as the format decides them, and the names of those that it decided otherwise than they were
    chosen."""
    default = Options()
    overruled = [
        name
        for name, value in to.forced.items()
        if getattr(options, name) not in (value, getattr(default, name))
    ]
    return replace(options, **to.forced), overruled


def worded(options: Options) -> dict[str, str]:
    """name -> what was chosen, without what was left at its default."""
    default, said = Options(), {}
    for one in fields(Options):
        value = getattr(options, one.name)
        if one.name not in ("choosing", "profile") and value != getattr(default, one.name):
            said[one.name] = _worded(value)
    for name, (field, _) in CHOOSING.items():
        value = getattr(options.choosing, field)
        if value != getattr(default.choosing, field):
            said[name] = _worded(value)
    return said


def _worded(value: object) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return ", ".join(sorted(value)) if isinstance(value, frozenset) else str(value)
