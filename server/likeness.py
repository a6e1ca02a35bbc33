"""How alike two texts are, by the groups of three letters that they share. No Flask, no SQL.

The measures are those of PostgreSQL's pg_trgm, by which ODK Central searches people. Letters are those of
any script, with the signs that Khmer writes around them.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

LONGEST = 80  # letters of what is asked: the work grows with their square


def likeness(text: str, asked: str) -> float:
    """0 when nothing is shared, up to 2 when both are the same."""
    return word_similarity(text, asked) + similarity(text, asked)


def similarity(one: str, other: str) -> float:
    """Shared groups of all groups, 0 to 1."""
    these, those = set(trigrams(one)), set(trigrams(other))
    return len(these & those) / len(these | those) if these and those else 0.0


def word_similarity(text: str, asked: str) -> float:
    """The greatest similarity of the whole text to any stretch of what is asked, 0 to 1."""
    these, ordered = set(trigrams(text)), list(trigrams(asked[:LONGEST]))
    hits = [place for place, group in enumerate(ordered) if group in these]
    stretches = (set(ordered[first : last + 1]) for n, first in enumerate(hits) for last in hits[n:])
    return max((len(these & s) / len(these | s) for s in stretches), default=0.0)


def trigrams(text: str) -> Iterator[str]:
    """Of each word, in order: two blanks before it and one behind, so that beginnings weigh more."""
    for word in _words(text.casefold()):
        padded = f"  {word} "
        yield from (padded[n : n + 3] for n in range(len(padded) - 2))


def _words(text: str) -> list[str]:
    return "".join(letter if _is_letter(letter) else " " for letter in text).split()


def _is_letter(letter: str) -> bool:
    return unicodedata.category(letter)[0] in "LMN"
