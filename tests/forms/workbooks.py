"""Workbooks for tests: as designers make them, with all that must survive a change of one cell."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence

from openpyxl import Workbook, load_workbook
from openpyxl.comments import Comment
from openpyxl.formatting.rule import CellIsRule
from openpyxl.styles import Font, PatternFill
from openpyxl.worksheet.datavalidation import DataValidation

HEADER = (
    "type",
    "name",
    "label::English (en)",
    "label::Khmer (km)",
    "hint::English (en)",
    "hint::Khmer (km)",
)
PICTURE = b"\x89PNG\r\n\x1a\n not looked at by anybody"
DRAWING = b'<xdr:wsDr xmlns:xdr="http://schemas.openxmlformats.org/drawingml/2006/spreadsheetDrawing"/>'


def book_of(**sheets: Iterable[Sequence[str | None]]) -> Workbook:
    """A workbook of these rows. A text that begins with "=" is a text."""
    made = Workbook()
    del made["Sheet"]
    for name, rows in sheets.items():
        sheet = made.create_sheet(name)
        for row, values in enumerate(rows, 1):
            for column, value in enumerate(values, 1):
                if value is not None:
                    sheet.cell(row, column).value = value
                    sheet.cell(row, column).data_type = "s"
    return made


def saved(made: Workbook) -> bytes:
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def water(khmer: str | None = "តើយកទឹកពីណា?", english: str = "Where does the water come from?") -> bytes:
    """A form of three questions and a list, with one translation that tests change."""
    return saved(
        book_of(
            survey=[
                HEADER,
                ("select_one source", "source", english, khmer, "Choose one.", "ជ្រើសរើសមួយ។"),
                ("begin_group", "house", "The house", "ផ្ទះ"),
                ("integer", "people", "How many live here?", None, None, None),
                ("end_group",),
            ],
            choices=[
                ("list_name", "name", "label::English (en)", "label::Khmer (km)"),
                ("source", "well", "Well", "អណ្តូង"),
                ("source", "river", "River", None),
            ],
            settings=[("form_id", "version", "default_language"), ("water", "1", "Khmer (km)")],
        )
    )


def adorned(source: bytes) -> bytes:
    """The same form with what designers add: colours, widths, comments, rules, a formula, merged cells, a
    picture, a macro, and parts that only their maker knows."""
    made = load_workbook(io.BytesIO(source))
    survey = made["survey"]
    survey["C2"].fill = PatternFill("solid", fgColor="FFE699")
    survey["D4"].fill = PatternFill("solid", fgColor="C6E0B4")
    survey["D4"].font = Font(name="Khmer OS Battambang", size=14, bold=True)
    survey["C2"].comment = Comment("ពិនិត្យម្តងទៀត", "សុខា")
    survey.column_dimensions["C"].width = 61.5
    survey.row_dimensions[2].height = 48
    survey.freeze_panes = "C2"
    survey.conditional_formatting.add(
        "D2:D9", CellIsRule("equal", ['""'], fill=PatternFill("solid", bgColor="FF0000"))
    )
    kinds = DataValidation("list", formula1='"text,integer,note"', allow_blank=True)
    survey.add_data_validation(kinds)
    kinds.add("A2:A99")
    survey["J1"], survey["J2"] = "words", "=LEN(C2)"
    survey["J4"] = "ទំហំ"
    survey.merge_cells("J4:K5")
    made.create_sheet("notes")["A1"] = "របស់អ្នករៀបចំ"
    return with_parts(
        saved(made),
        {"xl/media/image1.png": PICTURE, "xl/drawings/drawing9.xml": DRAWING, "customXml/item1.xml": b"<x/>"},
    )


def with_parts(source: bytes, parts: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(source)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            new.writestr(info, parts.get(info.filename) or old.read(info))
        for name in parts.keys() - set(old.namelist()):
            new.writestr(name, parts[name])
    return out.getvalue()


def with_shared_strings(source: bytes, *texts: str) -> bytes:
    """As Excel keeps texts: in a part of their own, which cells name by number."""
    main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
    kind = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/sharedStrings"
    relations = "xl/_rels/workbook.xml.rels"
    more = f'<Relationship Id="rId77" Type="{kind}" Target="sharedStrings.xml"/></Relationships>'
    items = "".join(f"<si><t>{text}</t><rPh><t>x</t></rPh></si>" for text in texts)
    return with_parts(
        source,
        {
            "xl/sharedStrings.xml": f'<sst xmlns="{main}">{items}</sst>'.encode(),
            relations: parts_of(source)[relations].replace(b"</Relationships>", more.encode()),
        },
    )


def parts_of(source: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(source)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def cells_of(sheet: bytes) -> dict[str, bytes]:
    """{reference: the bytes of its element}"""
    return {m[1].decode(): m[0] for m in re.finditer(rb'<c r="([A-Z]+\d+)".*?(?:/>|</c>)', sheet, re.DOTALL)}
