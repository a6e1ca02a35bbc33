"""Sizes as people write them: 650MB, 4GB, 200KB."""

from __future__ import annotations

import re

import click

_UNITS = {"": 1, "K": 1000, "M": 1000**2, "G": 1000**3, "KI": 1024, "MI": 1024**2, "GI": 1024**3}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([KMG]?I?)B?", re.ASCII)


class Size(click.ParamType):
    """Bytes from a text such as 4GB; a bare number is bytes."""

    name = "size"

    def convert(self, value: object, param: click.Parameter | None, context: click.Context | None) -> int:
        found = _SIZE.fullmatch(str(value).strip().upper())
        if found is None or found[2] not in _UNITS:
            self.fail(str(value), param, context)
        return int(float(found[1]) * _UNITS[found[2]])


SIZE = Size()
