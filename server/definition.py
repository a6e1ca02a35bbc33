"""What somebody uploads as a form: checked, compiled if it is a workbook, and staged. No Flask, no SQL.

Here is what Central refuses of a definition by itself, whatever forms the hub holds; what depends
on those is in `publish.py`.
"""

from __future__ import annotations

import io
import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from forms.compile import CompiledForm, compile_form
from forms.entities import Entities, read_entities
from forms.errors import FormFault
from forms.fields import Field, Schema, has_meta, read_schema
from forms.versioning import with_version
from i18n import mark
from server.errors import Problem
from server.hub import Hub
from server.store.blobs import Staged

RESERVED_ENDING = re.compile(r"\.(xlsx?|xml)$")
RESERVED = mark("a form id cannot end in .xls, .xlsx or .xml. Give the form another id, or rename the file.")
MAGIC = {b"PK\x03\x04": ".xlsx", b"\xd0\xcf\x11\xe0": ".xls"}
INSTANCE = b"<instance"  # what is no XML and has none either lacks a form id first of all (Central)
ID_LIMIT = 64  # characters (Central)
META = re.compile(r"/meta(/entity(/label)?)?$")


@dataclass(frozen=True, slots=True)
class Definition:
    """One version of a form, not yet anybody's. `xls_type` is "xlsx", "xls" or None; `itemsets` is
    the file of that name that an old kind of workbook brings along; `warnings` are the compiler's."""

    schema: Schema
    xform: Staged
    xls: Staged | None = None
    xls_type: str | None = None
    itemsets: Staged | None = None
    warnings: tuple[str, ...] = field(default=())
    entities: Entities | None = None


def read_definition(
    hub: Hub,
    source: bytes,
    xls_type: str | None = None,
    form_id_fallback: str | None = None,
    *,
    new: bool = True,
) -> Definition:
    """The definition in these bytes: an XForm, or a workbook when `xls_type` says which kind. new: of a
    form that is not there yet; a later version may lack the meta group (Central).

    Raises Problem 400.1 (no XML), 400.2 (no form id), 400.8 (an id that would end like a file name), 400.13
    (a very long id), 400.15 (a workbook that does not compile), 400.25 (entities declared wrongly), 400.27
    (no meta group).
    """
    try:
        if xls_type is not None:
            made = _checked(_read_workbook(hub, source, xls_type, form_id_fallback))
        else:
            schema = read_schema(source)
            entities = read_entities(source, schema)
            made = _checked(Definition(schema, _stage(hub, source), entities=entities))
    except FormFault as fault:
        raise problem_of(fault, source) from None
    if new and not has_meta(made.schema):
        raise Problem("400.27")
    return made


def compiled_definition(hub: Hub, form: CompiledForm, source: bytes, xls_type: str) -> Definition:
    """The definition of a workbook that was compiled elsewhere (forms/apart.py). Raises Problem 400.8, 400.13,
    400.25."""
    try:
        return _checked(_of_workbook(hub, form, source, xls_type))
    except FormFault as fault:
        raise problem_of(fault, source) from None


def reversioned(hub: Hub, xform: bytes, version: str) -> tuple[Schema, Staged]:
    """The same form under another version. Raises Problem 400.1 when it cannot be written in."""
    try:
        changed = with_version(xform, version)
        schema = read_schema(changed)
    except FormFault as fault:
        raise problem_of(fault, xform) from None
    if schema.version != version:
        raise Problem("400.1", format="xforms xml", rawLength=len(xform))
    return schema, _stage(hub, changed)


def problem_of(fault: FormFault, source: bytes) -> Problem:
    """As Central numbers what is wrong with a form."""
    if fault.code.startswith("xlsform."):
        warnings = fault.values.get("warnings", [])
        return Problem("400.15", error=fault.values.get("error") or fault.text("en"), warnings=warnings)
    if fault.code.startswith("entities."):
        return Problem("400.25", reason=fault.text("en"))
    if fault.code == "form.no_meta":
        return Problem("400.27")
    if fault.code == "form.doctype" or (fault.code == "form.not_xml" and INSTANCE in source):
        return Problem("400.1", format="xml", rawLength=len(source))
    return Problem("400.2", field="formId")


def _read_workbook(hub: Hub, source: bytes, xls_type: str, form_id_fallback: str | None) -> Definition:
    # What it is shows in its first bytes; clients name the type of an .xlsx as that of an .xls and the other way.
    file_type = next((kind for begin, kind in MAGIC.items() if source.startswith(begin)), f".{xls_type}")
    form = compile_form(source, form_id_fallback=form_id_fallback, file_type=file_type)
    return _of_workbook(hub, form, source, xls_type)


def _of_workbook(hub: Hub, form: CompiledForm, source: bytes, xls_type: str) -> Definition:
    schema = read_schema(form.xform)
    return Definition(
        schema=schema,
        xform=_stage(hub, form.xform),
        xls=_stage(hub, source),
        xls_type=xls_type,
        itemsets=None if form.itemsets is None else _stage(hub, form.itemsets),
        warnings=form.warnings,
        entities=read_entities(form.xform, schema),
    )


def _stage(hub: Hub, data: bytes) -> Staged:
    return hub.blobs.stage(io.BytesIO(data))


def _checked(definition: Definition) -> Definition:
    if RESERVED_ENDING.search(definition.schema.form_id):
        # .../forms/a.xml would be two addresses: the form "a.xml" and the XML of the form "a".
        raise Problem("400.8", field="formId", value=definition.schema.form_id, reason=RESERVED)
    if len(definition.schema.form_id) > ID_LIMIT:
        raise Problem("400.13", maxLength=ID_LIMIT)
    return definition


def check_types(new: Iterable[Field], published: Iterable[Iterable[Field]]) -> None:
    """A path keeps its type in all versions of a form, or their answers could not share a column;
    only a leaf may become a string. `published`: fields of each version, oldest first.

    Raises Problem 400.17.
    """
    earlier = {f.path: f.type for fields in published for f in fields}
    for one in new:
        held = earlier.get(one.path, one.type)
        if held != one.type and (one.type != "string" or held in ("structure", "repeat")):
            raise Problem("400.17", path=one.path, type=held)


def removed_fields(new: Iterable[Field], published: Iterable[Field]) -> list[str]:
    """Names of fields that the published version asks and the new one does not; the meta blocks,
    which nobody sees, left out."""
    paths = {f.path for f in new}
    return [f.name for f in published if f.path not in paths and not META.search(f.path)]
