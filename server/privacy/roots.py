"""Which submission a row of a repeat belongs to, told by its key."""

from __future__ import annotations

import re
from collections.abc import Sequence

from server.extracts.sheets import Cell, Role, Sheet


def roots_of(sheet: Sheet, keys: Sequence[Cell]) -> list[str]:
    """The root instanceIDs of these keys of the sheet. An instanceID may hold anything, so the row's place is taken
    off the end: "uuid:…/garden/plot[2]" of the repeat "/garden/plot"."""
    if not sheet.path:
        return [key or "" for key in keys]
    steps = "".join(f"/{re.escape(step)}(?:\\[[0-9]+\\])?" for step in sheet.path[1:].split("/"))
    place = re.compile(f"{steps}\\Z")
    return [place.sub("", key or "") for key in keys]


def key_place(sheet: Sheet) -> int:
    return sheet.place(Role.KEY)
