"""The small parts of a workbook: styles, the list of sheets, relations, properties.

Elements stand in the order of ECMA-376's schemas: Excel offers to repair a workbook in which they do not.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from server.formats.xlsx_cells import Shared, attribute, escaped, letters_of, string_element
from server.formats.xlsx_names import quoted

DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
RELATIONS = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "application/vnd.openxmlformats-officedocument"
CORE_TYPE = "application/vnd.openxmlformats-package.core-properties+xml"
PROPERTIES = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"  # the format's id of properties that users define
# Comes with Windows and has Khmer and Latin letters; where it is missing, Excel takes another for Khmer by itself, and
# rows are high enough for the tallest of them (Khmer OS). LibreOffice hears a workbook's font for Khmer only when the
# font has one of a few other scripts as well, as this one has Thai; else it takes the one of its own settings.
FONT, FONT_SIZE = "Leelawadee UI", 10


@dataclass(frozen=True, slots=True)
class Page:
    """A worksheet as the workbook lists it. columns, rows: of its table with the header; no rows: it has no table."""

    name: str
    columns: int = 0
    rows: int = 0

    @property
    def area(self) -> str:
        return f"$A$1:${letters_of(self.columns - 1)}${self.rows}"


def styles() -> str:
    """The places of cellXfs are `xlsx_cells.STYLES`."""
    fonts = (_font(), _font("<b/>"), _font("<u/>", color='<color rgb="FF1F4E79"/>'), _font("<b/>", size=14))
    fills = (
        '<fill><patternFill patternType="none"/></fill>', '<fill><patternFill patternType="gray125"/></fill>',
        '<fill><patternFill patternType="solid"><fgColor rgb="FFDCE6F1"/><bgColor indexed="64"/></patternFill></fill>',
    )  # fmt: skip
    borders = (
        "<border><left/><right/><top/><bottom/><diagonal/></border>",
        '<border><left/><right/><top/><bottom style="thin"><color rgb="FF7F7F7F"/></bottom><diagonal/></border>',
    )
    formats = (
        '<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>',
        '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/>',
        '<numFmt numFmtId="166" formatCode="hh:mm:ss"/>',
    )
    cell_formats = (
        _format(),
        _format(font=1, fill=2, border=1, align="center", wrap=True),
        _format(number=164, side="left"),
        _format(number=165, side="left"),
        _format(number=166, side="left"),
        _format(wrap=True),
        _format(font=2, wrap=True),
        _format(font=3, align="center"),
        _format(side="right"),
    )
    return (
        f'{DECLARATION}<styleSheet xmlns="{MAIN}">{_counted("numFmts", formats)}{_counted("fonts", fonts)}'
        f"{_counted('fills', fills)}{_counted('borders', borders)}"
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs>'
        f"{_counted('cellXfs', cell_formats)}"
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
        '<dxfs count="0"/><tableStyles count="0"/></styleSheet>'
    )


def _font(signs: str = "", *, size: int = FONT_SIZE, color: str = "") -> str:
    return f'<font>{signs}<sz val="{size}"/>{color}<name val="{FONT}"/><family val="2"/></font>'


def _format(
    number: int = 0,
    font: int = 0,
    fill: int = 0,
    border: int = 0,
    align: str = "top",
    side: str = "",
    wrap: bool = False,
) -> str:
    """Cells begin at the top: of a text of several lines in a row of one, the first shows."""
    sideways = f' horizontal="{side}"' if side else ""
    return (
        f'<xf numFmtId="{number}" fontId="{font}" fillId="{fill}" borderId="{border}" xfId="0" '
        'applyNumberFormat="1" applyFont="1" applyFill="1" applyBorder="1" applyAlignment="1">'
        f'<alignment{sideways} vertical="{align}"{_WRAP if wrap else ""}{_INDENT if side == "right" else ""}/></xf>'
    )


_WRAP, _INDENT = ' wrapText="1"', ' indent="1"'


def _counted(name: str, elements: Sequence[str]) -> str:
    return f'<{name} count="{len(elements)}">{"".join(elements)}</{name}>'


def workbook(pages: Sequence[Page]) -> str:
    sheets = "".join(
        f'<sheet name="{attribute(page.name)}" sheetId="{number}" r:id="rId{number}"/>'
        for number, page in enumerate(pages, 1)
    )
    return (
        f'{DECLARATION}<workbook xmlns="{MAIN}" xmlns:r="{RELATIONS}"><workbookPr/>'
        '<bookViews><workbookView xWindow="0" yWindow="0" windowWidth="24000" windowHeight="12000" tabRatio="800"/>'
        f"</bookViews><sheets>{sheets}</sheets><definedNames>{''.join(_names(pages))}</definedNames></workbook>"
    )


def _names(pages: Sequence[Page]) -> Iterator[str]:
    """The area of each filter, as Excel itself notes it, and the header on every printed page."""
    tables = [(place, page) for place, page in enumerate(pages) if page.rows]
    for place, page in tables:
        yield (
            f'<definedName name="_xlnm._FilterDatabase" localSheetId="{place}" hidden="1">'
            f"{escaped(quoted(page.name))}!{page.area}</definedName>"
        )
    for place, page in tables:
        yield (
            f'<definedName name="_xlnm.Print_Titles" localSheetId="{place}">'
            f"{escaped(quoted(page.name))}!$1:$1</definedName>"
        )


def workbook_relations(pages: Sequence[Page]) -> str:
    count = len(pages)
    targets = [("worksheet", f"worksheets/sheet{number}.xml") for number in range(1, count + 1)]
    return _relations((f"{RELATIONS}/{kind}", target) for kind, target in [
        *targets, ("styles", "styles.xml"), ("sharedStrings", "sharedStrings.xml"),
    ])  # fmt: skip


def package_relations() -> str:
    return _relations([
        (f"{RELATIONS}/officeDocument", "xl/workbook.xml"),
        (f"{PACKAGE}/relationships/metadata/core-properties", "docProps/core.xml"),
        (f"{RELATIONS}/extended-properties", "docProps/app.xml"),
        (f"{RELATIONS}/custom-properties", "docProps/custom.xml"),
    ])  # fmt: skip


def _relations(targets: Iterable[tuple[str, str]]) -> str:
    listed = "".join(
        f'<Relationship Id="rId{number}" Type="{kind}" Target="{target}"/>'
        for number, (kind, target) in enumerate(targets, 1)
    )
    return f'{DECLARATION}<Relationships xmlns="{PACKAGE}/relationships">{listed}</Relationships>'


def content_types(pages: Sequence[Page]) -> str:
    sheets = {
        f"/xl/worksheets/sheet{number}.xml": f"{OFFICE}.spreadsheetml.worksheet+xml"
        for number in range(1, len(pages) + 1)
    }
    parts = {
        "/xl/workbook.xml": f"{OFFICE}.spreadsheetml.sheet.main+xml", **sheets,
        "/xl/styles.xml": f"{OFFICE}.spreadsheetml.styles+xml",
        "/xl/sharedStrings.xml": f"{OFFICE}.spreadsheetml.sharedStrings+xml",
        "/docProps/core.xml": CORE_TYPE,
        "/docProps/app.xml": f"{OFFICE}.extended-properties+xml",
        "/docProps/custom.xml": f"{OFFICE}.custom-properties+xml",
    }  # fmt: skip
    listed = "".join(f'<Override PartName="{name}" ContentType="{kind}"/>' for name, kind in parts.items())
    return (
        f'{DECLARATION}<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{listed}</Types>'
    )


def shared_strings(shared: Shared) -> Iterator[str]:
    count = len(shared.places)
    yield f'{DECLARATION}<sst xmlns="{MAIN}" uniqueCount="{count}">'
    for text in shared.places:
        yield f"<si>{string_element(text)}</si>"
    yield "</sst>"


def core_properties(title: str, by: str, said: str, made_at: datetime) -> str:
    return (
        f'{DECLARATION}<cp:coreProperties xmlns:cp="{PACKAGE}/metadata/core-properties" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
        'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"<dc:title>{escaped(title)}</dc:title><dc:creator>{escaped(by)}</dc:creator>"
        f'<dc:description>{escaped(said)}</dc:description><dcterms:created xsi:type="dcterms:W3CDTF">'
        f"{made_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}</dcterms:created></cp:coreProperties>"
    )


def app_properties() -> str:
    return (
        f'{DECLARATION}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/extended-properties">'
        "<Application>Samleng</Application></Properties>"
    )


def custom_properties(lines: Mapping[str, str]) -> str:
    listed = "".join(
        f'<property fmtid="{PROPERTIES}" pid="{number}" name="{attribute(name)}">'
        f"<vt:lpwstr>{escaped(value)}</vt:lpwstr></property>"
        for number, (name, value) in enumerate(lines.items(), 2)
    )
    return (
        f'{DECLARATION}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/custom-properties" '
        f'xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/docPropsVTypes">{listed}</Properties>'
    )
