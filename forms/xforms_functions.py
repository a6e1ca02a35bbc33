"""The functions that XForms adds to XPath 1.0, as far as the library's forms use them.

Each takes the filling (`forms/filling.py`) and what lxml hands over: lists of nodes, texts, numbers,
truth values. Meanings are those of getodk/xforms-spec, "XPath Functions".
"""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable, Mapping
from datetime import date
from typing import TYPE_CHECKING, Any

from lxml import etree

if TYPE_CHECKING:
    from forms.filling import Filling

NOTHING = float("nan")


def as_text(value: object) -> str:
    """A value as the instance holds it: whole numbers without a point, truth as "1" and "0"."""
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, etree._Element):
        return value.text or ""
    if isinstance(value, bool):
        return str(int(value))
    if isinstance(value, float):
        return "" if value != value else str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def _if(_: Filling, test: object, yes: object, no: object) -> object:
    return yes if test else no


def _selected(_: Filling, answer: object, one: object) -> bool:
    return as_text(one) in as_text(answer).split()


def _count_selected(_: Filling, answer: object) -> float:
    return float(len(as_text(answer).split()))


def _regex(_: Filling, text: object, pattern: str) -> bool:
    return re.fullmatch(pattern, as_text(text)) is not None


def _date(_: Filling, day: object) -> float:
    """Days, so that two dates compare; no number at all for a blank, as in JavaRosa."""
    if isinstance(day, float):
        return day
    return float(date.fromisoformat(text).toordinal()) if (text := as_text(day)) else NOTHING


def _today(filling: Filling) -> float:
    return float(filling.today.toordinal())


def _form(filling: Filling) -> list[etree._Element]:
    return [filling.root]


def _instance(filling: Filling, name: str) -> list[etree._Element]:
    return [filling.form.lists[name]] if name in filling.form.lists else []


def _current(filling: Filling) -> list[etree._Element]:
    return [filling.here]


def _place_of(_: Filling, nodes: list[etree._Element]) -> float:
    """The number of a repeat's turn among its like, from 1."""
    (node,) = nodes
    return 1.0 + sum(1 for _ in node.itersiblings(node.tag, preceding=True))


def _once(filling: Filling, value: object) -> object:
    """What the node holds already, else `value`."""
    return filling.here.text or value


def _int(_: Filling, value: object) -> float:
    number = float(as_text(value) or NOTHING)
    return number if number != number else float(int(number))


def _random(filling: Filling) -> float:
    return filling.rng.random()


def _uuid(filling: Filling) -> str:
    return str(uuid.UUID(int=filling.rng.getrandbits(128), version=4))


def _coalesce(_: Filling, first: object, second: object) -> object:
    return first if as_text(first) else second


FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "if": _if,
    "selected": _selected,
    "count-selected": _count_selected,
    "regex": _regex,
    "date": _date,
    "today": _today,
    "form": _form,
    "instance": _instance,
    "current": _current,
    "place-of": _place_of,
    "once": _once,
    "int": _int,
    "random": _random,
    "uuid": _uuid,
    "coalesce": _coalesce,
}
