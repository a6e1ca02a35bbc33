"""The codebook beside an export: every column of every sheet, in both languages, and what was done to it.

codebook.html is for people, one page that stands alone; codebook.csv is for programs, a row a column and a row a
choice, UTF-8 with a byte order mark so that Excel shows its Khmer.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping

from jinja2 import Environment

from forms.pages import environment
from forms.sensitivity import LEVELS
from i18n import LANGUAGES, mark, translate
from server.extracts.messages import REMARKS, said
from server.extracts.sheets import Column, Extract, Kind, Labels, Role, Sheet
from server.formats import Part, Work
from server.formats.note import IMPRINT

HEADER = (
    "sheet", "column", "name_in_file", "role", "type", "path", "question_km", "question_en", "code", "label_km",
    "label_en", "version", "sensitivity", "note",
)  # fmt: skip
LISTED = 60  # choices of a column that the page shows; the CSV has all
KINDS = {
    Kind.TEXT: mark("text"), Kind.INTEGER: mark("whole number"), Kind.DECIMAL: mark("number"), Kind.DATE: mark("date"),
    Kind.DATETIME: mark("date and time"), Kind.TIME: mark("time of day"), Kind.CHOICE: mark("one choice"),
    Kind.CHOICES: mark("several choices, with blanks between"), Kind.RANK: mark("choices in order"),
    Kind.FLAG: mark("1 chosen, 0 not chosen, empty not answered"), Kind.FILE: mark("name of a file"),
    Kind.POINT: mark("place: latitude, longitude, altitude, accuracy"), Kind.LINE: mark("line of places"),
    Kind.AREA: mark("area of places"),
}  # fmt: skip
NOTES = {
    "pseudonym": mark(
        "A pseudonym stands for the answer: the same person has the same one on every hub of the project."
    ),
    "left_out": mark("Left empty by the profile, because it tells who somebody is."),
    "month": mark("Only the month is given."),
    "band": mark("Numbers are given as bands."),
    "province": mark("Only the province of the place is given."),
    "number": mark("A running number that leads back to nobody."),
}
SENSITIVITIES = dict(
    zip(LEVELS, (mark("public"), mark("internal"), mark("restricted"), mark("identifying")), strict=True)
)


def write(extract: Extract, work: Work) -> Iterator[Part]:
    """Two parts, told apart by `inside`: "html" and "csv"."""
    yield Part("", iter([page(extract, work)]), "html")
    yield Part("", iter([table(extract, work)]), "csv")


def page(extract: Extract, work: Work) -> bytes:
    shown: dict[str, object] = {
        "extract": extract, "work": work, "kinds": KINDS, "notes": NOTES, "levels": SENSITIVITIES, "role": Role,
        "listed": LISTED,
        "imprint": [(IMPRINT[name], value) for name, value in work.imprint.lines().items()],
        "losses": [loss for loss in work.losses if loss.code not in REMARKS],
        "remarks": [loss for loss in work.losses if loss.code in REMARKS],
        "older": lambda column: list(_older(column, extract.versions)),
    }  # fmt: skip
    first = work.options.language
    order = (first, *(lang for lang in LANGUAGES if lang != first))
    both = [_environment(lang).get_template("codebook.html").module for lang in order]
    body = "".join(str(made.part(**shown)) for made in both)  # type: ignore[attr-defined]
    return str(both[0].whole(extract.title, body)).encode("utf-8", "replace")  # type: ignore[attr-defined]


def _environment(lang: str) -> Environment:
    made = environment(lang, "server.formats")
    made.globals |= {
        "lang": lang,
        "other": next(code for code in LANGUAGES if code != lang),
        "translate": lambda text: translate(text, lang),
        "in_words": lambda loss: said(loss, lang),
    }
    return made


def table(extract: Extract, work: Work) -> bytes:
    held = io.StringIO()
    writer = csv.writer(held, lineterminator="\n")
    writer.writerow(HEADER)
    for sheet in extract.sheets:
        for column in sheet.columns:
            writer.writerows(_lines(sheet, column, extract.versions, work))
    return b"\xef\xbb\xbf" + held.getvalue().encode("utf-8", "replace")


def _lines(sheet: Sheet, column: Column, versions: Mapping[int, str], work: Work) -> Iterator[list[str]]:
    named = work.names.get((sheet.path, column.name), column.name)
    head = [sheet.name, column.name, named, column.role.value, column.kind.value, column.path]
    asked, nothing = [column.labels.get("km", ""), column.labels.get("en", "")], ["", ""]
    yield [*head, *asked, "", *nothing, "", column.sensitivity, " ".join(column.note)]
    for code, labels in column.values.items():
        yield [*head, *nothing, code, labels.get("km", ""), labels.get("en", ""), "", "", ""]
    for version, code, labels in _older(column, versions):
        yield [*head, *nothing, code, labels.get("km", ""), labels.get("en", ""), version, "", ""]


def _older(column: Column, versions: Mapping[int, str]) -> Iterator[tuple[str, str, Labels]]:
    """(form version, code, labels) where an older version put a choice in other words."""
    for number, values in column.values_by_version.items():
        for code, labels in values.items():
            if labels != column.values.get(code):
                yield versions.get(number, str(number)), code, labels
