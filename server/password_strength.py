"""Whether a password is too easy to guess, and why. No Flask, no SQL.

zxcvbn counts the guesses of somebody who knows common words, names, dates and keyboards, and gives a score of
0 to 4. ODK Central refuses a password below 3; so do we.
"""

from __future__ import annotations

from i18n import mark
from server.errors import Problem

LEAST_SCORE = 3
# zxcvbn's words, to read on after a colon. It has more advice than reasons: the first is told when there
# is no reason.
REASONS = (
    mark("straight rows of keys are easy to guess"),
    mark("short keyboard patterns are easy to guess"),
    mark('repeats like "aaa" are easy to guess'),
    mark('repeats like "abcabcabc" are only slightly harder to guess than "abc"'),
    mark('sequences like "abc" or "6543" are easy to guess'),
    mark("recent years are easy to guess"),
    mark("dates are often easy to guess"),
    mark("this is a top-10 common password"),
    mark("this is a top-100 common password"),
    mark("this is a very common password"),
    mark("this is similar to a commonly used password"),
    mark("a word by itself is easy to guess"),
    mark("names and surnames by themselves are easy to guess"),
    mark("common names and surnames are easy to guess"),
    mark("use a few words, avoid common phrases"),
    mark("add another word or two. Uncommon words are better."),
)


def check_strength(password: str) -> None:
    """Raises Problem 400.44, with `warning` and `suggestions` as zxcvbn words them, in English."""
    from zxcvbn import zxcvbn  # reads its lists of words: few commands need them

    found = zxcvbn(password)
    if found["score"] >= LEAST_SCORE:
        return
    said = found["feedback"]
    warning, suggestions = _ended(said["warning"]), [_ended(text) for text in said["suggestions"]]
    first = warning or next(iter(suggestions), "")
    raise Problem("400.44", warning=warning, suggestions=suggestions, reason=first[:1].lower() + first[1:])


def _ended(text: str) -> str:
    """Without the full stop of a single sentence, as zxcvbn's own language has it and programs know it."""
    return text if ". " in text else text.removesuffix(".")
