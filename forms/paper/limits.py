"""What an answer must be, in words: bounds, lengths, today."""

from __future__ import annotations

from forms.paper.expressions import Call, Compared, Joined, Node, Path, Value
from i18n import translate
from i18n.khmer import digits_to_khmer


class Unsaid(Exception):
    """No words for this part of a condition."""


def numeral(number: int | str, lang: str) -> str:
    """A number as it is written in `lang`: Khmer has digits of its own."""
    return digits_to_khmer(str(number)) if lang == "km" else str(number)


def bounds(node: Node, lang: str) -> str:
    """What an answer must be, in words. Raises Unsaid."""
    parts = node.parts if isinstance(node, Joined) and node.word == "and" else (node,)
    if isinstance(node, Joined) and len(parts) == 2 and (span := _span(parts)):
        low, high = (numeral(text, lang) for text in span)
        return translate("From {low} to {high}.", lang, low=low, high=high)
    return " ".join(bound for part in parts if (bound := _bound(part, lang)))


def _span(parts: tuple[Node, ...]) -> tuple[str, str] | None:
    """The lower and the upper bound, both allowed, of ". >= 1 and . <= 40" in either order."""
    bounds = {
        part.sign: part.right.text
        for part in parts
        if isinstance(part, Compared)
        and part.left == Path(".")
        and isinstance(part.right, Value)
        and part.right.number
    }
    return (bounds[">="], bounds["<="]) if set(bounds) == {">=", "<="} else None


def _bound(node: Node, lang: str) -> str:
    if not isinstance(node, Compared):
        raise Unsaid
    match node:
        case Compared(sign, Path("."), Value(text, number=True)):
            return _at_most(sign, numeral(text, lang), lang)
        case Compared("<=", Call("string-length", (Path("."),)), Value(text)):
            # A limit that no hand reaches only makes people count.
            return (
                translate("At most {count} letters.", lang, count=numeral(text, lang))
                if len(text) < 4
                else ""
            )
        case Compared("<=", Path("."), Call("today", ())):
            return translate("Not later than today.", lang)
        case Compared(">=", Path("."), Call("today", ())):
            return translate("Not before today.", lang)
    raise Unsaid


def _at_most(sign: str, value: str, lang: str) -> str:
    if sign == "<=":
        return translate("At most {value}.", lang, value=value)
    if sign == ">=":
        return translate("At least {value}.", lang, value=value)
    if sign == "<":
        return translate("Less than {value}.", lang, value=value)
    if sign == ">":
        return translate("More than {value}.", lang, value=value)
    raise Unsaid
