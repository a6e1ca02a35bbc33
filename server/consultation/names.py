"""Names of tables and columns: the same on every hub, whatever came first, and no two alike in any letter case."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Collection, Hashable, Mapping, Sequence

SEAM = "__"  # between project, form and repeat; inside a part there is never more than one "_"
# What is called after a table: its views, and the index of words with the tables that SQLite makes for it.
ENDINGS = (
    "",
    "_km",
    "_en",
    "_search",
    *(f"_search_{one}" for one in ("data", "idx", "config", "content", "docsize")),
)
LENGTH = 60  # characters of a part
_OTHER = re.compile(r"[^\w\u1780-\u17d3\u17dd]+|_+")


def part(text: str) -> str:
    """A name as a part of a table's: Khmer and other letters and figures stay, all else is "_"."""
    return _OTHER.sub("_", text).strip("_")[:LENGTH].rstrip("_") or "x"


def table_name(*parts: str) -> str:
    name = SEAM.join(map(part, parts))
    return f"_{name}" if name.lower().startswith("sqlite") else name  # SQLite keeps such names for itself


def distinct(wanted: Mapping[Hashable, str], taken: Collection[str] = ()) -> dict[Hashable, str]:
    """A name for each thing, with room for what is called after it (ENDINGS). Where several want one, each gets a
    mark made of itself: were the first to keep it, its name would lead to another's answers on a hub where the
    other came first."""
    found = dict(wanted)
    while crowded := _crowded(found, taken):
        found |= {thing: f"{found[thing]}_{_mark(thing)}" for thing in crowded}
    return found


def _crowded(found: Mapping[Hashable, str], taken: Collection[str]) -> list[Hashable]:
    totals = Counter(name.casefold() for name in taken)
    totals.update(f"{name}{ending}".casefold() for name in found.values() for ending in ENDINGS)
    return [
        thing
        for thing, name in found.items()
        if any(totals[f"{name}{ending}".casefold()] > 1 for ending in ENDINGS)
    ]


def _mark(thing: Hashable) -> str:
    return hashlib.sha256(repr(thing).encode()).hexdigest()[:8]


def in_order(wanted: Sequence[str], taken: Sequence[str] = ()) -> list[str]:
    """The names, those that were given already with a number behind: who comes first keeps it, so that what is
    added later renames nothing."""
    given = {name.casefold() for name in taken}
    found = []
    for name in wanted:
        one, number = name, 1
        while one.casefold() in given:
            number += 1
            one = f"{name}_{number}"
        given.add(one.casefold())
        found.append(one)
    return found
