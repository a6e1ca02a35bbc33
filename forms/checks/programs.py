"""What pyxform and ODK Validate say, placed on the cell that caused it.

Where one of our own findings says the same, their words are put beside it; all else becomes a finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from forms.apart import TIME_LIMIT_S, Made, Saying
from forms.checks.findings import Finding, find
from forms.design import Design, Question

# pyxform's name of a message, or words of one that has no name -> the code, or the beginning of the codes,
# by which our own checks tell the same.
NAMES = {
    "NAMES_001": "name.duplicate", "NAMES_002": "name.case_clash", "NAMES_003": "name.", "NAMES_004": "name.",
    "NAMES_005": "name.reserved", "NAMES_006": "choices.no_name", "NAMES_007": "choices.duplicate",
    "NAMES_008": "name.invalid", "NAMES_013": "compiler.sheet_name", "LABEL_001": "label.missing",
    "PYREF_001": "reference.malformed", "PYREF_002": "reference.malformed", "PYREF_003": "reference.unknown",
    "PYREF_004": "reference.ambiguous", "SURVEY_001": "group.", "SURVEY_002": "group.",
    "HEADER_002": "column.duplicate", "HEADER_": "compiler.header", "RANGE_": "compiler.parameters",
    "SURVEY_": "compiler.parameters", "ENTITY_": "compiler.entity", "NAMES_01": "compiler.entity",
}  # fmt: skip
WORDS = {
    "List name not in choices sheet": "choices.list_missing",
    "Unknown question type": "type.",
    "Question with no type": "type.missing",
    "Question or group with no name": "name.missing",
    "has no label or hint": "label.missing",
    "Duplicate column header": "column.duplicate",
    "Choice names with spaces": "choices.name_space",
    "choice names with spaces": "choices.name_space",
    "max-pixels": "compiler.max_pixels",
    "or_other": "compiler.other_untranslated",
    "Missing calculation": "compiler.calculation_missing",
    "is missing the": "translation.no_column",
    "do not contain valid machine-readable codes": "language.",
    "must have a sheet named 'survey'": "workbook.no_survey",
    "should have a sheet (or dictionary key) called 'survey'": "workbook.no_survey",
    "There is no survey element named": "reference.unknown",
    "There are multiple survey elements": "reference.ambiguous",
}
ROW = re.compile(r"\[row : (\d+)\]|\brow (?:number )?(\d+)\b|On row: (\d+)")
SHEET = re.compile(r"the '(\w+)' sheet|sheet: '(\w+)'|sheet '(\w+)'")
COLUMN = re.compile(r"the '([^']+)' value")
PATH = re.compile(r"(?<![\w'])/[A-Za-z_][\w.-]*(?:\[\d+\])?(?:/[A-Za-z_][\w.:-]*(?:\[\d+\])?)+")
FUNCTION = re.compile(r"cannot handle function '([^']+)'")
RULES = (
    ("constraint", "constraint"),
    ("calculat", "calculation"),
    ("condition", "relevant"),
    ("required", "required"),
)
JAVA = re.compile(
    r"^\s*(?:at |\.\.\. \d+ more|Caused by).*|^Result: .*|^The following files.*|.*\bform\.xml$|^>> .*", re.M
)


def add_programs(design: Design, own: Sequence[Finding], made: Made) -> list[Finding]:
    """Our own findings and the programs', each thing told once."""
    found = list(own)
    if made.stopped:
        found.append(Finding("compiler.stopped", values={"limit_s": TIME_LIMIT_S}))
    if made.fault is not None:
        # We could read the workbook, so that it is something in it over which pyxform stumbled.
        found.append(Finding("compiler.error", original=made.fault.text("en")))
    for saying in made.errors:
        _add(found, design, saying, "compiler.error")
    for saying in made.warnings:
        _add(found, design, saying, "compiler.warning")
    if made.validate:
        for finding in read_validate(design, made.validate):
            _merge(found, finding, finding.code)
    return found


def _add(found: list[Finding], design: Design, saying: Saying, otherwise: str) -> None:
    family = _family(saying)
    own = family.startswith("compiler.")
    finding = _place(design, saying.text, family if own else otherwise)
    _merge(found, finding, family or otherwise, whole=not own)


def _family(saying: Saying) -> str:
    by_name = next((NAMES[key] for key in sorted(NAMES, key=len, reverse=True)
                    if saying.name and saying.name.startswith(key)), "")  # fmt: skip
    return by_name or next((code for words, code in WORDS.items() if words in saying.text), "")


def _merge(found: list[Finding], finding: Finding, family: str, *, whole: bool = True) -> None:
    """Puts the words beside our own finding of that family at that place, or the finding at the end."""
    for n, one in enumerate(found):
        same_place = not finding.row or (one.sheet.lower(), one.row) == (finding.sheet.lower(), finding.row)
        if whole and one.code.startswith(family) and same_place:
            found[n] = one.said_by(finding.original)
            return
    found.append(finding)


def _place(design: Design, text: str, code: str) -> Finding:
    """A finding at the row, sheet and column that a message of pyxform names."""
    row = next((int(n) for match in ROW.finditer(text) for n in match.groups() if n), 0)
    named = next((n for match in SHEET.finditer(text) for n in match.groups() if n), "survey" if row else "")
    sheet = design.workbook.sheet(named) if named else None
    if code == "compiler.other_untranslated":
        asked = next((question for question in design.questions if question.other), None)
        return _at(design, code, asked, "type", text, {})
    if sheet is None:
        return Finding(code, original=text)
    match = COLUMN.search(text)
    said = match[1] if match else {"compiler.max_pixels": "parameters"}.get(code, "")
    headers = sheet.columns(said) or [header for header in sheet.headers if header.text.strip() == said]
    return find(code, sheet, row, headers[0] if headers else None).said_by(text)


# --- ODK Validate


def read_validate(design: Design, said: str) -> Iterator[Finding]:
    """The findings in what ODK Validate wrote about a form."""
    plain = "\n".join(line for line in JAVA.sub("", said).splitlines() if line.strip())
    paths = list(dict.fromkeys(PATH.findall(plain)))
    asked = [question for path in paths if (question := _question(design, path))]
    first = asked[0] if asked else None
    function = FUNCTION.search(plain)
    if "Cycle detected" in plain:
        names = ", ".join(question.name for question in asked)
        yield _at(design, "validate.cycle", first, "", plain, {"names": names})
    elif function:
        column = _column_with(design, first, function[1]) or _rule(plain)
        yield _at(design, "validate.function", first, column, plain, {"function": function[1]})
    elif first:
        yield _at(design, "validate.expression", first, _rule(plain), plain, {})
    else:
        yield Finding("validate.error", original=plain or said.strip())


def _question(design: Design, path: str) -> Question | None:
    """The question at an XPath of the XForm, whose first step is the root."""
    wanted = "/" + "/".join(re.sub(r"\[\d+\]", "", path).split("/")[2:])
    return next((q for q in design.questions if q.path == wanted and q.kind != "close"), None)


def _rule(text: str) -> str:
    return next((column for word, column in RULES if word in text.lower()), "")


def _column_with(design: Design, question: Question | None, function: str) -> str:
    """The column of the question in which the function is called."""
    headers: Iterable[str] = (header.name for header in design.survey.headers) if question else ()
    return next(
        (h for h in headers if question and f"{function}(" in design.text(question, h).replace(" ", "")), ""
    )


def _at(
    design: Design, code: str, question: Question | None, column: str, said: str, values: dict[str, str]
) -> Finding:
    if question is None:
        return Finding(code, values=values, original=said)
    return find(code, design.survey, question.row, design.header(column), **values).said_by(said)
