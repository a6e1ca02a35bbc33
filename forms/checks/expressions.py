"""Expressions as far as the checks understand them: strings, ${references}, and comparisons with a literal.

Whatever is not understood is an atom of its own of which nothing is claimed. Grammar: XPath 1.0 with the
${name} of XLSForm.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date

STRING = re.compile(r"'[^']*'|\"[^\"]*\"")
REFERENCE = re.compile(r"\$\{\s*(last-saved#)?([^\s${}]+)\s*\}")
MALFORMED = re.compile(r"\$\s*\{[^{}]*\}?|\$\([A-Za-z_][\w.-]*\)")
TOKEN = re.compile(
    r"\s*(?:(?P<string>'[^']*'|\"[^\"]*\")|(?P<number>\d+(?:\.\d*)?|\.\d+)|(?P<ref>\$\{[^{}]*\})"
    r"|(?P<name>[^\W\d][\w.:-]*)|(?P<sign><=|>=|!=|//|::|\.\.|[-+*/|=<>()\[\],.@])|(?P<rest>\S))"
)
FLIP = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}
OPERATORS = ("-", "+", "*", "/", "//", "|", "[", "::", "@", "div", "mod")


@dataclass(frozen=True, slots=True)
class Token:
    """kind: string, number, ref, name, sign or rest. text: as written; of a ref the name alone."""

    kind: str
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Atom:
    """What must hold: `name` compared with a literal. name: "." or a question's. op: = != < > <= >=,
    or "selected", "unselected"; "false" for what never holds; "" when it is not understood.
    said: as it is written."""

    op: str
    name: str = ""
    value: str | float | date = ""
    said: str = ""


def blank_strings(text: str) -> str:
    """The expression with the inside of its string literals blanked out, all else in its place."""
    return STRING.sub(lambda found: " " * len(found[0]), text)


def references(text: str) -> list[str]:
    """The names that a text or an expression refers to, in order; last-saved ones too."""
    return [name for _, name in REFERENCE.findall(text)]


def tokens(text: str) -> list[Token]:
    found = []
    for match in TOKEN.finditer(text):
        kind = match.lastgroup or "rest"
        said = match[kind]
        if kind == "ref":
            name = REFERENCE.fullmatch(said)
            kind, said = ("ref", name[2]) if name and not name[1] else ("rest", said)
        found.append(Token(kind, said, match.start(kind), match.end()))
    return found


def literal(parts: Sequence[Token]) -> str | float | date | None:
    """The value of tokens that are one literal: 'text', 12, -1.5, date('2026-01-01')."""
    said = [part.text for part in parts]
    if len(parts) == 1 and parts[0].kind == "string":
        return said[0][1:-1]
    if len(parts) == 1 and parts[0].kind == "number":
        return float(said[0])
    if len(parts) == 2 and said[0] == "-" and parts[1].kind == "number":
        return -float(said[1])
    if len(parts) == 4 and said[0] == "date" and parts[2].kind == "string":
        try:
            return date.fromisoformat(said[2][1:-1])
        except ValueError:
            return None
    return None


def comparisons(text: str) -> Iterator[tuple[str, str | float, Token]]:
    """(name, literal, the literal's token) wherever a question, or ".", is compared with a text or
    number by = or !=, or asked by selected(); anywhere in an expression."""
    said = tokens(text)
    for n in range(len(said)):
        here = said[n : n + 6]
        words = [part.text for part in here]
        before = said[n - 1].text if n else ""
        after = words[3] if len(here) > 3 else ""
        if len(here) >= 3 and words[1] in ("=", "!=") and before not in OPERATORS and after not in OPERATORS:
            for one, other in ((here[0], here[2]), (here[2], here[0])):
                value = literal([other])
                if _is_variable(one) and isinstance(value, str | float):
                    yield one.text, value, other
        if words[:2] == ["selected", "("] and words[3:4] == [","] and words[5:6] == [")"]:
            value = literal(here[4:5])
            if _is_variable(here[2]) and isinstance(value, str):
                yield here[2].text, value, here[4]


def _is_variable(token: Token) -> bool:
    return token.kind == "ref" or (token.kind, token.text) == ("sign", ".")


def unclosed(text: str) -> str:
    """The first quote or bracket that is not closed, or that closes nothing; "" when all is well."""
    rest, open_ = STRING.sub("", text), []
    for sign in rest:
        if sign in "'\"":
            return sign
        if sign in "([":
            open_.append(sign)
        elif sign in ")]" and (not open_ or open_.pop() + sign not in ("()", "[]")):
            return sign
    return open_[-1] if open_ else ""
