"""JSON from outside: texts that can be written again, numbers that a database holds, and no depth that overflows.

Python's own reader takes half surrogates, NaN and any depth. No Flask, no SQL.
"""

from __future__ import annotations

from typing import Any

import orjson


def read_object(data: bytes) -> dict[str, Any]:
    """Raises ValueError when it is anything but a JSON object."""
    said = orjson.loads(data)
    if not isinstance(said, dict):
        raise ValueError("no object")
    return said


def number(said: object) -> int:
    """A whole number from 0 to 2^63 - 1. Raises ValueError."""
    if type(said) is not int or not 0 <= said < 1 << 63:
        raise ValueError(said)
    return said


def text(said: object) -> str:
    """Raises ValueError."""
    if not isinstance(said, str):
        raise ValueError(said)
    return said
