"""XLSForm → compiled form. The only file that knows pyxform, which is imported when first needed.

A workbook is a stranger's bytes: it is capped before it is opened, and whatever goes wrong inside
comes out as a FormFault with plain values.
"""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
import tempfile
import zipfile
from dataclasses import dataclass, fields
from io import BytesIO
from pathlib import Path
from string import Formatter
from typing import Any

from forms import sensitivity
from forms.columns import read_header
from forms.errors import FormFault
from forms.fields import has_meta, read_schema
from forms.workbook import SHEET_LIMIT, SOURCE_LIMIT, check_size

VALIDATE_TIMEOUT_S = 100
WORKBOOKS = (".xlsx", ".xls")


@dataclass(frozen=True)
class CompiledForm:
    """A form as tablets take it. xform, itemsets: bytes to be stored and served as they are.
    `version` is "" when the form has none; `warnings` are pyxform's, in English."""

    form_id: str
    version: str
    title: str
    xform: bytes
    itemsets: bytes | None
    warnings: tuple[str, ...]


@dataclass(frozen=True)
class CompiledFolder:
    """What `compile_folder` did. missing: files that the form needs and the folder does not hold."""

    form: CompiledForm
    written: tuple[Path, ...]
    missing: tuple[str, ...]


def compile_form(
    source: bytes | Path, *, form_id_fallback: str | None = None, file_type: str = ".xlsx"
) -> CompiledForm:
    """Compile an .xlsx or .xls workbook; an XForm (.xml) is checked and kept byte for byte.

    source: the content, or a file, whose suffix and stem then stand for `file_type` and
    `form_id_fallback` (the form's id when its settings give none; else "data").
    Raises FormFault: xlsform.* (`invalid` with `error` and `warnings`) and form.*.
    """
    if isinstance(source, Path):
        file_type, form_id_fallback = source.suffix.lower(), form_id_fallback or source.stem
        check_size(source.stat().st_size, SOURCE_LIMIT)
        source = source.read_bytes()
    check_size(len(source), SOURCE_LIMIT)
    if file_type == ".xml":
        return _compiled(source, None, ())
    if file_type not in WORKBOOKS:
        raise FormFault("xlsform.unknown_type", file_type=file_type)
    return _convert(source, form_id_fallback, file_type)


def compile_folder(form_xlsx: Path, out: Path) -> CompiledFolder:
    """Compile `form_xlsx` into the folder `out`: `<form_id>.xml` and beside it the files that it needs,
    from the `media/` folder beside the workbook."""
    form = compile_form(form_xlsx)
    out.mkdir(parents=True, exist_ok=True)
    written = [out / f"{_file_stem(form.form_id)}.xml"]
    written[0].write_bytes(form.xform)
    missing = []
    for name in (slot.name for slot in read_schema(form.xform).slots):
        # A name with folders in it would be read and written somewhere else.
        content = _medium(form, form_xlsx.parent / "media" / name) if Path(name).name == name else None
        if content is None:
            missing.append(name)
        else:
            (out / name).write_bytes(content)
            written.append(out / name)
    return CompiledFolder(form, tuple(written), tuple(missing))


def validate_with_java(xform: bytes) -> list[str] | None:
    """What ODK Validate, the checker that pyxform brings, says against a form: one line a finding,
    none when it passes. None when this machine has no Java (8 or later)."""
    said = odk_validate(xform)
    if not said:
        return None if said is None else []
    from pyxform.validators.error_cleaner import ErrorCleaner

    text = ErrorCleaner.odk_validate(said)
    return [line for line in text.splitlines() if line.strip()] or [said]


def odk_validate(xform: bytes) -> str | None:
    """ODK Validate's own words against a form, "" when it passes, None without Java."""
    java = shutil.which("java")
    if java is None:
        return None
    with tempfile.TemporaryDirectory() as folder:
        form = Path(folder) / "form.xml"
        form.write_bytes(xform)
        command = [java, "-Djava.awt.headless=true", "-jar", _validate_jar(), str(form)]
        done = subprocess.run(command, capture_output=True, timeout=VALIDATE_TIMEOUT_S, check=False)  # noqa: S603
    # Its stderr holds log lines even when the form passes.
    said = done.stderr.decode("utf-8", "replace").strip() if done.returncode else ""
    return said or (f"exit {done.returncode}" if done.returncode else "")


def _validate_jar() -> str:
    # Found without importing pyxform, which is slow to load.
    spec = importlib.util.find_spec("pyxform")
    assert spec is not None and spec.origin is not None
    return str(Path(spec.origin).parent / "validators" / "odk_validate" / "bin" / "ODK_Validate.jar")


def load_pyxform() -> None:
    """Imports pyxform now, so that the time that it takes can be told from the time that a form takes."""
    import pyxform.xls2xform  # noqa: F401


def name_of(message: str) -> str:
    """The name of the pyxform message that a text was made from, such as NAMES_001; "" when it has none."""
    from pyxform.errors import ErrorCode

    for code in ErrorCode:
        parts = Formatter().parse(code.value.msg)
        pattern = "".join(re.escape(text) + (".*" if place is not None else "") for text, place, *_ in parts)
        if message == code.value.name or re.fullmatch(pattern, message, re.DOTALL):
            return str(code.name)
    return ""


def _convert(source: bytes, form_id_fallback: str | None, file_type: str) -> CompiledForm:
    from pyxform.errors import PyXFormError
    from pyxform.xls2xform import convert

    warnings: list[str] = []
    workbook = _read_workbook(source, file_type)
    _carry_sensitivity(workbook)
    if form_id_fallback:
        workbook["fallback_form_name"] = form_id_fallback
    try:
        result = convert(workbook, warnings=warnings, validate=False)
    except (PyXFormError, ValueError) as fault:
        raise FormFault("xlsform.invalid", error=str(fault), warnings=warnings) from None
    except RecursionError:
        raise FormFault("xlsform.too_deep", warnings=warnings) from None
    itemsets = None if result.itemsets is None else result.itemsets.encode()
    return _compiled(result.xform.encode(), itemsets, tuple(map(str, warnings)))


def _read_workbook(source: bytes, file_type: str) -> dict[str, Any]:
    """The sheets as pyxform takes them. Any failure means that the bytes are no spreadsheet."""
    from pyxform.errors import PyXFormError
    from pyxform.xls2json_backends import get_xlsform

    try:
        if file_type == ".xlsx":
            _check_unzipped(source)
        sheets = get_xlsform(source, file_type=file_type)
    except FormFault:
        raise
    except PyXFormError as fault:
        raise FormFault("xlsform.invalid", error=str(fault), warnings=[]) from None
    except Exception as fault:  # noqa: BLE001 - readers of broken files raise nearly anything
        raise FormFault("xlsform.unreadable", error=type(fault).__name__) from None
    return {f.name: getattr(sheets, f.name) for f in fields(sheets)}


def _carry_sensitivity(workbook: dict[str, Any]) -> None:
    """Makes the column `sensitivity`, which pyxform does not know, an attribute of our namespace."""
    carried = f"{sensitivity.PREFIX}:sensitivity"
    found = _rename(workbook, "survey", f"bind::{carried}")
    if _rename(workbook, "settings", f"attribute::{carried}") or found:
        said = f'{sensitivity.PREFIX}="{sensitivity.NAMESPACE}"'
        settings = (workbook.get("settings") or [{}])[0]
        key = next((k for k in settings if k.strip().lower() == "namespaces"), "namespaces")
        settings[key] = " ".join(filter(None, [settings.get(key), said]))
        workbook["settings"] = [settings]
        workbook["settings_header"] = [{**(workbook.get("settings_header") or [{}])[0], key: None}]


def _rename(workbook: dict[str, Any], sheet: str, column: str) -> bool:
    """Gives a sheet's column of sensitivities another name, and its cells a level or nothing.
    Returns whether there is one with a level in it."""
    headers = (workbook.get(f"{sheet}_header") or [{}])[0]
    written = [h for h in headers if read_header(sheet, 1, h).name == "sensitivity"]
    for name in written:
        workbook[f"{sheet}_header"] = [{column if h == name else h: None for h in headers}]
        for row in workbook[sheet] or ():
            level = sensitivity.read_level(str(row.pop(name, "")))
            if level:
                row[column] = level
    return any(column in row for row in workbook.get(sheet) or ())


def _check_unzipped(source: bytes) -> None:
    with zipfile.ZipFile(BytesIO(source)) as archive:
        check_size(sum(part.file_size for part in archive.infolist()), SHEET_LIMIT)


def _compiled(xform: bytes, itemsets: bytes | None, warnings: tuple[str, ...]) -> CompiledForm:
    schema = read_schema(xform)
    if not has_meta(schema):
        raise FormFault("form.no_meta")
    return CompiledForm(schema.form_id, schema.version, schema.title, xform, itemsets, warnings)


def _file_stem(form_id: str) -> str:
    """The form id where a file system takes it; no way out of the folder."""
    return re.sub(r'[\x00-\x1f/\\:*?"<>|]|^\.+', "_", form_id)


def _medium(form: CompiledForm, file: Path) -> bytes | None:
    if file.name == "itemsets.csv" and form.itemsets is not None:
        return form.itemsets
    return file.read_bytes() if file.is_file() else None
