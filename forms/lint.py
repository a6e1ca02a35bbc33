"""Checking a form: all checks over one workbook, and what pyxform, ODK Validate and the published version add.

What is wrong is a list of findings; only a file that cannot be read at all raises.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from forms.apart import Compiling
from forms.checks.cells import check_cells
from forms.checks.choices import check_choices
from forms.checks.compared import check_compared
from forms.checks.findings import ERROR, Finding
from forms.checks.khmer import check_khmer
from forms.checks.logic import check_logic
from forms.checks.media import check_media
from forms.checks.names import check_names
from forms.checks.programs import add_programs
from forms.checks.screen import check_screen
from forms.checks.sensitive import check_sensitive
from forms.checks.terms import check_terms
from forms.checks.translations import check_translations
from forms.compile import CompiledForm
from forms.design import Design, read_design
from forms.workbook import SOURCE_LIMIT, Workbook, check_size, read_workbook

CHECKS = (check_cells, check_translations, check_terms, check_screen, check_khmer, check_names, check_choices,
          check_logic, check_sensitive)  # fmt: skip
FIRST_LINE = 4096  # bytes in which a CSV file's columns are looked for


@dataclass(frozen=True)
class Report:
    """findings: sorted by sheet, row and column. form_id, version: "" when the form could not be made.
    validated: whether ODK Validate looked at it. compile_s: pyxform's own time. form: what was made."""

    findings: tuple[Finding, ...]
    form_id: str = ""
    version: str = ""
    validated: bool = False
    compile_s: float = 0.0
    form: CompiledForm | None = None

    @property
    def errors(self) -> int:
        return sum(finding.severity == ERROR for finding in self.findings)

    @property
    def warnings(self) -> int:
        return len(self.findings) - self.errors


def check_file(file: Path, *, published: bytes | None = None, java: bool = True) -> Report:
    """Check a workbook with the files in the `media` folder beside it.

    published: the XForm of the version that this one follows. Raises FormFault: see read_workbook.
    """
    check_size(file.stat().st_size, SOURCE_LIMIT)
    folder = file.parent / "media"
    media = media_columns(folder) if folder.is_dir() else None
    return check_form(
        file.read_bytes(),
        file.suffix.lower(),
        fallback=file.stem,
        media=media,
        published=published,
        java=java,
    )


def check_form(
    source: bytes,
    file_type: str = ".xlsx",
    *,
    fallback: str | None = None,
    media: Mapping[str, tuple[str, ...]] | None = None,
    published: bytes | None = None,
    java: bool = True,
) -> Report:
    """Check a workbook's bytes. media: see check_media; None when nobody knows what files there are."""
    workbook = read_workbook(source, file_type)
    compiling = Compiling(source, file_type, fallback, java=java)
    design = read_design(workbook)
    found = check_design(design, media)
    made = compiling.wait()
    found = add_programs(design, found, made)
    if published is not None and made.form is not None:
        found += check_compared(design, published, made.form.xform)
    form = made.form
    return Report(
        _sorted(workbook, found),
        form.form_id if form else "",
        form.version if form else "",
        made.validate is not None,
        made.compile_s,
        form,
    )


def check_design(design: Design, media: Mapping[str, tuple[str, ...]] | None = None) -> list[Finding]:
    """What our own checks find, in their order, without making the form."""
    found = [finding for check in CHECKS for finding in check(design)]
    return found + list(check_media(design, media) if media is not None else ())


def media_columns(folder: Path) -> dict[str, tuple[str, ...]]:
    """The files of a folder, for check_media."""
    return {file.name: _columns(file) for file in sorted(folder.iterdir()) if file.is_file()}


def _columns(file: Path) -> tuple[str, ...]:
    if file.suffix.lower() != ".csv":
        return ()
    with file.open("rb") as stream:
        return columns_in(stream)


def columns_in(stream: BinaryIO) -> tuple[str, ...]:
    """What the first row of a CSV file says."""
    first = stream.read(FIRST_LINE).decode("utf-8-sig", "replace").splitlines()[:1]
    return tuple(next(csv.reader(first), ()))


def _sorted(workbook: Workbook, found: Iterable[Finding]) -> tuple[Finding, ...]:
    order = {sheet.name: place for place, sheet in enumerate(workbook.sheets)}

    def key(finding: Finding) -> tuple[object, ...]:
        column = (len(finding.column), finding.column)
        return order.get(finding.sheet, -1), finding.row, *column, finding.code, str(finding.values)

    # The same thing may be met twice on its way, as a list that two questions lack.
    unique = {(f.code, f.cell, str(f.values), f.original): f for f in found}
    return tuple(sorted(unique.values(), key=key))
