"""What columns and codes are called: labels of our own in both languages, and codes as people read them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from i18n import mark, translate
from server.extracts.sheets import LANGUAGES, Cell, Column, Labels

BETWEEN = "; "  # labels of several choices: commas are in labels themselves
REMEMBERED = 10_000  # different answers of one question
DERIVED = {
    "recorded": mark("{label} (as recorded)"),
    "label": mark("{label} (label)"),
    "Latitude": mark("{label} – latitude"),
    "Longitude": mark("{label} – longitude"),
    "Altitude": mark("{label} – altitude"),
    "Accuracy": mark("{label} – accuracy"),
}


def in_both(message: str, **values: object) -> Labels:
    """A sentence of the catalogues as a label."""
    return {language: translate(message, language, **values) for language in LANGUAGES}


def text_of(labels: Labels, language: str) -> str:
    """In this language, else in the other; "" when nothing is said."""
    return labels.get(language) or next(filter(None, labels.values()), "")


def derived(message: str, labels: Labels) -> Labels:
    """A label made of another; where nothing is said, nothing is made."""
    return {lang: translate(message, lang, label=text_of(labels, lang)) for lang in LANGUAGES if labels}


def within(labels: Labels, part: Labels) -> Labels:
    """ "Needs – Water": of one thing inside another."""
    if not labels:
        return {}
    return {lang: f"{text_of(labels, lang)} – {text_of(part, lang)}" for lang in LANGUAGES}


class Wording:
    """The labels of a column's codes, by the version that each row follows or as they are now. A code without a
    label stays the code."""

    def __init__(self, column: Column, language: str, *, collected: bool) -> None:
        now = _texts(column.values, language)
        by_version = column.values_by_version if collected else {}
        self._now = _Known(now)
        self._by_version = {n: _Known({**now, **_texts(v, language)}) for n, v in by_version.items()}

    def one(self, cells: Sequence[Cell], versions: Sequence[int]) -> list[Cell]:
        """Each cell is a code."""
        known = self._only(versions)
        if known is not None:
            return [known.get(cell, cell) if cell else None for cell in cells]
        held, now = self._by_version, self._now
        return [
            held.get(number, now).get(cell, cell) if cell else None
            for number, cell in zip(versions, cells, strict=True)
        ]

    def several(self, cells: Sequence[Cell], versions: Sequence[int]) -> list[Cell]:
        """Each cell holds codes with blanks between."""
        known = self._only(versions)
        if known is not None:
            said: dict[Cell, Cell] = {cell: known.several(cell) for cell in set(cells) if cell}
            return [said.get(cell) for cell in cells]
        held, now = self._by_version, self._now
        return [
            held.get(number, now).several(cell) if cell else None
            for number, cell in zip(versions, cells, strict=True)
        ]

    def _only(self, versions: Sequence[int]) -> _Known | None:
        """The labels that hold for all of these rows; None when they differ."""
        apart = self._by_version.keys() & set(versions) if self._by_version else set()
        if not apart:
            return self._now
        return self._by_version[versions[0]] if len(set(versions)) == 1 else None


class _Known(dict[str, str]):
    """code -> label, and what was put together of them before: people choose the same few things."""

    def __init__(self, texts: Mapping[str, str]) -> None:
        super().__init__(texts)
        self._joined = dict[str, str]()

    def several(self, cell: str) -> str:
        found = self._joined.get(cell)
        if found is None:
            if len(self._joined) > REMEMBERED:
                self._joined.clear()
            found = self._joined[cell] = BETWEEN.join(self.get(code, code) for code in cell.split())
        return found


def _texts(values: Mapping[str, Labels], language: str) -> dict[str, str]:
    return {code: text for code, labels in values.items() if (text := text_of(labels, language))}
