"""The order of a Khmer dictionary, as a key to sort by.

Code points put vowels, subscripts and old letters where no reader looks for them. These are the rules of
CLDR's Khmer collation (`common/collation/km.xml`) over its root order, for Khmer, Latin and the signs
between them; other scripts follow by code point. Compared with ICU in `tests/i18n/test_khmer_sorting.py`.

Three levels, as in the Unicode Collation Algorithm (UTS #10): letters first, then signs that only tell
words apart that are otherwise alike, then small differences such as capitals.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from i18n.khmer import digits_to_ascii, strip_invisible

Element = tuple[int, int, int]  # weights of the three levels; 0: counts for nothing there
Key = tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...], str]

SIGNS = "\t\n _-–—,;:៖!?.…·។៕'‘’\"“”«»()[]{}@*/\\&#%៙៚`^°+<=>|~ៗ$៛€"
CONSONANTS = "កខគឃងចឆជឈញដឋឌឍណតថទធនបផពភមយរឫឬលឭឮវឝឞសហឡអ"
VOWELS = ("ៜ", *"ាិីឹឺុូួើឿៀេែៃោៅ", "ុំ", "ំ", "ាំ", "ះ", "ិះ", "ុះ", "េះ", "ោះ", "្")
LETTERS = (*SIGNS, *"0123456789", *CONSONANTS, *VOWELS, *"abcdefghijklmnopqrstuvwxyz")
# Marks that only tell words apart; ROBAT by itself comes before them.
MARKS = "\u17cc\u17ce\u17cf\u17d1\u17d0\u17c8\u17dd\u17cb\u17c9\u17ca\u17cd"
# Independent vowels read as the letter អ and a vowel, and are sorted so.
SAME = {"ឣ": "អ", "ឤ": "អា"}
ALIKE = {"ឥ": "អិ", "ឦ": "អី", "ឧ": "អុ", "ឩ": "អូ", "ឯ": "អែ", "ឰ": "អៃ", "ឱ": "អោ", "ឳ": "អៅ"}
NEARLY = {"ឨ": "ឧក", "ឪ": "ឩវ", "ឲ": "ឱ", "៘": "។ល។"}
ROBAT, COENG, UNSEEN = "\u17cc", "\u17d2", "\u17d3"
ATTAK = {0x17F0 + n: str(n) for n in range(10)}
COMMON, CHANGED, FIRST_MARK, OTHER_MARK = 1, 2, 3, 100
LAST = 10_000  # behind every letter that the tables name


def sort_key(text: str) -> Key:
    """A key by which a Khmer reader finds words: `sorted(names, key=sort_key)`.

    What nobody sees does not count. Texts that differ in nothing else keep an order of their own.
    """
    plain = unicodedata.normalize("NFD", digits_to_ascii(strip_invisible(text)).translate(ATTAK))
    elements = [element for found in PIECES.finditer(plain) for element in _elements(found[0])]
    primary, secondary, tertiary = (tuple(e[n] for e in elements if e[n]) for n in range(3))
    return primary, secondary, tertiary, text


def _letter(piece: str) -> Element:
    return PRIMARY[piece], COMMON, COMMON


def _table() -> Iterator[tuple[str, tuple[Element, ...]]]:
    for letter in LETTERS:
        yield letter, (_letter(letter),)
    for letter, same in SAME.items():
        yield letter, tuple(map(_letter, same))
    for number, mark in enumerate(MARKS):
        yield mark, ((0, FIRST_MARK + number, COMMON),)
    for letter, alike in ALIKE.items():
        yield letter, _alike(alike)
    for consonant in (*CONSONANTS, "ឣ"):
        # ROBAT is a ra written above: sorted as that ra with the consonant below.
        yield consonant + ROBAT, _alike("រ" + COENG + SAME.get(consonant, consonant))
    yield UNSEEN, ()


def _alike(letters: str) -> tuple[Element, ...]:
    *first, last = map(_letter, letters)
    return *first, (last[0], CHANGED, COMMON)


def _elements(piece: str) -> tuple[Element, ...]:
    if piece in TABLE:
        return TABLE[piece]
    if piece in NEARLY:
        *first, last = [element for letter in NEARLY[piece] for element in TABLE[letter]]
        return *first, (last[0], last[1], CHANGED)
    if unicodedata.combining(piece):
        return ((0, OTHER_MARK + ord(piece), COMMON),)
    small = piece.lower()
    weight = PRIMARY.get(small, LAST + ord(small[0]))
    return ((weight, COMMON, CHANGED if small != piece else COMMON),)


PRIMARY = {letter: number for number, letter in enumerate(LETTERS, 1)}
TABLE = dict(_table())
PIECES = re.compile(
    "|".join(map(re.escape, sorted((p for p in TABLE if len(p) > 1), key=len, reverse=True))) + "|.",
    re.DOTALL,
)
