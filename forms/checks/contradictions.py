"""Whether conditions can hold together. Sound, not complete: what is found really cannot hold.

A condition is turned into cases (alternatives of atoms that must all hold); when every case holds two atoms
that exclude each other, the condition never holds. More than MOST_CASES are not looked at.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Sequence

from forms.checks.expressions import FLIP, Atom, Token, literal, tokens

MOST_CASES = 200
Case = tuple[Atom, ...]
Kind = Callable[[str], str]


def never(expressions: Iterable[str], kind: Kind) -> str:
    """Why these expressions can never hold together: the two conditions that exclude each other, as
    they are written; "" when they can, or when it cannot be told.

    kind: name -> the question's kind; "" for one of which nothing may be claimed.
    """
    cases: list[Case] = [()]
    for text in expressions:
        more = _cases(text, tokens(text), False)
        cases = [(*a, *b) for a, b in itertools.product(cases, more)]
        if len(cases) > MOST_CASES:
            return ""
    reasons = [_clash(case, kind) for case in cases]
    return reasons[0] if reasons and all(reasons) else ""


def _cases(text: str, parts: Sequence[Token], negated: bool) -> list[Case]:
    parts = _unwrapped(parts)
    for word in ("or", "and"):
        sides = _split(parts, word)
        if len(sides) > 1:
            each = [_cases(text, side, negated) for side in sides]
            if (word == "or") != negated:
                return [case for one in each for case in one]
            return _product(each)
    if (
        len(parts) > 3
        and parts[0].text == "not"
        and parts[1].text == "("
        and _closes(parts, 1) == len(parts) - 1
    ):
        return _cases(text, parts[2:-1], not negated)
    return [(_atom(text, parts, negated),)]


def _product(each: list[list[Case]]) -> list[Case]:
    made: list[Case] = [()]
    for one in each:
        made = [(*a, *b) for a, b in itertools.product(made, one)]
        if len(made) > MOST_CASES:
            return [()]  # nothing is claimed of it
    return made


def _unwrapped(parts: Sequence[Token]) -> Sequence[Token]:
    while len(parts) > 2 and parts[0].text == "(" and _closes(parts, 0) == len(parts) - 1:
        parts = parts[1:-1]
    return parts


def _closes(parts: Sequence[Token], start: int) -> int:
    """The place of the bracket that closes the one at `start`; -1 without."""
    depth = 0
    for n in range(start, len(parts)):
        depth += (parts[n].text in ("(", "[")) - (parts[n].text in (")", "]"))
        if depth == 0:
            return n
    return -1


def _split(parts: Sequence[Token], word: str) -> list[Sequence[Token]]:
    sides, depth, begun = [], 0, 0
    for n, part in enumerate(parts):
        depth += (part.text in ("(", "[")) - (part.text in (")", "]"))
        if depth == 0 and part.kind == "name" and part.text == word and n > begun:
            sides.append(parts[begun:n])
            begun = n + 1
    return [*sides, parts[begun:]]


def _atom(text: str, parts: Sequence[Token], negated: bool) -> Atom:
    said = text[parts[0].start : parts[-1].end].strip() if parts else ""
    words = [part.text for part in parts]
    if words in (["true", "(", ")"], ["false", "(", ")"]):
        return Atom("false" if (words[0] == "false") != negated else "", said=said)
    if len(parts) == 6 and words[:2] == ["selected", "("] and (words[3], words[5]) == (",", ")"):
        value = literal(parts[4:5])
        if isinstance(value, str) and value and _named(parts[2:3]):
            return Atom("unselected" if negated else "selected", words[2], value, said)
    for n, word in enumerate(words):
        if word in FLIP and parts[n].kind == "sign":
            return _comparison(parts[:n], word, parts[n + 1 :], negated, said)
    return Atom("", said=said)


def _comparison(left: Sequence[Token], op: str, right: Sequence[Token], negated: bool, said: str) -> Atom:
    if not _named(left):
        left, right, op = right, left, FLIP[op]
    value = literal(right)
    if not _named(left) or value is None:
        return Atom("", said=said)
    if negated:
        # Blank is neither more nor less than a number, so that only = and != turn round.
        op = {"=": "!=", "!=": "="}.get(op, "")
    return Atom(op, left[0].text, value, said)


def _named(parts: Sequence[Token]) -> bool:
    return len(parts) == 1 and (parts[0].kind == "ref" or parts[0].text == ".")


def _clash(case: Case, kind: Kind) -> str:
    for atom in case:
        if atom.op == "false":
            return atom.said
    for one, other in itertools.combinations(case, 2):
        known = kind(one.name) if one.name and one.name == other.name else ""
        if known and (_excludes(one, other, known) or _excludes(other, one, known)):
            return one.said if one.said == other.said else f"{one.said} · {other.said}"
    return ""


def _excludes(one: Atom, other: Atom, kind: str) -> bool:
    a, b = one.value, other.value
    if isinstance(a, str) and isinstance(b, str):
        return _excludes_text(one.op, a, other.op, b, kind)
    if type(a) is not type(b) or isinstance(a, str) or isinstance(b, str):
        return False
    return _excludes_number(one.op, a, other.op, b)


def _excludes_text(op: str, a: str, other: str, b: str, kind: str) -> bool:
    if op == "=" and other == "=":
        return a != b and not (_is_number(a) and _is_number(b))
    if op == "=" and other == "!=":
        return a == b
    if op == "=" and other == "selected":
        return b not in a.split()
    if op == "=" and other == "unselected":
        return b in a.split()
    if op == "selected" and other == "selected":
        return a != b and kind == "select_one"
    return op == "selected" and other == "unselected" and a == b


def _excludes_number(op: str, a: object, other: str, b: object) -> bool:
    x, y = _rank(a), _rank(b)
    if op == "=":
        return {"=": x != y, "!=": x == y, "<": x >= y, "<=": x > y, ">": x <= y, ">=": x < y}.get(
            other, False
        )
    if op in (">", ">=") and other in ("<", "<="):
        return x > y or (x == y and (op, other) != (">=", "<="))
    return False


def _rank(value: object) -> float:
    ordinal = getattr(value, "toordinal", None)
    return float(ordinal()) if ordinal else float(value)  # type: ignore[arg-type]


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
