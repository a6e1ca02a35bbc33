"""The words of a report, in both languages, and numbers as they are written in each."""

from __future__ import annotations

from forms.paper.emphasis import pieces
from i18n import LANGUAGES, mark, translate
from i18n.khmer import digits_to_khmer
from server.extracts.sheets import Labels
from server.reports.blocks import Said

HIDDEN_SMALL = mark("fewer than {k}")
HIDDEN = mark("not shown")


class Words:
    """khmer_digits: whether Khmer texts write numbers with Khmer digits. k: below which numbers are small."""

    def __init__(self, khmer_digits: bool, k: int) -> None:
        self.khmer_digits, self.k = khmer_digits, k

    def say(self, message: str, **values: object) -> Said:
        """Values may be texts in both languages themselves."""
        return {
            lang: self._digits(translate(message, lang, **{n: _in(v, lang) for n, v in values.items()}), lang)
            for lang in LANGUAGES
        }

    def number(self, value: float) -> Said:
        text = f"{value:,.1f}".removesuffix(".0")
        return {lang: self._digits(text, lang) for lang in LANGUAGES}

    def percent(self, count: int, base: int) -> Said:
        """To the whole percent; "" of nothing."""
        text = f"{100 * count / base:.0f} %" if base else ""
        return {lang: self._digits(text, lang) for lang in LANGUAGES}

    def plain(self, text: str) -> Said:
        return {lang: self._digits(text, lang) for lang in LANGUAGES}

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

    def _digits(self, text: str, lang: str) -> str:
        return digits_to_khmer(text) if lang == "km" and self.khmer_digits else text


def _in(value: object, lang: str) -> object:
    return value.get(lang, "") if isinstance(value, dict) else value


def _without_marks(text: str) -> str:
    return " ".join("".join(piece.text for piece in pieces(text, lambda _: "…")).split())
