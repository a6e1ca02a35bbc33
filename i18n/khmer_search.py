"""Khmer words found however they were typed: the key by which texts are searched, and where it is found in them.

Two spellings that look alike have one key: signs in another order, subscript ដ for ត (one shape), vowels typed
as their two halves, a consonant shifter typed as the ុ that it looks like, zero-width spaces, Khmer or Latin
digits, capitals. The key is cut into tokens, Khmer into letters with what hangs on them: a word is found inside
any run of text without knowing where words end. It is only ever compared; what was typed is what is shown.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from i18n.khmer import digits_to_ascii, strip_invisible
from i18n.khmer_order import (
    CLUSTER,
    DA,
    DEPRECATED,
    RO,
    SHIFTER,
    SUBSCRIPT,
    TA,
    TWO_PARTS,
    VOWEL,
)

BREAK = "\ue000"  # between texts that are made one key: no word is found across it
REMEMBERED = 50_000  # tokens
TOO_MANY = 12  # words of a query: what comes behind says nothing more
HIGH = "\u17b7\u17b8\u17b9\u17ba\u17be"  # vowels under which a shifter has the shape of ុ
TRIISAP = "\u17ca"
LETTER, ON_IT = "[\u1780-\u17b3]", "[\u17b6-\u17d3\u17dd]"
# A letter with all that hangs on it, however it was typed; a word or number of other letters; marks on nothing.
_TOKEN = re.compile(f"{LETTER}(?:\u17d2{LETTER}|{ON_IT})*|[^\\W_\u1780-\u17dd]+|{ON_IT}+|{BREAK}")
_INVISIBLE = re.compile("[\u00ad\u17b4\u17b5\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]")
_MARK = re.compile(f"{SUBSCRIPT}|.", re.DOTALL)
_DANGLING = re.compile(f"\u17d2(?!{LETTER})")  # a subscript sign with no letter to make small
_SHIFTED = re.compile(f"\u17c9(?=[{HIGH}])")
_SAME = str.maketrans({**DEPRECATED, "\u17b2": "\u17b1"})  # ឲ្យ and ឱ្យ are one word


class _Tokens(dict[str, str]):
    """A token as it stands in a key. Khmer has few thousand letters with what hangs on them, so each is put in
    order once."""

    def __missing__(self, token: str) -> str:
        made = _sound(token)
        if len(self) < REMEMBERED and len(token) < 12:
            self[token] = made
        return made


_TOKENS = _Tokens()


def search_key(text: str) -> str:
    """The tokens of a text with single blanks between them; "" when there is nothing to be found in it."""
    said = text.casefold()
    if _INVISIBLE.search(said):
        said = strip_invisible(said)
    return " ".join(filter(None, map(_TOKENS.__getitem__, _TOKEN.findall(said))))


def _sound(token: str) -> str:
    """What was typed as one, in order; it may be several tokens, or none."""
    token = digits_to_ascii(token).translate(_SAME).replace(DA, TA)
    token = _SHIFTED.sub(TRIISAP, CLUSTER.sub(_in_order, _DANGLING.sub("", token)))
    return " ".join(_TOKEN.findall(token))


def _in_order(cluster: re.Match[str]) -> str:
    """Subscripts, shifter, vowel, signs; ្រ last of the subscripts; each other mark once."""
    base, marks = cluster[1], cluster[2]
    if len(marks) < 2:
        return cluster[0]
    found = _MARK.findall(marks)
    below = sorted((m for m in found if len(m) > 1), key=lambda m: m == RO)
    found = list(dict.fromkeys(found))
    shifters = [m for m in found if m in SHIFTER][:1]
    vowels = sorted(m for m in found if VOWEL[0] <= m <= VOWEL[-1])
    rest = sorted(m for m in found if len(m) == 1 and m not in SHIFTER and m not in vowels)
    if len(vowels) == 2 and "\u17bb" in vowels and set(vowels) & set(HIGH):
        shifters = [TRIISAP]
        vowels.remove("\u17bb")
    joined = next((one for parts, one in TWO_PARTS.items() if set(parts) == set(vowels)), "".join(vowels))
    return base + "".join([*below, *shifters, joined, *rest])


def joint_key(texts: Iterable[str]) -> str:
    """The keys of several texts as one, the words of each apart from the others'."""
    return search_key(f" {BREAK} ".join(texts))


def query_keys(words: str) -> list[str]:
    """What a person looks for: the key of each of the words, which blanks part."""
    keys = (search_key(word.replace(BREAK, "")) for word in strip_invisible(words).split())
    return list(dict.fromkeys(key for key in keys if key))[:TOO_MANY]


def holds(key: str, wanted: str, *, begun: bool = False) -> bool:
    """Whether the key of a text holds a wanted key. begun: also where its last token only begins so."""
    return f" {wanted}{'' if begun else ' '}" in f" {key} "


@dataclass(frozen=True, slots=True)
class _Token:
    key: str
    start: int
    end: int


def places(text: str, wanted: Sequence[str], *, begun: bool = False) -> list[tuple[int, int]]:
    """Where the wanted keys stand in a text as it was typed: (start, end) in characters, in order."""
    tokens = list(_tokens(text))
    found = [span for key in wanted for span in _spans(tokens, key.split(" "), begun)]
    return sorted(set(found))


def _spans(tokens: Sequence[_Token], wanted: Sequence[str], begun: bool) -> Iterator[tuple[int, int]]:
    size = len(wanted)
    for first in range(len(tokens) - size + 1):
        some = [token.key for token in tokens[first : first + size]]
        if some == wanted or (begun and some[:-1] == wanted[:-1] and some[-1].startswith(wanted[-1])):
            yield tokens[first].start, tokens[first + size - 1].end


def _tokens(text: str) -> Iterator[_Token]:
    """The tokens of a text, each with where it stands."""
    seen = [n for n, sign in enumerate(text) if not _INVISIBLE.match(sign)]
    for found in _TOKEN.finditer("".join(text[n] for n in seen)):
        for key in search_key(found[0]).split():
            yield _Token(key, seen[found.start()], seen[found.end() - 1] + 1)
