"""Khmer typed in an order that the script is not written in: found and shown, never mended.

Two spellings can look the same on one screen and different on another, and searching finds only one of them.
The structure of a cluster is the Unicode Standard's (chapter 16, Khmer, "Ordering of syllable components"),
kept loose where writers rightly differ: a consonant shifter may stand before or behind the subscripts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

BASE = "\u1780-\u17b3\u25cc"  # letters and independent vowels; the dotted circle of textbooks
ROBAT, SHIFTER, JOINER = "\u17cc", "\u17c9\u17ca", "\u200c\u200d"
SUBSCRIPT = "\u17d2[\u1780-\u17b3]"
VOWEL = "\u17b6-\u17c5"
SIGN = "\u17c6-\u17c8\u17cb\u17cd-\u17d1\u17dd"
MARKS = "\u17b6-\u17d2\u17dd"
# One base with everything that hangs on it, however wrongly; or marks that hang on nothing.
CLUSTER = re.compile(f"([{BASE}]?)((?:\u17d2[\u1780-\u17b3]?|[{MARKS}]|[{JOINER}](?=[{MARKS}]))*)")
SOUND = re.compile(
    f"{ROBAT}?[{SHIFTER}]?(?:{SUBSCRIPT}{ROBAT}?){{0,3}}(?:[{JOINER}]?[{SHIFTER}])?"
    f"[{JOINER}]?[{VOWEL}]?{ROBAT}?[{SIGN}]{{0,2}}"
)
TWO_PARTS = {  # vowels that are one sign, typed as the two that they look like
    "\u17c1\u17b6": "\u17c4",
    "\u17c1\u17b8": "\u17be",
    "\u17c1\u17b9": "\u17be",
}
# Signs that Unicode keeps for old texts only, and what is written today.
DEPRECATED = {
    "\u17a3": "\u17a2",
    "\u17a4": "\u17a2\u17b6",
    "\u17a8": "\u17a7\u1780",
    "\u17d3": "\u17c6",
    "\u17d8": "។ល។",
}
RO = "\u17d2\u179a"
TA, DA = "\u17d2\u178f", "\u17d2\u178a"  # as subscripts the two have one shape


@dataclass(frozen=True, slots=True)
class Misorder:
    """found: a cluster as typed. expected: the same signs in order, "" when it cannot be guessed."""

    start: int
    found: str
    expected: str


def misorders(text: str) -> Iterator[Misorder]:
    """The clusters of `text` that break the order of Khmer writing."""
    for cluster in CLUSTER.finditer(text):
        base, marks = cluster[1], cluster[2]
        if not marks.strip(JOINER):
            continue
        if not base or not _is_sound(marks):
            yield Misorder(cluster.start(), cluster[0], _ordered(base, marks) if base else "")


def _is_sound(marks: str) -> bool:
    if re.search(f"([{SIGN}])\\1|{RO}{SUBSCRIPT}", marks):
        return False  # subscript រ is drawn in front and said last, so it is typed last
    return SOUND.fullmatch(marks) is not None


def _ordered(base: str, marks: str) -> str:
    """The marks in their order, each once; "" if that is no sound cluster either."""
    marks = re.sub(f"[{JOINER}]", "", marks)
    subscripts = sorted(re.findall(SUBSCRIPT, marks), key=lambda part: part == RO)
    rest = dict.fromkeys(re.sub(SUBSCRIPT, "", marks))
    vowels = "".join(sorted(m for m in rest if re.match(f"[{VOWEL}]", m)))
    for parts in TWO_PARTS:
        if set(vowels) == set(parts):
            vowels = TWO_PARTS[parts]
    # A consonant shifter under a high vowel has the shape of ុ, and is often typed as that.
    if len(vowels) == 2 and "\u17bb" in vowels and set(vowels) & set("\u17b7\u17b8\u17b9\u17ba\u17be"):
        rest["\u17ca"] = None
        vowels = vowels.replace("\u17bb", "")
    said = [m for m in rest if m == ROBAT] + subscripts + [m for m in rest if m in SHIFTER] + [vowels]
    said += [m for m in rest if re.match(f"[{SIGN}]", m)]
    made = "".join(said)
    return base + made if _is_sound(made) and "\u17d2" not in re.sub(SUBSCRIPT, "", marks) else ""


def clusters(text: str) -> list[str]:
    """The text cut into base letters with what hangs on them; other characters stand alone."""
    found: list[str] = []
    end = 0
    for cluster in CLUSTER.finditer(text):
        if cluster[0]:
            found.extend(text[end : cluster.start()])
            found.append(cluster[0])
            end = cluster.end()
    found.extend(text[end:])
    return found
