"""The forms that come with Samleng, as somebody chooses among them. docs/form-library.md."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path

from forms.translations import library_forms

BETWEEN = " / "  # the Khmer title, then the English one


@dataclass(frozen=True, slots=True)
class BundledForm:
    """titles: by the code of the language. path: of its workbook, media beside it."""

    form_id: str
    titles: dict[str, str]
    path: Path


def bundled_forms() -> list[BundledForm]:
    """By form id. Read once: they are part of the program."""
    return list(_bundled())


@cache
def _bundled() -> tuple[BundledForm, ...]:
    return tuple(_read(path) for path in library_forms())


def _read(path: Path) -> BundledForm:
    import openpyxl  # 20 MB that a hub which stands already never needs

    book = openpyxl.load_workbook(path, read_only=True)
    try:
        names, said = (list(row) for row in book["settings"].iter_rows(max_row=2, values_only=True))
    finally:
        book.close()
    settings = dict(zip(names, said, strict=True))
    khmer, _, english = str(settings["form_title"]).partition(BETWEEN)
    return BundledForm(str(settings["form_id"]), {"km": khmer, "en": english or khmer}, path)
