"""Bodies that came compressed. No Flask: bytes in, bytes out."""

from __future__ import annotations

import zlib

from server.errors import Problem

_WINDOW = {"gzip": 31, "x-gzip": 31, "deflate": 15}  # zlib's word for the wrapping


def unpacked(raw: bytes, encoding: str, limit: int) -> bytes:
    """encoding: of the Content-Encoding header. Raises Problem 400.37 for one not known here, 400.36 when more
    than `limit` bytes come out, 400.1 when it is damaged."""
    name = encoding.strip().lower()
    if name in ("", "identity"):
        return raw
    if name not in _WINDOW:
        raise Problem("400.37")
    reader = zlib.decompressobj(_WINDOW[name])
    try:
        found = reader.decompress(raw, limit + 1)  # a few bytes can unpack to gigabytes
    except zlib.error as fault:
        raise Problem("400.1", format=name, rawLength=len(raw)) from fault
    if len(found) > limit:
        raise Problem("400.36")
    if not reader.eof:
        raise Problem("400.1", format=name, rawLength=len(raw))
    return found
