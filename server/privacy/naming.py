"""Identifying answers that stand again in other answers of the same submission: found, and replaced by pseudonyms.

Found is what was written out as it stands, invisible characters, blanks, punctuation, capitals and Khmer digits
aside. What only means the same – a first name alone, a nickname, another spelling – is not: docs/privacy.md.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from functools import lru_cache

from i18n.khmer import digits_to_khmer, strip_invisible
from i18n.khmer_order import DA, TA
from server.extracts.sheets import Cell
from server.privacy.pseudonyms import Pseudonyms
from server.privacy.sameness import DROPPED, SIGNS

SHORTEST = 3  # signs of a name that is looked for: shorter ones stand in half of all words
DIGITS = 6  # of a number: shorter ones are ages and counts
BETWEEN, APART = "\x01", "\x02"  # characters that no XML can hold
_DROPPED = [chr(n) for n, into in SIGNS.items() if not into]
_PUT = [(chr(n), into) for n, into in SIGNS.items() if into]
_OLD = [(sign, into) for sign, into in _PUT if not into.isdigit()]
_UNSEEN = [sign for sign in _DROPPED if not strip_invisible(sign)]
_BLANKS = {ord(sign): " " for sign in DROPPED}
_GAP = "[" + "".join(map(re.escape, _DROPPED)) + "]*"


def loosened(texts: Sequence[str]) -> list[str]:
    """The texts without what is not compared; all at once, since a call a text would cost more than the reading."""
    whole = BETWEEN.join(texts)
    present = set(whole)
    for sign in _DROPPED:
        if sign in present:
            whole = whole.replace(sign, "")
    for sign, into in _PUT:
        if sign in present:
            whole = whole.replace(sign, into)
    return whole.casefold().replace(DA, TA).split(BETWEEN)


def is_sought(name: str) -> bool:
    """Whether a loosened answer is long enough to be looked for."""
    return len(name) >= (DIGITS if name.isdigit() else SHORTEST)


def joined(columns: Sequence[Sequence[Cell]]) -> list[str]:
    """The answers of each row as one text."""
    return [APART.join(filter(None, cells)) for cells in zip(*columns, strict=True)]


def hits(texts: Sequence[str], names: Sequence[str]) -> list[int]:
    """Rows in whose text a name stands. Both as `joined` makes them."""
    rows = [row for row, (text, said) in enumerate(zip(texts, names, strict=True)) if text and said]
    rows = _likely(rows, texts, names)
    if not rows:
        return []
    loose = loosened([texts[row] for row in rows])
    sought = loosened([names[row] for row in rows])
    return [
        row
        for row, text, said in zip(rows, loose, sought, strict=True)
        if any(name in text for name in said.split(APART) if is_sought(name))
    ]


def _likely(rows: Sequence[int], texts: Sequence[str], names: Sequence[str]) -> list[int]:
    """Those of the rows worth a closer look, which costs ten times as much: in whose text a part of a name stands that
    is seldom written apart."""
    if not rows:
        return []
    parted = _lightened([names[row] for row in rows])
    sought = "".join(parted)
    # Most names have neither, and then the long texts need not be gone through for them.
    cased, digits = sought != sought.upper(), any(map(str.isdigit, set(sought)))
    light = _lightened([texts[row] for row in rows], cased=cased, digits=digits)
    found = []
    for row, text, said in zip(rows, light, parted, strict=True):
        for part in _parts(said):
            if part in text:
                found.append(row)
                break
    return found


def _lightened(texts: Sequence[str], *, cased: bool = True, digits: bool = True) -> list[str]:
    """Without what nobody sees; without capitals and Khmer digits, where that matters."""
    whole = BETWEEN.join(texts)
    for sign in _UNSEEN:
        if sign in whole:
            whole = whole.replace(sign, "")
    for sign, into in _PUT if digits else _OLD:
        if sign in whole:
            whole = whole.replace(sign, into)
    whole = whole.casefold() if cased else whole
    return whole.replace(DA, TA).split(BETWEEN)


@lru_cache(1000)
def _parts(names: str) -> list[str]:
    """Of a number every two digits in a row, however its writer groups them; of a name its longest word, or of a long
    one both halves, should a blank stand in it. Remembered: the people of a repeat have the names of one submission."""
    found = []
    for words in map(str.split, names.translate(_BLANKS).split(APART)):
        word = max(words, key=len, default="")
        half = len(word) // 2
        if word.isdigit():
            digits = "".join(words)
            found += [digits[n : n + 2] for n in (0, 1, *range(2, len(digits) - 1, 2))]
        elif word:
            found += [word] if half < SHORTEST else [word[:half], word[half:]]
    return found


def masked(text: str, names: Iterable[str], pseudonyms: Pseudonyms) -> str:
    """The text with the names' pseudonyms in their places, the longest first."""
    for name in sorted(set(names), key=lambda one: (-len(one), one)):
        loose = loosened([name])[0]
        if is_sought(loose):
            text = _pattern(loose).sub(pseudonyms.one(name), text)
    return text


@lru_cache(1000)
def _pattern(loose: str) -> re.Pattern[str]:
    body = _GAP.join(_sign(loose, n) for n in range(len(loose)))
    # "Sok" is not in "Sokha"; Khmer has no blanks between words, so there is no such rule for it.
    before = "(?<![0-9A-Za-z])" if loose[0].isascii() else ""
    after = "(?![0-9A-Za-z])" if loose[-1].isascii() else ""
    return re.compile(before + body + after, re.IGNORECASE)


def _sign(loose: str, place: int) -> str:
    sign = loose[place]
    if sign.isascii() and sign.isdigit():
        return f"[{sign}{digits_to_khmer(sign)}]"
    if loose[place - 1 : place + 1] == TA:
        return f"[{TA[1]}{DA[1]}]"
    return re.escape(sign)
