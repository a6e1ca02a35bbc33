"""Reading the fields of a JSON body. Keys that nobody asks for are ignored, as in Central."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from server.errors import Problem
from server.subjects import NUMBER_BITS

DIGITS = 10


def required_text(said: Mapping[str, Any], field: str) -> str:
    """Raises Problem 400.2 when missing or blank, 400.11 when not a string."""
    found = optional_text(said, field)
    if found is None or not found.strip():
        raise Problem("400.2", field=field)
    return found


def optional_text(said: Mapping[str, Any], field: str) -> str | None:
    value = said.get(field)
    if value is not None and not isinstance(value, str):
        raise Problem("400.11", field=field, value=value, expected="string")
    return value


def optional_switch(said: Mapping[str, Any], field: str) -> bool | None:
    value = said.get(field)
    if value is not None and not isinstance(value, bool):
        raise Problem("400.11", field=field, value=value, expected="boolean")
    return value


def secret_text(said: Mapping[str, Any], field: str) -> str:
    """As required_text, for passwords: blanks count, and no answer repeats the value."""
    value = said.get(field)
    if value is None or value == "":
        raise Problem("400.2", field=field)
    if not isinstance(value, str):
        raise Problem("400.11", field=field, value=type(value).__name__, expected="string")
    return value


def optional_secret(said: Mapping[str, Any], field: str) -> str | None:
    """As secret_text; None when it is missing or empty."""
    return None if said.get(field) in (None, "") else secret_text(said, field)


def whole_in_query(args: Mapping[str, str], name: str, default: int) -> int:
    """Raises Problem 400.11 for what is not a whole number of zero or more, or beyond any of ours."""
    said = args.get(name)
    if said is None or said == "":
        return default
    if not (said.isascii() and said.isdigit()) or len(said) > DIGITS:
        raise Problem("400.11", field=name, value=said, expected="integer")
    return int(said)


def new_secret(said: Mapping[str, Any], field: str) -> str:
    """A password to be set: how good it is, an empty one too, is for others to say. Raises Problem 400.11."""
    value = said.get(field)
    if not isinstance(value, str):
        raise Problem("400.11", field=field, expected="string")
    return value


def number_in_path(field: str, text: str) -> int:
    """Raises Problem 400.11 for /users/abc, 400.22 for a number beyond any of ours."""
    if not (text.isascii() and text.isdigit()):
        raise Problem("400.11", field=field, value=text, expected="integer")
    if len(text) > DIGITS or int(text) >> NUMBER_BITS:
        raise Problem("400.22", value=text, type="integer")
    return int(text)
