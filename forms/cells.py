"""The cells of an .xlsx workbook: read as text, and changed in place without touching another byte.

Libraries read a workbook into their own model and write that model: comments' shapes, drawings, rules
for input and whatever else they do not know get lost. So the bytes of single cells are replaced here,
in the XML of their sheet, and everything else is carried over as it is.
Format: ECMA-376 part 1, §12.3 (parts) and §18.3 (sheets).
"""

from __future__ import annotations

import io
import posixpath
import re
import zipfile
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from lxml import etree

from forms.errors import FormFault
from forms.sheet_xml import Place, SheetXml, is_writable, patched, read_sheet
from forms.workbook import SHEET_LIMIT, SOURCE_LIMIT

__all__ = ["CELL_LIMIT", "Book", "Place", "Sheet", "is_writable"]

CELL_LIMIT = 32_767  # characters that Excel keeps of one cell
MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
WORKSHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"
EPOCH = (1980, 1, 1, 0, 0, 0)  # new parts carry no date: the same change gives the same bytes


class Sheet:
    """One sheet: its texts by place, and what is to be changed in it.

    texts: {(row, column): text}, both from 1, blanks left out; numbers as they are stored.
    """

    def __init__(self, name: str, part: str, xml: SheetXml, shared: list[str]) -> None:
        self.name, self.part, self.xml = name, part, xml
        self.texts: dict[Place, str] = {}
        for place, cell in xml.cells.items():
            text = cell.text
            if cell.kind == "s":
                text = shared[int(text)] if text.isdecimal() and int(text) < len(shared) else ""
            if text:
                self.texts[place] = text
        self.changes: dict[Place, str] = {}

    def takes(self, place: Place) -> bool:
        """Whether a text put there is seen: not over a formula, not inside a merged area."""
        cell = self.xml.cells.get(place)
        return not (cell and cell.formula) and not any(
            top <= place[0] <= bottom and left <= place[1] <= right and place != (top, left)
            for top, left, bottom, right in self.xml.merged
        )

    def write(self, place: Place, text: str, like: Place | None = None) -> None:
        """Puts a text there once the workbook is saved; a new cell takes its style from `like`."""
        self.changes[place] = text
        self.texts[place] = text
        if like in self.xml.cells and place not in self.xml.cells:
            self.xml.borrowed[place] = self.xml.cells[like].style


@dataclass(frozen=True, slots=True)
class _Tab:
    """A sheet as the workbook lists it."""

    name: str
    part: str


class Book:
    """An .xlsx workbook. `sheets` are in the order of their tabs, hidden ones too.

    Raises FormFault xlsform.too_large, xlsform.unreadable (also for an encrypted workbook, which is no zip).
    """

    def __init__(self, source: bytes) -> None:
        self.source = source
        if len(source) > SOURCE_LIMIT:
            raise FormFault("xlsform.too_large", size_bytes=len(source), limit_bytes=SOURCE_LIMIT)
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(source))
            self._check_unzipped()
            self.sheets = list(self._read_sheets())
        except FormFault:
            raise
        except Exception as fault:  # noqa: BLE001 - a stranger's bytes: zip, XML and numbers may all be broken
            raise FormFault("xlsform.unreadable", error=type(fault).__name__) from None
        self._new: tuple[str, list[list[str]]] | None = None

    def sheet(self, name: str) -> Sheet | None:
        """By name, case and surrounding blanks aside, as pyxform finds them."""
        return next((s for s in self.sheets if s.name.strip().lower() == name), None)

    def put_hidden_sheet(self, name: str, rows: list[list[str]]) -> None:
        """Gives the sheet `name` these rows of text, in place of any it had; it is made when missing."""
        self._new = (name, rows)

    def saved(self) -> bytes:
        """The workbook with the changes. Without any, the very bytes that it was read from."""
        parts = {s.part: patched(s.xml, s.changes) for s in self.sheets if s.changes}
        if self._new is not None:
            parts |= self._hidden_parts(*self._new)
        parts = {name: data for name, data in parts.items() if self._differs(name, data)}
        return self._rezipped(parts) if parts else self.source

    def _differs(self, name: str, data: bytes) -> bool:
        return name not in self._archive.namelist() or self._archive.read(name) != data

    def _check_unzipped(self) -> None:
        size = sum(part.file_size for part in self._archive.infolist())
        if size > SHEET_LIMIT:
            raise FormFault("xlsform.too_large", size_bytes=size, limit_bytes=SHEET_LIMIT)

    @cached_property
    def _main(self) -> str:
        """The part that lists the sheets."""
        for relation in _parse(self._archive.read("_rels/.rels")):
            if relation.get("Type", "").endswith("/officeDocument"):
                return relation.get("Target", "").lstrip("/")
        raise KeyError("officeDocument")

    @property
    def _relations(self) -> str:
        folder, name = posixpath.split(self._main)
        return posixpath.join(folder, "_rels", f"{name}.rels")

    def _targets(self) -> dict[str, tuple[str, str]]:
        """{relation id: (kind, part)} of the main part."""
        folder = posixpath.dirname(self._main)
        found = {}
        for relation in _parse(self._archive.read(self._relations)):
            target = relation.get("Target", "")
            part = target.lstrip("/") if target.startswith("/") else posixpath.join(folder, target)
            kind = relation.get("Type", "").rpartition("/")[2]
            found[relation.get("Id", "")] = (kind, posixpath.normpath(part))
        return found

    def _listed(self) -> Iterator[_Tab]:
        targets = self._targets()
        for sheet in _parse(self._archive.read(self._main)).iter("{*}sheet"):
            relation = next((str(v) for k, v in sheet.attrib.items() if str(k).endswith("}id")), "")
            kind, part = targets.get(relation, ("", ""))
            if kind == "worksheet":  # a chart on a tab of its own has no cells
                yield _Tab(sheet.get("name", ""), part)

    def _read_sheets(self) -> Iterator[Sheet]:
        shared = self._shared_strings()
        for tab in self._listed():
            yield Sheet(tab.name, tab.part, read_sheet(self._archive.read(tab.part)), shared)

    def _shared_strings(self) -> list[str]:
        part = next((part for kind, part in self._targets().values() if kind == "sharedStrings"), None)
        if part is None or part not in self._archive.namelist():
            return []
        return [_plain(item) for item in _parse(self._archive.read(part)).iterchildren("{*}si")]

    def _hidden_parts(self, name: str, rows: list[list[str]]) -> dict[str, bytes]:
        xml = _sheet_xml(rows)
        held = next((tab.part for tab in self._listed() if tab.name == name), None)
        if held is not None:
            return {held: xml}
        part = f"xl/worksheets/{name}.xml"
        relation = f"rId_{name}"
        main, relations, types = (
            self._archive.read(p) for p in (self._main, self._relations, "[Content_Types].xml")
        )
        return {
            part: xml,
            self._main: _with_sheet(main, name, relation),
            self._relations: _appended(
                relations, "Relationships",
                f'Relationship Id="{relation}" Type="{RELATION[1:-1]}/worksheet" Target="/{part}"',
            ),
            "[Content_Types].xml": _appended(
                types, "Types", f'Override PartName="/{part}" ContentType="{WORKSHEET_TYPE}"'
            ),
        }  # fmt: skip

    def _rezipped(self, parts: Mapping[str, bytes]) -> bytes:
        out, left = io.BytesIO(), dict(parts)
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
            for info in self._archive.infolist():
                data = left.pop(info.filename, None)
                copy = zipfile.ZipInfo(info.filename, info.date_time)
                copy.compress_type, copy.external_attr = info.compress_type, info.external_attr
                target.writestr(copy, self._archive.read(info) if data is None else data)
            for name, data in left.items():
                fresh = zipfile.ZipInfo(name, EPOCH)
                fresh.compress_type = zipfile.ZIP_DEFLATED
                target.writestr(fresh, data)
        return out.getvalue()


def _parse(data: bytes) -> etree._Element:
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, remove_comments=True, remove_pis=True
    )
    root = etree.fromstring(data, parser)
    docinfo: Any = root.getroottree().docinfo
    if docinfo.doctype:  # entities make a small file grow to gigabytes
        raise ValueError("doctype")
    return root


def _plain(item: etree._Element) -> str:
    """The text of a rich or plain string, without the readings that East Asian workbooks carry along."""
    return "".join(t.text or "" for t in item.iter("{*}t") if etree.QName(t.getparent()).localname != "rPh")


def _with_sheet(main: bytes, name: str, relation: str) -> bytes:
    """The list of sheets with one more, hidden, at the end: numbers of the others stay."""
    root = _parse(main)
    number = 1 + max(int(sheet.get("sheetId", "0")) for sheet in root.iter("{*}sheet"))
    tag = (
        f'sheet xmlns:r="{RELATION[1:-1]}" name="{name}" sheetId="{number}" state="hidden" r:id="{relation}"'
    )
    return _appended(main, "sheets", tag)


def _appended(xml: bytes, parent: str, tag: str) -> bytes:
    """An empty element before the end tag of `parent`, under whatever prefix the file uses."""
    end = list(re.finditer(rb"</(?:([\w.-]+):)?" + parent.encode() + rb"\s*>", xml))[-1]
    prefix = end[1] + b":" if end[1] else b""
    return xml[: end.start()] + b"<" + prefix + tag.encode() + b"/>" + xml[end.start() :]


def _sheet_xml(rows: list[list[str]]) -> bytes:
    empty = f'<worksheet xmlns="{MAIN[1:-1]}"><sheetData>%s</sheetData></worksheet>'
    numbered = "".join(f'<row r="{n}"></row>' for n in range(1, len(rows) + 1))
    blank = ("<?xml version='1.0' encoding='UTF-8'?>\n" + empty % numbered).encode()
    cells = {(r, c): text for r, row in enumerate(rows, 1) for c, text in enumerate(row, 1) if text}
    return patched(read_sheet(blank), cells)
