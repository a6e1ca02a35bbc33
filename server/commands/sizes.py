"""Sizes as people write them: 650MB, 4GB, 200KB."""

from __future__ import annotations

import re

import click

from server.errors import Fault

_UNITS = {"": 1, "K": 1000, "M": 1000**2, "G": 1000**3, "KI": 1024, "MI": 1024**2, "GI": 1024**3}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMG]?I?)B?", re.ASCII)


def read_size(text: str) -> int | None:
    """Bytes; None when it is no size."""
    found = _SIZE.fullmatch(text.strip().upper())
    return int(float(found[1]) * _UNITS[found[2]]) if found is not None and found[2] in _UNITS else None


def read_attachments(text: str) -> int | None:
    """Largest file that goes along, in bytes: "all" (None), "none" (0), or a size. Raises Fault
    setting.invalid."""
    if text in ("all", "none"):
        return None if text == "all" else 0
    size = read_size(text)
    if size is None:
        raise Fault("setting.invalid", name="sync_attachments", value=text, expected="all|none|size")
    return size


class Size(click.ParamType):
    """Bytes from a text such as 4GB; a bare number is bytes."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, context: click.Context | None) -> int:
        size = value if isinstance(value, int) else read_size(str(value))
        if size is None:
            self.fail(str(value), param, context)
        return size


SIZE = Size()


def shown_size(size_bytes: int) -> str:
    """As people read it: 812 B, 41 KB, 3.2 MB."""
    size = float(size_bytes)
    for unit in ("B", "KB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}" if unit != "MB" else f"{size:.1f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"
