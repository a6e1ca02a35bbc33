"""Bytes from a hostile world: real ones that were changed, and JSON as nobody should write it."""

from __future__ import annotations

import json
import os
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

EXAMPLES = settings(
    max_examples=1500 if os.environ.get("CI") else 250, deadline=None, print_blob=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip

_places = st.floats(min_value=0, max_value=1, exclude_max=True)
_edits = st.lists(
    st.tuples(st.sampled_from(("flip", "cut", "put", "drop", "repeat")), _places, _places, st.binary(max_size=9)),
    min_size=1, max_size=4,
)  # fmt: skip


def spoilt(real: bytes) -> st.SearchStrategy[bytes]:
    """Any bytes, mostly `real` with a few changes."""
    return st.one_of(_edits.map(lambda edits: _spoil(real, edits)), st.binary(max_size=300))


def _spoil(real: bytes, edits: list[tuple[str, float, float, bytes]]) -> bytes:
    data = bytearray(real)
    for deed, one, other, new in edits:
        start = int(one * len(data))
        end = min(start + 1 + int(other * 40), len(data))
        match deed:
            case "flip" if data:
                data[start] ^= 1 << int(other * 8)
            case "cut":
                del data[start:]
            case "put":
                data[start:start] = new
            case "drop":
                del data[start:end]
            case "repeat":
                data[start:start] = data[start:end]
    return bytes(data)


# As JSON text: what programs write, and what makes readers stumble.
_ODD = (
    b'"\\ud800"', b"1e999", b"-1e999", b"NaN", b"Infinity", b"-1", b"1.5", b"9" * 30, b"9" * 5000, b"null", b"true",
    b'""', b'"\\u0000"', b"[" * 5000 + b"]" * 5000, b'{"a":' * 5000 + b"1" + b"}" * 5000, b"[]", b"{}", b"[[]]",
    b"18446744073709551615", b"9223372036854775808",
)  # fmt: skip
odd = st.sampled_from(_ODD) | st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=6),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=6), inner, max_size=3),
    max_leaves=6,
).map(lambda value: json.dumps(value).encode())


def odd_fields(real: dict[str, Any]) -> st.SearchStrategy[bytes]:
    """The JSON of `real` with some of its values, at any depth, replaced by odd ones, or left out."""
    paths = list(_paths(real))
    chosen = st.lists(st.tuples(st.sampled_from(paths), st.none() | odd), min_size=1, max_size=3)
    return chosen.map(lambda changes: _written(real, dict(changes), ()))


def _paths(value: Any, path: tuple[Any, ...] = ()) -> Any:
    if path:
        yield path
    inner = (
        value.items()
        if isinstance(value, dict)
        else enumerate(value)
        if isinstance(value, (list, tuple))
        else ()
    )
    for name, part in inner:
        yield from _paths(part, (*path, name))


def _written(value: Any, changes: dict[tuple[Any, ...], bytes | None], path: tuple[Any, ...]) -> bytes:
    if path in changes:
        return changes[path] or b"null"
    if isinstance(value, dict):
        kept = (name for name in value if changes.get((*path, name), b"") is not None)
        pairs = (
            json.dumps(name).encode() + b":" + _written(value[name], changes, (*path, name)) for name in kept
        )
        return b"{" + b",".join(pairs) + b"}"
    if isinstance(value, (list, tuple)):
        return b"[" + b",".join(_written(v, changes, (*path, n)) for n, v in enumerate(value)) + b"]"
    return json.dumps(value).encode()
