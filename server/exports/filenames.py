"""Names of files inside an export: legal on every system, and no two alike."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from forms.fields import Table

# What no file name may hold on Windows, the strictest; removed as Central removes it.
_ILLEGAL = re.compile(r'[/?<>\\:*|"\x00-\x1f\x80-\x9f]')
_RESERVED = re.compile(r"(?i)\.+|(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
LIMIT_BYTES = 255


def safe_name(name: str) -> str:
    """The name without what no file name may hold; "" when nothing is left."""
    name = _ILLEGAL.sub("", name)
    if _RESERVED.fullmatch(name):
        return ""
    return name.rstrip(". ").encode()[:LIMIT_BYTES].decode(errors="ignore")


def table_names(form_id: str, tables: Sequence[Table]) -> list[str]:
    """A file name a table: the root's, then the repeats'. Repeats that share a name are numbered,
    all of them, in form order."""
    totals = Counter(table.name for table in tables)
    counts: Counter[str] = Counter()
    names = [safe_name(form_id) + ".csv"]
    for table in tables[1:]:
        counts[table.name] += 1
        number = f"~{counts[table.name]}" if totals[table.name] > 1 else ""
        names.append(safe_name(f"{form_id}-{table.name}{number}.csv"))
    return names


class MediaNames:
    """Where each file goes: `media/{name}` as in Central, and when that name was given already, to
    `media/{instanceID without colons}/{name}`, so that unpacking overwrites nothing.

    Letter case is not told apart, because Windows does not.
    """

    def __init__(self) -> None:
        self._given: set[str] = set()

    def place(self, instance_id: str, name: str) -> str:
        name = safe_name(name) or "file"
        folder = safe_name(instance_id) or "submission"
        if self._free(f"media/{name}"):
            return f"media/{name}"
        path, number = f"media/{folder}/{name}", 1
        while not self._free(path):
            number += 1
            path = f"media/{folder}/{number}/{name}"
        return path

    def _free(self, path: str) -> bool:
        folded = path.casefold()
        if folded in self._given:
            return False
        self._given.add(folded)
        return True
