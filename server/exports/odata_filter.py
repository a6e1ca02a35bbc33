"""$filter: OData 4 text to a tree of `odata_tree`. Turning the tree into SQL is the store's part."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import NoReturn

from server.errors import Problem
from server.exports.odata_tree import (
    ACTORS,
    DATES,
    Call,
    Compare,
    Field,
    Literal,
    Logic,
    Node,
    Not,
    filter_field,
    mentions_deleted,
    moment,
)

__all__ = ["Call", "Compare", "Field", "Literal", "Logic", "Node", "Not", "mentions_deleted", "read_filter"]

COMPARISONS = frozenset(["lt", "le", "eq", "ne", "ge", "gt"])
PARTS = frozenset(["year", "month", "day", "hour", "minute", "second"])
# Known to OData but not to us: 501.4. A word that OData does not know either is a mistake: 400.18.
UNSUPPORTED = frozenset(
    [
        "add",
        "sub",
        "mul",
        "div",
        "mod",
        "has",
        "in",
        "concat",
        "contains",
        "endswith",
        "startswith",
        "indexof",
        "length",
        "substring",
        "tolower",
        "toupper",
        "trim",
        "date",
        "time",
        "totaloffsetminutes",
        "fractionalseconds",
        "maxdatetime",
        "mindatetime",
        "totalseconds",
        "round",
        "floor",
        "ceiling",
        "cast",
        "isof",
        "geo.distance",
        "geo.intersects",
        "geo.length",
    ]
)
DEPTH_LIMIT = 50

_TOKEN = re.compile(r"\s*(?:('(?:[^']|'')*')|([(),])|([^\s'(),]+))")
_NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}.*")


def read_filter(text: str, table: str) -> Node:
    """The tree of a $filter on this table. On repeat tables the fields of the submission must be
    written `$root/Submissions/…`.

    Raises Problem 400.18 (not understood), 501.4 (an expression that is not supported), 501.5 (a
    field that is not supported: all fields of the form are).
    """
    parser = _Parser(text, table)
    tree = parser.either(0)
    if parser.here.text or not _is_condition(tree):
        parser.fail()
    return tree


@dataclass(frozen=True, slots=True)
class _Token:
    text: str
    at: int


def _tokens(text: str) -> list[_Token]:
    found, at, text = [], 0, text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise Problem("400.18", reason=f"{text[at:].strip()} ({at})")
        found.append(_Token(match[match.lastindex or 0], match.start(match.lastindex or 0)))
        at = match.end()
    return [*found, _Token("", len(text))]


class _Parser:
    """Recursive descent, loosest first: or, and, not, comparison, value."""

    def __init__(self, text: str, table: str) -> None:
        self._tokens = iter(_tokens(text))
        self._table = table
        self.here = next(self._tokens)

    def either(self, depth: int) -> Node:
        left = self._both(depth)
        while self._took("or"):
            left = Logic("or", self._condition(left), self._condition(self._both(depth)))
        return left

    def fail(self) -> NoReturn:
        raise Problem("400.18", reason=f"{self.here.text} ({self.here.at})")

    def _both(self, depth: int) -> Node:
        left = self._negated(depth)
        while self._took("and"):
            left = Logic("and", self._condition(left), self._condition(self._negated(depth)))
        return left

    def _negated(self, depth: int) -> Node:
        if depth > DEPTH_LIMIT:
            self.fail()  # else a long row of brackets would use up the stack
        # As in Central "not" takes a whole comparison: not a eq b = not (a eq b).
        if self._took("not"):
            return Not(self._condition(self._negated(depth + 1)))
        return self._comparison(depth)

    def _comparison(self, depth: int) -> Node:
        left = self._value(depth)
        operator = self.here.text
        if operator in UNSUPPORTED:
            self._unsupported(self.here)
        if operator not in COMPARISONS:
            return left
        self._step()
        return self._compared(operator, left, self._value(depth))

    def _compared(self, operator: str, left: Node, right: Node) -> Node:
        return Compare(operator, self._suited(left, right), self._suited(right, left))

    def _suited(self, one: Node, other: Node) -> Node:
        """A literal as the field that it is compared with holds it."""
        if not isinstance(one, Literal) or not isinstance(one.value, str) or not isinstance(other, Field):
            return one
        if other.name in DATES:
            if (text := moment(one.value)) is None:
                raise Problem("400.18", reason=one.value)
            return replace(one, value=text)
        if other.name in ACTORS and one.value.isascii() and one.value.isdigit():
            return replace(one, value=int(one.value))
        return one

    def _value(self, depth: int) -> Node:
        token = self._step()
        if token.text == "(":
            inside = self.either(depth + 1)
            self._expect(")")
            return inside
        if token.text.startswith("'"):
            return Literal(token.text[1:-1].replace("''", "'"))
        if not token.text or token.text in "),":
            raise Problem("400.18", reason=f"{token.text} ({token.at})")
        return self._call(token, depth) if self.here.text == "(" else self._word(token)

    def _call(self, token: _Token, depth: int) -> Node:
        if token.text in UNSUPPORTED:
            self._unsupported(token)
        if token.text != "now" and token.text not in PARTS:
            raise Problem("400.18", reason=f"{token.text} ({token.at})")
        self._expect("(")
        argument = None if token.text == "now" else self._value(depth + 1)
        self._expect(")")
        return Call(token.text, argument)

    def _word(self, token: _Token) -> Node:
        text = token.text
        if text in ("null", "true", "false"):
            return Literal({"null": None, "true": True, "false": False}[text])
        if number := _NUMBER.fullmatch(text):
            return Literal(float(text) if number[1] or number[2] else int(text))
        if _DATE.fullmatch(text):
            if (date := moment(text)) is None:
                raise Problem("400.18", reason=f"{text} ({token.at})")
            return Literal(date)
        if (name := filter_field(text, self._table)) is None:
            raise Problem("501.5", at=token.at, text=text)
        return Field(name)

    def _unsupported(self, token: _Token) -> NoReturn:
        raise Problem("501.4", at=token.at, type=token.text, text=token.text)

    def _condition(self, node: Node) -> Node:
        if not _is_condition(node):
            self.fail()
        return node

    def _step(self) -> _Token:
        taken = self.here
        self.here = next(self._tokens, _Token("", taken.at + len(taken.text)))
        return taken

    def _took(self, word: str) -> bool:
        if self.here.text != word:
            return False
        self._step()
        return True

    def _expect(self, text: str) -> None:
        if not self._took(text):
            self.fail()


def _is_condition(node: Node) -> bool:
    return isinstance(node, Compare | Logic | Not) or (
        isinstance(node, Literal) and isinstance(node.value, bool)
    )
