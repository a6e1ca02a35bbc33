"""A name that stands for a person: the same on every hub of the project, and telling nothing by itself.

HMAC-SHA-256 with a key of the project over what makes two answers the same (sameness.py). 60 bits: among a million
names, two share one with a chance of one in two million.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from server.extracts.sheets import Cell
from server.privacy.sameness import sameness

PREFIX = "P-"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"  # base32: none is taken for another
_PAIRS = [one + two for one in LETTERS for two in LETTERS]
SHIFTS = (50, 40, 30, 20, 10, 0)  # of 60 bits, ten at a time
REMEMBERED = 100_000  # answers: enough for a name to be worked out seldom, little enough for any laptop


class Pseudonyms:
    """By the key of one project."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._known: dict[Cell, Cell] = {None: None}

    def of(self, cells: Sequence[Cell]) -> list[Cell]:
        known = self._known
        if len(known) > REMEMBERED:
            known.clear()
            known[None] = None
        for cell in set(cells) - known.keys():
            known[cell] = self.one(cell or "")
        return [known[cell] for cell in cells]

    def one(self, answer: str) -> str:
        said = sameness(answer) or answer.strip()
        digest = hmac.digest(self._key, b"pseudonym " + said.encode("utf-8", "surrogatepass"), "sha256")
        bits = int.from_bytes(digest[:8], "big") >> 4
        return PREFIX + "".join([_PAIRS[bits >> shift & 1023] for shift in SHIFTS])

    def files(self, cells: Sequence[Cell]) -> list[Cell]:
        """Of names of files, whose endings stay."""
        return [cell and self.one(cell) + _ending(cell) for cell in cells]


def _ending(name: str) -> str:
    ending = name.rpartition(".")[2].lower()
    return f".{ending}" if "." in name and ending.isascii() and ending.isalnum() and len(ending) < 6 else ""
