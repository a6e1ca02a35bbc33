"""Small made-up files for sample submissions: a picture, a sound, and Collect's audit log."""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable
from datetime import datetime
from math import pi, sin
from random import Random

RATE_HZ = 8000


def png(rng: Random, width: int = 96, height: int = 64) -> bytes:
    """A small picture: sky over a field, in chance colours."""
    sky, field = (
        bytes(rng.randrange(120, 256) for _ in range(3)),
        bytes(rng.randrange(40, 140) for _ in range(3)),
    )
    rows = b"".join(b"\x00" + (sky if y < height // 2 else field) * width for y in range(height))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(kind, data) for kind, data in chunks)


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


def wav(rng: Random, seconds: float = 0.4) -> bytes:
    """A short tone: 8-bit, one channel."""
    tone_hz = rng.uniform(180, 420)
    sound = bytes(int(128 + 60 * sin(2 * pi * tone_hz * t / RATE_HZ)) for t in range(int(RATE_HZ * seconds)))
    shape = struct.pack("<4sIHHIIHH", b"fmt ", 16, 1, 1, RATE_HZ, RATE_HZ, 1, 8)
    body = b"WAVE" + shape + b"data" + struct.pack("<I", len(sound)) + sound
    return b"RIFF" + struct.pack("<I", len(body)) + body


def audit(paths: Iterable[str], start: datetime, end: datetime) -> bytes:
    """Collect's log of a form: when each question was on the screen, in milliseconds since 1970."""
    paths = list(paths)
    first, last = (int(moment.timestamp() * 1000) for moment in (start, end))
    step = (last - first) // (len(paths) + 1)
    lines = ["event,node,start,end", f"form start,,{first},"]
    for place, path in enumerate(paths):
        lines.append(f"question,{path},{first + place * step},{first + (place + 1) * step}")
    lines += [f"form save,,{last},", f"form exit,,{last},", f"form finalize,,{last},"]
    return ("\n".join(lines) + "\n").encode()
