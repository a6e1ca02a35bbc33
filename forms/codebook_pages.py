"""A codebook as people take it along: a page, Markdown, or a workbook."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator
from typing import Any

from forms.codebook import Codebook, Variable
from forms.pages import render
from forms.row_heights import fit
from i18n import mark, translate

WIDEST = 48  # characters of a column
HEADING = mark("Codebook")
PATH, ASKED_IF, MUST_FIT, REQUIRED_IF = mark("Path"), mark("Asked if"), mark("Must fit"), mark("Required if")
CALCULATED, LISTED = mark("Calculated as"), mark("Choices in the file")
NAME, TYPE, REQUIRED, SENSITIVITY = mark("Name"), mark("Type"), mark("Required"), mark("Sensitivity")
LABEL, HINT, VALUE, VERSIONS, COLUMNS = (
    mark("Label"),
    mark("Hint"),
    mark("Value"),
    mark("Versions"),
    mark("Columns"),
)
GONE, VALUES = mark("no longer asked"), mark("Values")


def rules(one: Variable) -> Iterator[tuple[str, str]]:
    """What is written about one column beside its texts: (an English name, what is said)."""
    yield PATH, one.path
    sometimes = "" if one.required == "true()" else one.required
    names = (ASKED_IF, MUST_FIT, CALCULATED, REQUIRED_IF, LISTED)
    said = (one.relevant, one.constraint, one.calculation, sometimes, one.file)
    yield from ((name, text) for name, text in zip(names, said, strict=True) if text)


def as_html(book: Codebook, lang: str) -> bytes:
    page = render(
        "codebook.html", lang, book=book, title=book.title, heading=translate(HEADING, lang), form_id=book.form_id,
        version=book.versions[-1], several=len(book.versions) > 1,
        rules=lambda one: ((translate(name, lang), said) for name, said in rules(one)),
    )  # fmt: skip
    return page.encode()


def as_markdown(book: Codebook, lang: str) -> bytes:
    return ("\n".join(_lines(book, lang)) + "\n").encode()


def _lines(book: Codebook, lang: str) -> Iterator[str]:
    yield f"# {_plain(book.title)}"
    yield f"\n{translate(HEADING, lang)} · `{book.form_id}` · {translate(VERSIONS, lang)}: {', '.join(book.versions)}"
    for one in book.variables:
        gone = f" – {translate(GONE, lang)}" if book.is_gone(one) else ""
        needed = f" · {translate(REQUIRED, lang)}" if one.required == "true()" else ""
        yield f"\n{'##' if one.is_section else '###'} {one.name}\n\n`{one.type}`{needed}{gone}\n"
        for text in (*one.labels.values(), *one.hints.values()):
            yield f"{_plain(text)}\n"
        for name, said in rules(one):
            yield f"- {translate(name, lang)}: `{said}`"
        if one.sensitivity:
            yield f"- {translate(SENSITIVITY, lang)}: {_plain(one.sensitivity)}"
        if len(book.versions) > 1:
            yield f"- {translate(VERSIONS, lang)}: {', '.join(one.versions)}"
        yield from _table(book, one, lang)


def _table(book: Codebook, one: Variable, lang: str) -> Iterator[str]:
    if not one.values:
        return
    heads = [translate(VALUE, lang), *book.languages, translate(VERSIONS, lang)]
    yield f"\n| {' | '.join(heads)} |\n|{'---|' * len(heads)}"
    for value in one.values:
        labels = (_plain(value.labels.get(language, "")) for language in book.languages)
        yield f"| {' | '.join([f'`{value.name}`', *labels, ', '.join(value.versions)])} |"


def _plain(text: str) -> str:
    """On one line, without what would be markup or break out of a table."""
    return "<br>".join(text.replace("&", "&amp;").replace("<", "&lt;").replace("|", "\\|").splitlines())


def as_xlsx(book: Codebook, lang: str) -> bytes:
    """Three sheets: columns, values, versions."""
    from openpyxl import Workbook

    made = Workbook()
    del made["Sheet"]
    for title, rows in ((COLUMNS, _column_rows), (VALUES, _value_rows), (VERSIONS, _version_rows)):
        _fill(made.create_sheet(translate(title, lang)), rows(book, lambda said: translate(said, lang)))
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


Say = Callable[[str], str]


def _column_rows(book: Codebook, say: Say) -> Iterator[list[str]]:
    texts = [f"{say(kind)} · {language}" for kind in (LABEL, HINT) for language in book.languages]
    rest = (REQUIRED, ASKED_IF, MUST_FIT, CALCULATED, LISTED, SENSITIVITY, VERSIONS)
    yield [say(NAME), say(PATH), say(TYPE), *texts, *map(say, rest)]
    for one in book.variables:
        said = [texts.get(language, "") for texts in (one.labels, one.hints) for language in book.languages]
        versions = ", ".join(one.versions) + (f" – {say(GONE)}" if book.is_gone(one) else "")
        required = "yes" if one.required == "true()" else one.required
        rules_ = (required, one.relevant, one.constraint, one.calculation, one.file, one.sensitivity)
        yield [one.name, one.path, one.type, *said, *rules_, versions]


def _value_rows(book: Codebook, say: Say) -> Iterator[list[str]]:
    yield [say(NAME), say(VALUE), *book.languages, say(VERSIONS)]
    for one in book.variables:
        for value in one.values:
            labels = (value.labels.get(language, "") for language in book.languages)
            yield [one.name, value.name, *labels, ", ".join(value.versions)]


def _version_rows(book: Codebook, say: Say) -> Iterator[list[str]]:
    yield [say(VERSIONS), say(COLUMNS)]
    for version in book.versions:
        yield [version, str(sum(version in one.versions for one in book.columns))]


def _fill(sheet: Any, rows: Iterable[list[str]]) -> None:
    """Text only: what begins with "=" is an expression of a form, not of the workbook."""
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    wrapped, bold, blue = (
        Alignment(wrap_text=True, vertical="top"),
        Font(bold=True),
        PatternFill("solid", fgColor="D6E2EE"),
    )
    table = list(rows)
    widths = [min(WIDEST, max(10, *(len(row[n]) + 2 for row in table))) for n in range(len(table[0]))]
    for number, values in enumerate(table, 1):
        for column, value in enumerate(values, 1):
            cell = sheet.cell(number, column)
            cell.value, cell.data_type, cell.alignment = value or None, "s" if value else "n", wrapped
            if number == 1:
                cell.font, cell.fill = bold, blue
        fit(sheet, number, zip(values, widths, strict=True))
    for column, width in enumerate(widths, 1):
        sheet.column_dimensions[get_column_letter(column)].width = width
    sheet.freeze_panes = "B2"


FORMATS = {".xlsx": as_xlsx, ".md": as_markdown, ".html": as_html}
