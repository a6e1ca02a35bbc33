"""$search in entities: words that a label or a value must hold, as web search writes them.

`rice "big farm" -flooded or dry`: all words, a phrase, without a word, either of two. Letters are compared
without case; a word written in letters without blanks between words, such as Khmer, is looked for anywhere.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import orjson

_PART = re.compile(r'(-?)(?:"([^"]*)"?|(\S+))')
_WORD = re.compile(r"\w+", re.UNICODE)
_SPACELESS = re.compile("[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u4e00-\u9fff]")
Test = Callable[[str], bool]


def read_search(text: str) -> Test:
    """What tells of a JSON text [label, {property: value}] whether it is wanted."""
    alternatives: list[list[tuple[bool, str]]] = [[]]
    for sign, phrase, word in _PART.findall(text):
        if not sign and word.lower() == "or":
            alternatives.append([])
        elif said := _words(phrase or word):
            alternatives[-1].append((sign == "-", said))
    wanted = [all_of for all_of in alternatives if all_of]
    return lambda row: _matches(_words_of(row), wanted)


def _words(text: str) -> str:
    if _SPACELESS.search(text):
        return text.lower()
    found = " ".join(_WORD.findall(text.lower()))
    return f" {found} " if found else ""


def _words_of(row: str) -> str:
    """All texts of a row: word by word, then as they are written."""
    label, data = orjson.loads(row)
    texts = [label, *data.values()]
    words = "\n".join(f" {' '.join(_WORD.findall(t.lower()))} " for t in texts)
    return "\n".join([words, *(t.lower() for t in texts if _SPACELESS.search(t))])


def _matches(words: str, wanted: list[list[tuple[bool, str]]]) -> bool:
    return any(all((said in words) != unwanted for unwanted, said in all_of) for all_of in wanted)
