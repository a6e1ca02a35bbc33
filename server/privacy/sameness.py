"""When two answers name the same person: the key that pseudonyms are made of. Frozen: a change would give everybody
another pseudonym, so a better rule must be a new function beside this one.

The same are, and only these: texts that differ in zero-width and other invisible characters, in blanks and
punctuation, in capitals, in Khmer or Latin digits, in the order in which Khmer signs were typed, in ត or ដ as a
subscript (one shape), in signs of old Khmer and their modern form, in full-width or composed letters (NFKC), and
telephone numbers with and without Cambodia's +855. Not: other spellings, titles, the order of names.
"""

from __future__ import annotations

import re
import unicodedata

from i18n.khmer import strip_invisible
from i18n.khmer_order import CLUSTER, DA, DEPRECATED, RO, SHIFTER, SIGN, SUBSCRIPT, TA, TWO_PARTS, VOWEL

DROPPED = " \t\r\n\u00a0.,;:-_/'\"()[]+·\u2019\u2018\u201c\u201d\u2013\u2014"
ZERO = 0x17E0  # ០
SIGNS: dict[int, str] = (
    {n: "" for n in (*range(0x3000), 0xFEFF) if not strip_invisible(chr(n))}
    | {ord(sign): "" for sign in DROPPED}
    | {ZERO + n: str(n) for n in range(10)}
    | {ord(old): new for old, new in DEPRECATED.items()}
)
# Only what is typed in another order than usual is worth putting in order.
_ODD = re.compile(
    f"[{VOWEL}{SIGN}{SHIFTER}]\u17d2|[{VOWEL}{SIGN}][{SHIFTER}]|[{SIGN}][{VOWEL}]|[{SIGN}]{{2}}|[{VOWEL}]{{2}}|{RO}\u17d2"
)
_MARK = re.compile(f"{SUBSCRIPT}|.", re.DOTALL)


def sameness(text: str) -> str:
    """Two answers are the same where these are; "" of what holds nothing to tell apart by."""
    key = text if text.isascii() else unicodedata.normalize("NFKC", text)
    key = key.translate(SIGNS).casefold().replace(DA, TA)
    if _ODD.search(key):
        key = CLUSTER.sub(_in_order, key)
    return _telephone(key) if key.isascii() and key.isdigit() else key


def _telephone(digits: str) -> str:
    bare = digits.removeprefix("00")
    return "0" + bare[3:].removeprefix("0") if bare.startswith("855") and len(bare) >= 10 else digits


def _in_order(cluster: re.Match[str]) -> str:
    """Subscripts (រ last), shifters, vowels, signs, each once."""
    base, marks = cluster[1], list(dict.fromkeys(_MARK.findall(cluster[2])))
    below = sorted((m for m in marks if len(m) > 1), key=lambda m: (m == RO, m))
    vowels = sorted(m for m in marks if VOWEL[0] <= m <= VOWEL[-1])
    joined = next((one for parts, one in TWO_PARTS.items() if set(parts) == set(vowels)), "".join(vowels))
    shifters = sorted(m for m in marks if m in SHIFTER)
    rest = sorted(m for m in marks if len(m) == 1 and m not in vowels and m not in shifters)
    return base + "".join([*below, *shifters, joined, *rest])
