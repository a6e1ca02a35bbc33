"""Names of files inside an export: legal on every system, and no two alike."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from typing import Protocol

# What no file name may hold on Windows, the strictest; removed as Central removes it.
_ILLEGAL = re.compile(r'[/?<>\\:*|"\x00-\x1f\x80-\x9f]')
_RESERVED = re.compile(r"(?i)\.+|(con|prn|aux|nul|com[0-9]|lpt[0-9])(\..*)?")
LIMIT_BYTES = 255
LONGEST_ENDING = 20  # bytes


class Named(Protocol):
    """A table or a sheet."""

    @property
    def name(self) -> str: ...


def safe_name(name: str) -> str:
    """The name without what no file name may hold; "" when nothing is left."""
    name = _ILLEGAL.sub("", name)
    if _RESERVED.fullmatch(name):
        return ""
    return name.rstrip(". ").encode()[:LIMIT_BYTES].decode(errors="ignore")


def table_names(form_id: str, tables: Sequence[Named]) -> list[str]:
    """A file name a table: the root's, then the repeats'. Repeats that share a name are numbered,
    all of them, in form order."""
    root, *repeats = table_stems(form_id, tables)
    return [safe_name(root) + ".csv", *(safe_name(f"{stem}.csv") for stem in repeats)]


def table_stems(form_id: str, tables: Sequence[Named]) -> list[str]:
    """The same without an ending, and as they are: not yet safe."""
    totals = Counter(table.name for table in tables[1:])
    counts: Counter[str] = Counter()
    stems = [form_id]
    for table in tables[1:]:
        counts[table.name] += 1
        number = f"~{counts[table.name]}" if totals[table.name] > 1 else ""
        stems.append(f"{form_id}-{table.name}{number}")
    return stems


class Given:
    """Names that were given already. Letter case is not told apart, because Windows does not; nor are signs in
    one piece from the same in two, because macOS does not."""

    def __init__(self) -> None:
        self._given: set[str] = set()
        self._times: Counter[str] = Counter()  # that a name was asked for again

    def take(self, name: str) -> bool:
        """Whether the name was free; from now on it is not."""
        folded = _folded(name)
        if folded in self._given:
            return False
        self._given.add(folded)
        return True

    def free(self, name: str) -> str:
        """The name, with a number before its ending when it was given already: "photo~2.jpg"."""
        found, (stem, ending) = name, _parts(name)
        while not self.take(found):
            self._times[_folded(name)] += 1
            found = _shortened(stem, f"~{self._times[_folded(name)] + 1}{ending}")
        return found


def _folded(name: str) -> str:
    return unicodedata.normalize("NFC", name).casefold()


class MediaNames:
    """Where each file goes: `media/{name}` as in Central, and when that name was given already, to
    `media/{instanceID without colons}/{name}`, so that unpacking overwrites nothing."""

    def __init__(self) -> None:
        self._given = Given()

    def place(self, instance_id: str, name: str) -> str:
        name = safe_name(name) or "file"
        folder = safe_name(instance_id) or "submission"
        if self._given.take(f"media/{name}"):
            return f"media/{name}"
        path, number = f"media/{folder}/{name}", 1
        while not self._given.take(path):
            number += 1
            path = f"media/{folder}/{number}/{name}"
        return path


class MediaFolders:
    """Where each file goes: `media/{instanceID without colons}/{name}`, each submission in a folder of its own.

    Files of one submission follow each other: the names of one alone are held.
    """

    def __init__(self) -> None:
        self._folders, self._names = Given(), Given()
        self._instance_id: str | None = None
        self._folder = ""

    def place(self, instance_id: str, name: str) -> str:
        if instance_id != self._instance_id:
            self._instance_id, self._names = instance_id, Given()
            self._folder = self._folders.free(safe_name(instance_id) or "submission")
        return f"media/{self._folder}/{self._names.free(kept_name(name, 'file'))}"


def kept_name(name: str, instead: str) -> str:
    """As `safe_name`, but the ending survives when the name is too long, and `instead` stands for a name of which
    nothing is left."""
    stem, ending = _parts(_ILLEGAL.sub("", name).rstrip(". "))
    stem = stem if safe_name(stem + ending) else instead
    return _shortened(stem, ending)


def _parts(name: str) -> tuple[str, str]:
    """Stem and ending, the dot with the latter; an ending is short, or it is none."""
    stem, dot, ending = name.rpartition(".")
    return (stem, dot + ending) if stem and len(ending.encode()) <= LONGEST_ENDING else (name, "")


def _shortened(stem: str, ending: str) -> str:
    room = LIMIT_BYTES - len(ending.encode())
    return (stem.encode()[:room].decode(errors="ignore") + ending).rstrip(". ")
