"""JSON lists as they are sent: piece by piece, so that a long one costs no memory."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import orjson

ITEMS_AT_ONCE = 100


def json_list(items: Iterable[dict[str, Any]]) -> Iterator[bytes]:
    separator, batch = b"[", list[bytes]()
    for item in items:
        batch.append(orjson.dumps(item))
        if len(batch) == ITEMS_AT_ONCE:
            yield separator + b",".join(batch)
            separator, batch = b",", []
    yield (separator if batch or separator == b"[" else b"") + b",".join(batch) + b"]"
