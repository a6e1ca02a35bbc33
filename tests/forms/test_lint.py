"""Promises of forms.lint: what pyxform and ODK Validate say stands on its cell, and no file is a traceback."""

from __future__ import annotations

import io
import random
import shutil
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from openpyxl import Workbook

from forms import apart
from forms.apart import Made, Saying
from forms.checks.findings import Finding
from forms.checks.programs import add_programs
from forms.compile import compile_form, name_of
from forms.design import read_design
from forms.errors import FormFault
from forms.fields import read_schema
from forms.lint import Report, check_file, check_form
from forms.workbook import read_workbook
from tests.forms.check_cases import EN, HEAD, KM, asked, chosen, labels, rows
from tests.forms.test_checks import book, found

LIBRARY = Path(apart.__file__).parent / "library"
needs_java = pytest.mark.skipif(
    shutil.which("java") is None, reason="ODK Validate needs Java, which is not here"
)
GOOD = labels("សំណួរ")
CYCLE = asked("relevant", "${q1} = 1", "${q0} = 1")

# Codes that come from what the programs say: a form with the fault, one without; "" when only words are tried.
PROGRAMS: dict[str, tuple[str, str]] = {
    "compiler.error": (rows("select_one_from_file c.doc | q"), GOOD),
    "compiler.warning": (rows("subscriberid | s"), rows("deviceid | s")),
    "compiler.header": (f"{HEAD}\n| | text | q | ក | A |\n| entities | dataset | nonsense |\n| | trees | x |", GOOD),
    "compiler.parameters": (asked("parameters", "rows=many").replace("| text |", "| range |"), GOOD),
    "compiler.entity": (asked("save_to", "tree"), GOOD),
    "compiler.calculation_missing": (rows("calculate | q"), asked("calculation", "1 + 1").replace("text", "calculate")),
    "compiler.max_pixels": (rows("image | q"), asked("parameters", "max-pixels=1600").replace("| text |", "| image |")),
    "compiler.sheet_name": (GOOD + "\n| entitie | a |\n| | b |", GOOD + "\n| _entitie | a |\n| | b |"),
    "compiler.other_untranslated": (
        chosen("a | ក | A").replace("select_one c", "select_one c or_other"), chosen("a | ក | A")),
    "compiler.stopped": ("", ""),
    "validate.function": (asked("relevant", "nosuch(1)"), asked("relevant", "true()")),
    "validate.cycle": (CYCLE, CYCLE.replace("${q1}", "1")),
    "validate.expression": (asked("relevant", "1 + + 2 =< 3"), asked("relevant", "1 + 2 <= 3")),
    "validate.error": ("", ""),
}  # fmt: skip


def codes(report: Report) -> set[str]:
    return {finding.code for finding in report.findings}


@pytest.mark.parametrize("code", [code for code, (bad, _) in PROGRAMS.items() if bad])
def test_what_the_programs_say_is_told_and_its_neighbour_is_not(code: str) -> None:
    java = code.startswith("validate.")
    if java and shutil.which("java") is None:
        pytest.skip("ODK Validate needs Java, which is not here")
    bad, good = (check_form(book(form), java=java) for form in PROGRAMS[code])
    told = [finding for finding in bad.findings if finding.code == code]
    assert told, [(f.code, f.original) for f in bad.findings]
    assert all(finding.original for finding in told)
    assert code not in codes(good)


def placed(form: str, *errors: Saying, validate: str = "") -> list[Finding]:
    """Our findings of a form with what a program is made to say."""
    source = book(form)
    return add_programs(
        read_design(read_workbook(source)), found(source), Made(errors=errors, validate=validate)
    )


def test_our_own_finding_carries_pyxforms_words() -> None:
    report = check_form(book(asked("relevant", "${zzzzz} = 1")), java=False)
    (told,) = [f for f in report.findings if f.code == "reference.unknown"]
    assert told.cell == "survey!E2" and "Could not find the name 'zzzzz'" in told.original
    assert not [f for f in report.findings if f.code.startswith("compiler.")]
    assert (report.form_id, report.errors) == ("", 1)


def test_what_pyxform_says_stands_on_its_cell() -> None:
    text = "[row : 2] On the 'survey' sheet, the 'parameters' value is invalid. Something."
    (told,) = [f for f in placed(asked("parameters", "x"), Saying("", text)) if f.code == "compiler.error"]
    assert (told.cell, told.header, told.original) == ("survey!E2", "parameters", text)


def test_pyxforms_messages_are_known_by_name() -> None:
    assert name_of("[row : 7] On the 'choices' sheet, the 'name' value is invalid. "
                   "Choices must have a name. Learn more: https://xlsform.org/en/#setting-up-your-worksheets"
                   ) == "NAMES_006"  # fmt: skip
    assert name_of("Something else") == ""


@needs_java
def test_what_odk_validate_says_stands_on_its_question() -> None:
    form = rows("begin_group | g") + "\n| | text | q | ក | A | nosuch(1) |\n| | end_group | | | | |"
    report = check_form(
        book(form.replace(HEAD, f"{HEAD} constraint | relevant |").replace("nosuch(1) |", "| nosuch(1) |"))
    )
    (told,) = [f for f in report.findings if f.code == "validate.function"]
    assert (told.cell, told.values["function"]) == ("survey!F3", "nosuch")
    assert "cannot handle function 'nosuch'" in told.original and ".java" not in told.original


def test_odk_validates_words_without_a_place_are_kept() -> None:
    (told,) = [
        f for f in placed(GOOD, validate=">> XForm is invalid.\nStrange.") if f.code == "validate.error"
    ]
    assert told.original == "Strange."
    assert not [f for f in placed(GOOD) if f.code == "validate.error"]


def test_a_workbook_that_takes_too_long_is_stopped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(apart, "TIME_LIMIT_S", 0.001)
    report = check_form(book(GOOD), java=False)
    assert codes(report) == {"compiler.stopped"} and report.form_id == ""
    monkeypatch.undo()
    assert codes(check_form(book(GOOD), java=False)) == set()


def test_findings_stand_in_the_order_of_the_workbook() -> None:
    report = check_form(
        book(chosen("a b | ស្រ្តី | A", "b | ខ | ", kind="select_multiple").replace("សំណួរ", "")), java=False
    )
    assert [f.cell for f in report.findings] == ["survey!C2", "choices!B2", "choices!C2", "choices!D3"]


@pytest.mark.parametrize("form", sorted(LIBRARY.glob("*/form.xlsx")), ids=lambda p: p.parent.name)
def test_the_library_is_without_errors(form: Path) -> None:
    report = check_file(form)
    assert [(f.code, f.cell, f.original) for f in report.findings if f.severity == "error"] == []
    assert report.form_id == form.parent.name


# --- sensitivity


def test_sensitivity_reaches_the_fields() -> None:
    form = f"""
    {HEAD} sensitivity |
    | | begin_group | g | ក | A | Restricted |
    | | text | a | ក | A | |
    | | text | b | ក | A | public |
    | | end_group | | | | |
    | | text | c | ក | A | nonsense |
    | settings | form_id | version | sensitivity |
    | | f | 1 | SAID |
    """
    for said, rest in (("identifying", "identifying"), ("", None)):
        fields = read_schema(compile_form(book(form.replace("SAID", said))).xform).fields
        levels = {field.path: field.sensitivity for field in fields if not field.path.startswith("/meta")}
        assert levels == {"/g": "restricted", "/g/a": "restricted", "/g/b": "public", "/c": rest}


@needs_java
def test_sensitivity_does_not_trouble_tablets() -> None:
    report = check_form(book(asked("sensitivity", "restricted")))
    assert report.validated and codes(report) == set()


def test_a_form_without_sensitivity_compiles_to_the_bytes_it_had() -> None:
    assert b"samleng" not in compile_form(book(GOOD)).xform


# --- bad input


def fault_of(source: bytes, file_type: str = ".xlsx") -> str:
    with pytest.raises(FormFault) as fault:
        check_form(source, file_type, java=False)
    assert fault.value.text("km") and fault.value.text("en")
    return fault.value.code


def zipped(**parts: bytes) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in parts.items():
            archive.writestr(name.replace("__", "/").replace("_dot_", "."), data)
    return out.getvalue()


@pytest.mark.parametrize(
    ("source", "file_type", "code"),
    [
        (b"", ".xlsx", "xlsform.unreadable"),
        (b"PK\x03\x04broken", ".xlsx", "xlsform.unreadable"),
        (b"\xd0\xcf\x11\xe0" + "EncryptedPackage".encode("utf-16-le"), ".xlsx", "xlsform.encrypted"),
        (b"\xd0\xcf\x11\xe0broken", ".xls", "xlsform.unreadable"),
        (zipped(xl__vbaProject_dot_bin=b""), ".xlsx", "xlsform.macros"),
        (b"", ".xlsm", "xlsform.macros"),
        (zipped(mimetype=b"application/vnd.oasis.opendocument.spreadsheet"), ".xlsx", "xlsform.other_spreadsheet"),
        (b"type,name", ".csv", "xlsform.other_spreadsheet"),
        (b"", ".ods", "xlsform.other_spreadsheet"),
        (b"", ".docx", "xlsform.unknown_type"),
        (b"a" * (10 * 1024 * 1024 + 1), ".xlsx", "xlsform.too_large"),
        (zipped(a=b"0" * (16 * 1024 * 1024 + 1)), ".xlsx", "xlsform.too_large"),
    ],
)  # fmt: skip
def test_a_file_that_is_no_form_is_told_plainly(source: bytes, file_type: str, code: str) -> None:
    assert fault_of(source, file_type) == code


def test_a_far_cell_costs_nothing() -> None:
    def far(made: Workbook) -> None:
        made["survey"]["XFD1048576"] = "x"

    assert "column.no_header" in codes(check_form(book(GOOD, far), java=False))


def test_what_pyxform_stumbles_over_is_a_finding() -> None:
    def number(made: Workbook) -> None:
        made["survey"]["E1"] = 3

    (told,) = check_form(book(GOOD, number), java=False).findings
    assert (told.code, told.severity) == ("compiler.error", "error") and "AttributeError" in told.original


def test_a_row_that_is_switched_off_is_passed_over() -> None:
    form = asked("disabled", "", "yes").replace("q1", "q0")
    assert codes(check_form(book(form), java=False)) == {"compiler.warning"}


def test_or_other_is_told_at_its_question() -> None:
    report = check_form(book(PROGRAMS["compiler.other_untranslated"][0]), java=False)
    assert [f.cell for f in report.findings if f.code == "compiler.other_untranslated"] == ["survey!A2"]


def test_damaged_bytes_are_never_a_traceback() -> None:
    source, chance = book(GOOD), random.Random(7)
    for _ in range(60):
        damaged = bytearray(source)
        for _ in range(chance.randint(1, 30)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            read_design(read_workbook(bytes(damaged)))
        except FormFault as fault:
            assert fault.code.startswith("xlsform.")


WORDS = st.sampled_from(
    ["text", "select_one c", "begin_group", "end_group", "begin repeat", "end", "calculate", "q", "${q}", "${", "yes",
     ". > 1 and . < 0", "not(selected(${q}, 'a'))", "ស្ត្រី", "\u17d2", "\u200b", "'", "((", "១២", "${q} = 'a' or", "",
     "type", "name", KM, EN, "relevant", "constraint", "list_name", "label", "::", "sensitivity", "restricted",
     "consent", "hint::", "media::image::x", "#REF!", "date('x')", "1e999", " ", "=1+1", "and", "or", "not(",
     "selected(., 'a')"]
)  # fmt: skip
CELLS = st.one_of(WORDS, st.text(max_size=6), st.integers(), st.booleans(), st.none())
SHEETS = st.dictionaries(
    st.sampled_from(["survey", "choices", "settings", "Survey ", "translation_stamps", "entities", "ក"]),
    st.lists(st.lists(CELLS, max_size=7), max_size=7),
    min_size=1, max_size=4,
)  # fmt: skip


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(SHEETS)
def test_no_workbook_is_a_traceback(sheets: dict[str, list[list[object]]]) -> None:
    made = Workbook()
    del made["Sheet"]
    for name, lines in sheets.items():
        sheet = made.create_sheet(name)
        for line in lines:
            sheet.append([_writable(cell) for cell in line])
    out = io.BytesIO()
    made.save(out)
    for finding in found(out.getvalue()):
        assert finding.text("km") and finding.text("en")


def _writable(cell: object) -> object:
    """A cell as a workbook can hold it."""
    return "".join(c for c in cell if c.isprintable()) if isinstance(cell, str) else cell
