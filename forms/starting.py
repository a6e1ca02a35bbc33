"""A new form: a bilingual workbook to begin with, which compiles as it is.

Everything that a designer needs at hand is in it: the columns, lists of what a cell may hold, a mark on
translations that are missing, and instructions in both languages.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from forms.errors import FormFault
from forms.row_heights import fit
from i18n import mark, translate

NAME = re.compile(r"[a-z][a-z0-9_]{0,62}")
KHMER, ENGLISH = "Khmer (km)", "English (en)"
ROWS = 500  # as far down as lists and marks reach
FONT = "Khmer OS Battambang"
READING_WIDTH = 70  # characters

SURVEY = (
    "type", "name", f"label::{KHMER}", f"label::{ENGLISH}", f"hint::{KHMER}", f"hint::{ENGLISH}", "required",
    f"required_message::{KHMER}", f"required_message::{ENGLISH}", "relevant", "constraint",
    f"constraint_message::{KHMER}", f"constraint_message::{ENGLISH}", "calculation", "choice_filter", "appearance",
    "parameters", "repeat_count", "default",
)  # fmt: skip
CHOICES = ("list_name", "name", f"label::{KHMER}", f"label::{ENGLISH}")
SETTINGS = ("form_title", "form_id", "version", "default_language")
WIDTHS = {"type": 22, "name": 22, "label": 44, "hint": 32, "required_message": 30, "constraint_message": 30,
          "relevant": 30, "constraint": 26, "calculation": 26, "list_name": 18, "form_title": 50}  # fmt: skip

TYPES = (
    "text", "integer", "decimal", "date", "time", "select_one yes_no", "select_multiple yes_no", "note",
    "calculate", "geopoint", "image", "audio", "begin_group", "end_group", "begin_repeat", "end_repeat",
    "select_one_from_file provinces.csv", "start", "end", "audit",
)  # fmt: skip
APPEARANCES = (
    "minimal",
    "multiline",
    "columns",
    "likert",
    "field-list",
    "signature",
    "numbers",
    "no-calendar",
)
LISTS = {"type": TYPES, "required": ("yes", "no"), "appearance": APPEARANCES}

ANSWER = ("សូមឆ្លើយសំណួរនេះមុនបន្តទៅមុខ។", "Please answer this question before going on.")
QUESTIONS: tuple[dict[str, str], ...] = (
    {"type": "start", "name": "start"},
    {"type": "end", "name": "end"},
    {"type": "note", "name": "consent_text",
     "km": "សូមអានឱ្យអ្នកចូលរួមស្តាប់៖ ការចូលរួមគឺជាការស្ម័គ្រចិត្ត។ អ្នកអាចមិនឆ្លើយសំណួរណាមួយ ឬឈប់នៅពេលណាក៏បាន។",
     "en": "Please read aloud: Taking part is voluntary. You may leave any question unanswered, or stop at any time."},
    {"type": "select_one yes_no", "name": "consent", "km": "តើអ្នកយល់ព្រមចូលរួមដែរឬទេ?", "en": "Do you agree to take part?",
     "required": "yes"},
    {"type": "begin_group", "name": "questions", "km": "សំណួរ", "en": "Questions", "relevant": "${consent} = 'yes'"},
    {"type": "text", "name": "view", "km": "តើអ្នកមានយោបល់អ្វី?", "en": "What is your view?", "appearance": "multiline"},
    {"type": "end_group"},
    {"type": "note", "name": "thanks", "km": "សូមអរគុណ!", "en": "Thank you!"},
)  # fmt: skip
YES_NO = (("yes_no", "yes", "បាទ/ចាស", "Yes"), ("yes_no", "no", "ទេ", "No"))

READ_FIRST = mark("Read first")
STEPS = (
    mark(
        "One row of the sheet survey is one question: its type, a short name in Latin letters, and its text "
        "in both languages."
    ),
    mark(
        "Write every text twice, in the columns Khmer (km) and English (en). A cell that lacks its Khmer or "
        "English turns yellow: on a tablet a blank is shown blank."
    ),
    mark(
        "Questions with choices: select_one or select_multiple, a space and the name of a list. Lists are on "
        "the sheet choices."
    ),
    mark(
        "A question that is asked only sometimes has a condition in the column relevant, such as "
        "${consent} = 'yes'."
    ),
    mark(
        "Never rename or remove a question once answers have come in: its column would part. Give the form a "
        "higher version on the sheet settings each time you publish it."
    ),
    mark("Begin with consent. Ask for a code where a name is not needed."),
    mark(
        "Files that the form needs, such as lists of places, go into the folder media beside this workbook."
    ),
)
COMMANDS = (
    (mark("To see the form as a page:"), "samleng form preview form.xlsx"),
    (mark("To have it translated:"), "samleng form translate update form.xlsx"),
    (mark("For lists of places:"), "samleng form gazetteer --out media"),
    (mark("To publish it:"), "samleng form publish form.xlsx --project 1"),
)


def start_form(name: str, folder: Path, version: str) -> Path:
    """Makes `folder/name/form.xlsx` and the folder `media` beside it. name: also the form's id.

    Raises FormFault form.bad_name, form.exists.
    """
    if not NAME.fullmatch(name):
        raise FormFault("form.bad_name", name=name)
    path = folder / name / "form.xlsx"
    if path.exists():
        raise FormFault("form.exists", path=str(path))
    made = new_workbook(name, version)
    (path.parent / "media").mkdir(parents=True, exist_ok=True)
    path.write_bytes(made)
    return path


def new_workbook(name: str, version: str) -> bytes:
    """The bytes of the workbook: instructions, survey, choices, settings."""
    from openpyxl import Workbook

    book = Workbook()
    del book["Sheet"]
    _instructions(book.create_sheet("read_first"))
    survey = _table(book, "survey", SURVEY, [_question(row) for row in QUESTIONS])
    choices = _table(book, "choices", CHOICES, YES_NO)
    _table(book, "settings", SETTINGS, [(name, name, version, KHMER)])
    _offer(book, survey)
    for sheet in (survey, choices):
        _mark_missing(sheet)
    book.active = book.index(survey)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def _question(row: dict[str, str]) -> list[str]:
    km, en = ANSWER if row.get("required") else ("", "")
    said = {f"label::{KHMER}": row.get("km", ""), f"label::{ENGLISH}": row.get("en", ""),
            f"required_message::{KHMER}": km, f"required_message::{ENGLISH}": en, **row}  # fmt: skip
    return [said.get(column, "") for column in SURVEY]


def _table(book: Any, name: str, header: Sequence[str], rows: Iterable[Sequence[str]]) -> Any:
    """A sheet with a header that stays in sight, wide columns and wrapped cells."""
    from openpyxl.styles import Alignment, Font, PatternFill
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(name)
    wrapped = Alignment(wrap_text=True, vertical="top")
    for number, column in enumerate(header, 1):
        head, width = sheet.cell(1, number), WIDTHS.get(column.partition("::")[0], 16)
        head.value, head.font, head.alignment = (
            column,
            Font(name="Calibri", bold=True, color="FFFFFF"),
            wrapped,
        )
        head.fill = PatternFill("solid", fgColor="1D4268" if KHMER not in column else "7A3B10")
        sheet.column_dimensions[get_column_letter(number)].width = width
    for row, values in enumerate(rows, 2):
        for number, value in enumerate(values, 1):
            cell = sheet.cell(row, number)
            cell.value, cell.alignment = value or None, wrapped
            if KHMER in header[number - 1]:
                cell.font = Font(name=FONT)
        fit(
            sheet,
            row,
            ((v, sheet.column_dimensions[get_column_letter(n)].width) for n, v in enumerate(values, 1)),
        )
    sheet.freeze_panes = "C2"
    return sheet


def _offer(book: Any, survey: Any) -> None:
    """Lists to choose from in the cells of survey. Other values are let in: types name lists."""
    from openpyxl.utils import get_column_letter
    from openpyxl.worksheet.datavalidation import DataValidation

    lists = book.create_sheet("offered")
    lists.sheet_state = "hidden"
    for number, (column, values) in enumerate(LISTS.items(), 1):
        letter, target = get_column_letter(number), get_column_letter(SURVEY.index(column) + 1)
        for row, value in enumerate(values, 1):
            lists.cell(row, number).value = value
        rule = DataValidation(
            "list", formula1=f"offered!${letter}$1:${letter}${len(values)}", allow_blank=True
        )
        rule.showErrorMessage = False
        survey.add_data_validation(rule)
        rule.add(f"{target}2:{target}{ROWS}")


def _mark_missing(sheet: Any) -> None:
    """Yellow where one of two languages is written and the other is not."""
    from openpyxl.formatting.rule import FormulaRule
    from openpyxl.styles import PatternFill
    from openpyxl.utils import get_column_letter

    yellow = PatternFill("solid", bgColor="FFE699")
    for cell in sheet[1]:
        if KHMER in str(cell.value):
            km, en = get_column_letter(cell.column), get_column_letter(cell.column + 1)
            for here, there in ((km, en), (en, km)):
                rule = FormulaRule([f"AND(LEN(TRIM({here}2))=0,LEN(TRIM({there}2))>0)"], fill=yellow)
                sheet.conditional_formatting.add(f"{here}2:{here}{ROWS}", rule)


def _instructions(sheet: Any) -> None:
    from openpyxl.styles import Alignment, Font

    wrapped = Alignment(wrap_text=True, vertical="top")
    lines = [READ_FIRST, *STEPS, *(said for said, _ in COMMANDS)]
    commands = ["" for _ in range(len(STEPS) + 1)] + [command for _, command in COMMANDS]
    for row, (line, command) in enumerate(zip(lines, commands, strict=True), 1):
        for column, lang in enumerate(("km", "en"), 1):
            cell = sheet.cell(row, column)
            # The text may name a place in braces, which is the form's own and not ours to fill.
            cell.value = f"{translate(line, lang)} {command}".strip()
            cell.alignment = wrapped
            cell.font = Font(
                name=FONT if lang == "km" else "Calibri", bold=row == 1, size=14 if row == 1 else 11
            )
        fit(sheet, row, ((sheet.cell(row, column).value, READING_WIDTH) for column in (1, 2)))
    sheet.column_dimensions["A"].width = sheet.column_dimensions["B"].width = READING_WIDTH
    sheet.freeze_panes = "A2"
