"""A compiled form → a PDF for interviews on paper, for training and for ethical review."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from forms.compile import compile_form
from forms.paper.answers import SMALL, Lists
from forms.paper.boxes import Ink, Mark, Rule, moved, paragraph, row_of
from forms.paper.limits import numeral
from forms.paper.pages import SIZES, Frame, Page, paginate
from forms.paper.pdf import write_pdf
from forms.paper.sheet import Sheet
from forms.paper.typeface import Piece, undrawable
from forms.paper.typesetting import natural_width, shortened
from forms.paper.wording import Wording
from forms.questions import Choice, Questionnaire, read_questionnaire
from i18n import translate

LANGUAGES = {"km": ("km",), "en": ("en",), "both": ("km", "en")}
BLOCKS_DEFAULT, BLOCKS_LIMIT = 3, 100
SIDE, TOP, BOTTOM = 42.0, 64.0, 46.0  # margins, in points
RUNNING_LIMIT = 24.0  # points: a tower of marks in the title stays out of the head of the pages


@dataclass(frozen=True)
class Printed:
    """pdf: the file. undrawable: letters that no bundled face has, sorted; an empty box stands for each."""

    form_id: str
    version: str
    pdf: bytes
    pages: tuple[Page, ...]
    undrawable: tuple[str, ...]


def print_file(file: Path, language: str = "both", size: str = "A4", blocks: int = BLOCKS_DEFAULT) -> Printed:
    """Print a workbook or XForm; choices in files are read from the `media` folder beside it.
    Raises FormFault, as `compile_form` does."""
    form = read_questionnaire(compile_form(file).xform)
    return print_form(form, language, size, blocks, read_lists(form, file.parent / "media"))


def print_form(
    form: Questionnaire,
    language: str = "both",
    size: str = "A4",
    blocks: int = BLOCKS_DEFAULT,
    lists: Lists | None = None,
) -> Printed:
    """language: a key of LANGUAGES; size: of SIZES; blocks: blank blocks for each outer repeat.
    The same arguments give the same bytes."""
    width, height = SIZES[size]
    frame = Frame(width, height, SIDE, TOP, SIDE, BOTTOM)
    wording = Wording(form.root, {one.path: one for one in form.questions()})
    sheet = Sheet(form, wording, LANGUAGES[language], lists or {}, frame.measure, blocks)
    pages = paginate(sheet.all_blocks(), frame)
    for number, page in enumerate(pages, 1):
        page.marks += _running(sheet, frame, number, len(pages))
    pdf = write_pdf(pages, width, height, form.title or form.form_id, sheet.languages[0])
    return Printed(form.form_id, form.version, pdf, tuple(pages), tuple(sorted(undrawable(_texts(pages)))))


def read_lists(form: Questionnaire, media: Path) -> dict[str, list[Choice]]:
    """The same, from the files of a folder."""

    def open_file(name: str) -> BinaryIO | None:
        file = media / name
        return file.open("rb") if file.is_file() else None

    return lists_from(form, open_file)


def lists_from(form: Questionnaire, open_file: Callable[[str], BinaryIO | None]) -> dict[str, list[Choice]]:
    """The choices of the CSV files that a form chooses from. A file that is not there or cannot be read is
    left out: its question then asks for name and code."""
    wanted = {one.choices.file: one.choices for one in form.questions() if one.choices and one.choices.file}
    found: dict[str, list[Choice]] = {}
    for name, choices in wanted.items():
        if Path(name).name == name and name.endswith(".csv"):
            try:
                if (stream := open_file(name)) is not None:
                    found[name] = list(_rows(stream, choices.value, choices.label))
            except (OSError, UnicodeDecodeError, csv.Error):
                continue
    return found


def _rows(stream: BinaryIO, value: str, label: str) -> Iterator[Choice]:
    with io.TextIOWrapper(stream, encoding="utf-8-sig", newline="") as source:
        for row in csv.DictReader(source):
            if row.get(value):
                languages = {lang: row.get(f"label_{lang}") or "" for lang in ("km", "en")}
                texts = languages if all(languages.values()) else {"default": row.get(label) or row[value]}
                yield Choice(row[value], texts)


def _running(sheet: Sheet, frame: Frame, number: int, count: int) -> Iterator[Mark]:
    """What stands at the head and the foot of every page: sheets of several interviews get mixed up."""
    right = frame.width - frame.right
    code, left = sheet.interview_code(right, 26)
    yield from code
    title = shortened(
        [Piece(sheet.form.title or sheet.form.form_id, grey=True)], SMALL.size, left - frame.left - 10
    )
    if title is not None and title.height < RUNNING_LIMIT:
        yield from (moved(m, frame.left, 28) for m in row_of(title, SMALL).marks)
    yield Rule(frame.left, 52, frame.measure)
    yield Rule(frame.left, frame.height - frame.bottom + 8, frame.measure)
    foot = frame.height - frame.bottom + 12
    about = [Piece(" · ".join(part for part in (sheet.form.form_id, sheet.form.version) if part), grey=True)]
    paging = _paging(sheet.languages, number, count)
    taken = natural_width(paging, SMALL.size)
    line = shortened(about, SMALL.size, frame.measure - taken - 20)
    if line is not None and line.height < RUNNING_LIMIT:
        yield from (moved(m, frame.left, foot) for m in row_of(line, SMALL).marks)
    for row in paragraph(paging, SMALL, 0, frame.measure)[:1]:
        yield from (moved(m, right - taken, foot) for m in row.marks)


def _paging(languages: Sequence[str], number: int, count: int) -> list[Piece]:
    said = [
        translate("Page {n} of {count}", lang, n=numeral(number, lang), count=numeral(count, lang))
        for lang in languages
    ]
    return [Piece(" · ".join(said))]


def _texts(pages: Sequence[Page]) -> str:
    return "".join(mark.line.text for page in pages for mark in page.marks if isinstance(mark, Ink))
