"""Promises of forms.compile: designers' workbooks in, tablets' forms out, and no surprise between."""

from __future__ import annotations

import io
import random
import shutil
import zipfile
from pathlib import Path

import pytest
from openpyxl import Workbook

from forms import compile as forms_compile
from forms.compile import compile_folder, compile_form, validate_with_java
from forms.errors import FormFault

WATER = """
| survey   | type                | name   | label::Khmer (km)          | label::English (en) |
|          | text                | source | តើយកទឹកពីណា?               | Where from?         |
|          | select_one_from_file wells.csv | well | អណ្តូង             | Well                |
| settings | form_id             | version | form_title                | default_language    |
|          | water               | 3      | ទឹក                        | Khmer (km)          |
"""

needs_java = pytest.mark.skipif(
    shutil.which("java") is None, reason="ODK Validate needs Java, which is not here"
)


def workbook(markdown: str) -> bytes:
    """An .xlsx of sheets written as a markdown table, sheet name in the first column."""
    book, sheet = Workbook(), None
    for line in markdown.strip().splitlines():
        name, *cells = [cell.strip() or None for cell in line.strip().strip("|").split("|")]
        if name:
            sheet = book.create_sheet(name)
        sheet.append(cells)
    del book["Sheet"]
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def fault_of(source: bytes | Path, **options: str) -> FormFault:
    with pytest.raises(FormFault) as fault:
        compile_form(source, **options)
    assert fault.value.text("km") and fault.value.text("en")
    return fault.value


def test_a_workbook_compiles_to_what_tablets_take():
    form = compile_form(workbook(WATER))
    assert (form.form_id, form.version, form.title) == ("water", "3", "ទឹក")
    assert "តើយកទឹកពីណា?".encode() in form.xform
    assert (form.itemsets, form.warnings) == (None, ())


def test_an_xform_is_kept_byte_for_byte():
    xform = compile_form(workbook(WATER)).xform.replace(b"<h:body>", b"<h:body>\n  ")
    assert compile_form(xform, file_type=".xml").xform == xform


@pytest.mark.parametrize("fallback", ["ទឹក_2026", "wells"])
def test_a_form_without_id_takes_the_fallback(fallback: str):
    nameless = workbook(WATER.replace("form_id ", "style   ").replace("| water  ", "| pages  "))
    assert compile_form(nameless, form_id_fallback=fallback).form_id == fallback
    assert compile_form(nameless).form_id == "data"


def test_a_file_lends_its_name_to_a_form_without_id(tmp_path: Path):
    file = tmp_path / "ទឹក.xlsx"
    file.write_bytes(workbook(WATER.replace("form_id ", "style   ").replace("| water  ", "| pages  ")))
    assert compile_form(file).form_id == "ទឹក"


def test_warnings_of_the_compiler_are_kept():
    form = compile_form(workbook(WATER.replace("label::English (en)", "label::English")))
    assert any("English" in warning for warning in form.warnings)


def test_a_reference_to_nothing_is_told_with_the_compilers_words():
    fault = fault_of(workbook(WATER.replace("តើយកទឹកពីណា?", "${nowhere}")))
    assert fault.code == "xlsform.invalid"
    assert "nowhere" in fault.values["error"] and fault.values["warnings"] == []


def test_external_choices_come_as_itemsets():
    form = compile_form(
        workbook("""
        | survey | type | name | label | choice_filter |
        | | select_one_external places | place | កន្លែង | province=${p} |
        | | text | p | ខេត្ត | |
        | external_choices | list_name | name | label | province |
        | | places | a | ក | 07 |
        """)
    )
    assert form.itemsets is not None and "ក".encode() in form.itemsets


@pytest.mark.parametrize(
    ("source", "options", "code"),
    [
        (b"", {}, "xlsform.unreadable"),
        ("ស្រូវ".encode(), {}, "xlsform.unreadable"),
        (b"PK\x03\x04broken", {}, "xlsform.unreadable"),
        (b"\xd0\xcf\x11\xe0broken", {"file_type": ".xls"}, "xlsform.invalid"),
        (b"a,b", {"file_type": ".csv"}, "xlsform.unknown_type"),
        (b"<a", {"file_type": ".xml"}, "form.not_xml"),
        (b"<a/>", {"file_type": ".xml"}, "form.no_model"),
        (
            b"<h><model><instance><data id='a'><b/></data></instance></model></h>",
            {"file_type": ".xml"},
            "form.no_meta",
        ),
    ],
)
def test_what_is_no_form_is_named(source: bytes, options: dict[str, str], code: str):
    assert fault_of(source, **options).code == code


def test_a_workbook_without_a_survey_is_invalid():
    assert fault_of(workbook("| ស្រូវ | a |\n| | b |")).code == "xlsform.invalid"


def test_a_form_over_the_limit_is_refused_unopened(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(forms_compile, "SOURCE_LIMIT", 100)
    assert fault_of(workbook(WATER)).code == "xlsform.too_large"


def test_a_zip_bomb_is_refused_before_it_unfolds():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/worksheets/sheet1.xml", b"0" * 20_000_000)
    assert len(out.getvalue()) < 100_000
    assert fault_of(out.getvalue()).code == "xlsform.too_large"


def test_an_entity_bomb_in_a_sheet_is_refused():
    source = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(workbook(WATER))) as old, zipfile.ZipFile(source, "w") as new:
        for name in old.namelist():
            content = old.read(name)
            if name.endswith("sheet1.xml"):
                content = b'<!DOCTYPE a [<!ENTITY b "c">]>' + content.replace(b"source", b"&b;")
            new.writestr(name, content)
    assert fault_of(source.getvalue()).code == "xlsform.unreadable"


def test_groups_nested_without_end_are_refused():
    rows = "".join(f"| | begin_group | g{n} | ក |\n" for n in range(1500)) + "| | end_group | | |\n" * 1500
    fault = fault_of(workbook(f"| survey | type | name | label |\n{rows}"))
    assert fault.code in ("xlsform.too_deep", "form.not_xml")


def test_damaged_workbooks_never_raise_anything_else():
    whole, chance = workbook(WATER), random.Random(20261124)
    for _ in range(60):
        damaged = bytearray(whole)
        for _ in range(chance.randint(1, 30)):
            damaged[chance.randrange(len(damaged))] = chance.randrange(256)
        try:
            compile_form(bytes(damaged[: chance.randint(1, len(damaged))]))
        except FormFault as fault:
            assert fault.text("km")


def test_a_folder_is_laid_out_as_on_a_tablet(tmp_path: Path):
    form = tmp_path / "form.xlsx"
    form.write_bytes(workbook(WATER))
    (tmp_path / "media").mkdir()
    (tmp_path / "media" / "wells.csv").write_text("name,label\n1,អណ្តូងវត្ត\n", encoding="utf-8")
    (tmp_path / "media" / "unused.png").write_bytes(b"png")
    result = compile_folder(form, tmp_path / "out")
    names = [file.relative_to(tmp_path / "out").as_posix() for file in result.written]
    assert names == ["water.xml", "wells.csv"]
    assert result.written[0].read_bytes() == result.form.xform
    assert result.missing == ()


def test_media_that_the_folder_lacks_are_named(tmp_path: Path):
    (tmp_path / "form.xlsx").write_bytes(workbook(WATER))
    assert compile_folder(tmp_path / "form.xlsx", tmp_path / "out").missing == ("wells.csv",)


def test_a_form_id_leads_out_of_no_folder(tmp_path: Path):
    (tmp_path / "form.xlsx").write_bytes(workbook(WATER.replace("| water  ", "| ../../a ")))
    result = compile_folder(tmp_path / "form.xlsx", tmp_path / "out")
    assert result.form.form_id == "../../a"
    assert [file.parent for file in result.written] == [tmp_path / "out"]


@needs_java
def test_odk_validate_passes_a_good_form():
    assert validate_with_java(compile_form(workbook(WATER)).xform) == []


@needs_java
def test_odk_validate_finds_what_the_compiler_lets_through():
    form = compile_form(workbook(WATER))
    broken = form.xform.replace(b'type="string"', b'type="string" relevant="nosuchfunction(1)"', 1)
    findings = validate_with_java(broken)
    assert findings and any("nosuchfunction" in line for line in findings)


def test_without_java_nothing_is_claimed(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", "")
    assert validate_with_java(b"<a/>") is None
