"""The words of a report, in both languages, and numbers as they are written in each."""

from __future__ import annotations

from collections.abc import Mapping

from forms.paper.emphasis import pieces
from i18n import LANGUAGES, mark, translate
from i18n.khmer import digits_to_khmer
from server.extracts.sheets import Labels
from server.reports.blocks import Said

HIDDEN_SMALL = mark("fewer than {k}")
HIDDEN = mark("not shown")


class Words:
    """languages: of the report. khmer_digits: whether Khmer sentences write numbers with Khmer digits; tables do too
    where nothing but Khmer stands beside them. k: below which numbers are small."""

    def __init__(self, languages: tuple[str, ...], khmer_digits: bool, k: int) -> None:
        self.khmer_digits, self.k = khmer_digits, k
        self._tables = khmer_digits and languages == ("km",)

    def say(self, message: str, **values: object) -> Said:
        """Values that are texts in both languages stay as they are; numbers and plain texts get the digits of the
        language."""
        return {lang: self._said(message, lang, values) for lang in LANGUAGES}

    def number(self, value: float) -> Said:
        return self.figure(f"{value:,.1f}".removesuffix(".0"))

    def percent(self, count: int, base: int) -> Said:
        """To the whole percent; "" of nothing."""
        return self.figure(f"{100 * count / base:.0f} %" if base else "")

    def figure(self, text: str) -> Said:
        """A number, a day: once, where both languages stand side by side."""
        return same(digits_to_khmer(text) if self._tables else text)

    def labelled(self, labels: Labels, name: str) -> Said:
        """What a form says, without its markup and places; its name where it says nothing."""
        found = {lang: text for lang in LANGUAGES if (text := _without_marks(labels.get(lang, "")))}
        return found or dict.fromkeys(LANGUAGES, name)

    @property
    def small(self) -> Said:
        return self.say(HIDDEN_SMALL, k=self.k)

    @property
    def hidden(self) -> Said:
        return self.say(HIDDEN)

    def _said(self, message: str, lang: str, values: Mapping[str, object]) -> str:
        digits = digits_to_khmer if lang == "km" and self.khmer_digits else str
        told = {n: v.get(lang, "") if isinstance(v, Mapping) else digits(str(v)) for n, v in values.items()}
        return digits(translate(message, lang)).format_map(told)


def same(text: str) -> Said:
    """What is not translated: a name, a number of an export."""
    return dict.fromkeys(LANGUAGES, text)


def _without_marks(text: str) -> str:
    return " ".join("".join(piece.text for piece in pieces(text, lambda _: "…")).split())
