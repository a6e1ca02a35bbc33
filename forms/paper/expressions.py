"""The part of XPath that designers write in `relevant` and `constraint`, as a tree.

What it does not know – arithmetic, predicates, most functions – it leaves alone: `read_expression` says None,
and the paper shows the expression as it is written.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

TOKEN = re.compile(
    r"\s*(?:(?P<text>'[^']*'|\"[^\"]*\")|(?P<number>-?\d+(?:\.\d+)?(?![\w.-]))|(?P<sign><=|>=|!=|[=<>(),])"
    r"|(?P<name>(?:\.\./|/|\./)*[A-Za-z_][\w.:/-]*|\.\.?(?:/[\w.:/-]+)*))"
)
DEPTH_LIMIT = 40  # levels of brackets
NEGATED = {"=": "!=", "!=": "=", "<": ">=", ">=": "<", ">": "<=", "<=": ">"}
TURNED = {"=": "=", "!=": "!=", "<": ">", ">": "<", "<=": ">=", ">=": "<="}


@dataclass(frozen=True, slots=True)
class Path:
    """As written: "/data/age", "../age", "."."""

    steps: str


@dataclass(frozen=True, slots=True)
class Value:
    """A constant. `number`: written without quotes."""

    text: str
    number: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    name: str
    arguments: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Compared:
    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Joined:
    """word: "and" or "or"; two parts or more."""

    word: str
    parts: tuple[Node, ...]


Node = Path | Value | Call | Compared | Joined


class _Unknown(Exception):
    pass


def read_expression(text: str) -> Node | None:
    """The tree, or None for what is outside of the part that is known."""
    try:
        tokens = _tokens(text)
        tree, rest = _joined(tokens, 0, "or", 0)
    except _Unknown:
        return None
    return tree if rest == len(tokens) else None


def _tokens(text: str) -> list[tuple[str, str]]:
    found, place, text = [], 0, text.strip()
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None or match.lastgroup is None:
            raise _Unknown
        found.append((match.lastgroup, match[match.lastgroup]))
        place = match.end()
    return found


def _peek(tokens: list[tuple[str, str]], place: int) -> tuple[str, str]:
    return tokens[place] if place < len(tokens) else ("end", "")


def _joined(tokens: list[tuple[str, str]], place: int, word: str, depth: int) -> tuple[Node, int]:
    if depth > DEPTH_LIMIT:
        raise _Unknown
    parts: list[Node] = []
    while True:
        inner, place = (
            _joined(tokens, place, "and", depth) if word == "or" else _compared(tokens, place, depth)
        )
        parts.append(inner)
        if _peek(tokens, place) != ("name", word):
            return (parts[0] if len(parts) == 1 else Joined(word, tuple(parts))), place
        place += 1


def _compared(tokens: list[tuple[str, str]], place: int, depth: int) -> tuple[Node, int]:
    left, place = _operand(tokens, place, depth)
    kind, sign = _peek(tokens, place)
    if kind != "sign" or sign not in NEGATED:
        return left, place
    right, place = _operand(tokens, place + 1, depth)
    if isinstance(left, Value) and not isinstance(right, Value):
        return Compared(TURNED[sign], right, left), place
    return Compared(sign, left, right), place


def _operand(tokens: list[tuple[str, str]], place: int, depth: int) -> tuple[Node, int]:
    kind, text = _peek(tokens, place)
    if kind == "text":
        return Value(text[1:-1]), place + 1
    if kind == "number":
        return Value(text, number=True), place + 1
    if (kind, text) == ("sign", "("):
        inner, place = _joined(tokens, place + 1, "or", depth + 1)
        return inner, _closed(tokens, place)
    if kind != "name" or text in ("and", "or", "div", "mod"):
        raise _Unknown
    if _peek(tokens, place + 1) == ("sign", "("):
        return _call(tokens, text, place + 2, depth)
    return Path(text), place + 1


def _call(tokens: list[tuple[str, str]], name: str, place: int, depth: int) -> tuple[Node, int]:
    arguments: list[Node] = []
    while _peek(tokens, place) != ("sign", ")"):
        if arguments:
            if _peek(tokens, place) != ("sign", ","):
                raise _Unknown
            place += 1
        argument, place = _joined(tokens, place, "or", depth + 1)
        arguments.append(argument)
    if name == "current" and not arguments:
        kind, text = _peek(tokens, place + 1)
        if kind == "name" and text.startswith("/"):
            return Path(text[1:]), place + 2
    if name == "not" and len(arguments) == 1 and isinstance(arguments[0], Compared):
        compared = arguments[0]
        return Compared(NEGATED[compared.sign], compared.left, compared.right), place + 1
    return Call(name, tuple(arguments)), place + 1


def _closed(tokens: list[tuple[str, str]], place: int) -> int:
    if _peek(tokens, place) != ("sign", ")"):
        raise _Unknown
    return place + 1
