"""What a slow line has not taken yet: kept in a temporary file, neither in memory nor in a thread.

waitress holds an answer's thread back as soon as so much of it waits for its reader; eight people who
fetch a large export over slow lines would then keep every tablet out. Letting more wait is not enough:
waitress keeps what was sent already in memory until that same limit. Hence both.
"""

from __future__ import annotations

from typing import Any

from waitress.buffers import OverflowableBuffer
from waitress.channel import HTTPChannel

WAITING_BYTES = 256 * 1024 * 1024  # of one answer, on disk; beyond it the thread waits after all
BUFFER_BYTES = 1024 * 1024  # in memory; what waits beyond it is written to the file
SETTINGS = {"outbuf_high_watermark": WAITING_BYTES, "outbuf_overflow": BUFFER_BYTES}


class SpoolingChannel(HTTPChannel):  # type: ignore[misc]
    """A connection that begins a new buffer in memory as soon as it filled one, so that the old one goes
    when its last byte is sent. One that has become a file is filled on: files are few and kept small
    by their reader."""

    current_outbuf_count: int

    def write_soon(self, data: Any) -> int:
        with self.outbuf_lock:
            if self.current_outbuf_count >= BUFFER_BYTES and not self.outbufs[-1].overflowed:
                self.outbufs.append(OverflowableBuffer(self.adj.outbuf_overflow))
                self.current_outbuf_count = 0
        written: int = super().write_soon(data)
        return written


def spool(server: Any) -> None:
    """Has a waitress server made with `SETTINGS` keep its connections this way."""
    server.channel_class = SpoolingChannel
