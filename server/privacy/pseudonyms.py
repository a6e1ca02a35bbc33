"""A name that stands for a person: the same on every hub of the project, and telling nothing by itself.

HMAC-SHA-256 with a key of the project over the answer as Khmer is searched for, so that two spellings of one name
are one person. 60 bits: among a million names, two share one with a chance of one in two million.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Sequence

from i18n.khmer_search import search_key
from server.extracts.sheets import Cell

PREFIX = "P-"
LETTERS = 12


class Pseudonyms:
    """By the key of one project. Each answer is worked out once."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._known: dict[Cell, Cell] = {None: None}

    def of(self, cells: Sequence[Cell]) -> list[Cell]:
        known = self._known
        for cell in set(cells) - known.keys():
            known[cell] = self._made(cell or "")
        return [known[cell] for cell in cells]

    def _made(self, answer: str) -> str:
        said = search_key(answer) or answer.strip()
        digest = hmac.digest(self._key, b"pseudonym " + said.encode("utf-8", "surrogatepass"), hashlib.sha256)
        return PREFIX + base64.b32encode(digest).decode()[:LETTERS]
