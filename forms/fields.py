"""XForm → schema: which fields a form asks, which tables they make, which files it needs.

No network, no DTD, no entity is ever followed. Names are matched without namespace prefixes,
as published forms write `meta` in none, in OpenRosa's or in one of their own.
Rules of `/fields` and of attachment slots: ODK Central API, "Forms".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import Any

from lxml import etree

from forms.errors import FormFault
from forms.sensitivity import ATTRIBUTE, read_level

OPENROSA = "{http://openrosa.org/xforms}"
SLOT_TYPES = {"images": "image", "audio": "audio", "video": "video", "file": "file", "file-csv": "file"}
MEDIA_FORMS = {"image": "image", "big-image": "image", "audio": "audio", "video": "video"}
# A & that begins no reference: ODK Central reads it as itself, so forms with one are out there.
BARE_AMPERSAND = re.compile(rb"&(?!#[0-9]+;|#x[0-9A-Fa-f]+;|[A-Za-z_][A-Za-z0-9._-]*;)")
# A name with a blank at either end is none: ODK Collect would look for another file.
SEARCH = re.compile(r"""\bsearch\s*\(\s*(['"])(?!\s)((?:(?!\1).)+)(?<!\s)\1""")


@dataclass(frozen=True, slots=True)
class Field:
    """One node of the form, as Central's `/fields` shows it.

    path: "/garden/gps", without the root element's name and without prefixes.
    type: the bind's type without prefix, or "structure", "repeat", "unknown".
    binary, select_multiple: True or None, never False.
    table: number of the table it belongs to; for a repeat, of the table that owns it.
    sensitivity: the level of forms/sensitivity.py that the field, its nearest group or the form states;
    None when none does.
    """

    path: str
    name: str
    type: str
    binary: bool | None
    select_multiple: bool | None
    table: int
    sensitivity: str | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """The root (number 0, path "", no parent) or one repeat. `columns`: leaf fields in document order."""

    number: int
    path: str
    name: str
    parent: int | None
    columns: tuple[Field, ...]


@dataclass(frozen=True, slots=True)
class Slot:
    """A file that the form needs. type: image, audio, video or file."""

    name: str
    type: str


@dataclass(frozen=True)
class Schema:
    """All that the hub needs to know of one form version. `fields` are depth first and include
    structures and repeats; `tables` are the root, then repeats in form order; `version` is ""
    when the form has none; `public_key` is what devices encrypt for (base64 of its DER), if they shall."""

    form_id: str
    version: str
    title: str
    root: str
    fields: tuple[Field, ...]
    tables: tuple[Table, ...]
    slots: tuple[Slot, ...]
    public_key: str | None = None


def read_schema(xform: bytes) -> Schema:
    """The schema of a compiled form.

    Raises FormFault: form.not_xml, form.doctype, form.no_model, form.no_instance, form.no_id.
    """
    document, model, root = open_xform(xform)
    form_id = (root.get("id") or "").strip()
    if not form_id:
        raise FormFault("form.no_id")
    reading = _Reading(_bind_types(model), *_body(document), _levels(model))
    reading.walk(root, "", 0, read_level(root.get(ATTRIBUTE, "")))
    return Schema(
        form_id=form_id,
        version=root.get("version") or root.get(OPENROSA + "version") or "",
        title=_title(document),
        root=_local(root),
        fields=tuple(reading.fields),
        tables=reading.finished_tables(),
        slots=_distinct(_slots(document, model, root)),
        public_key=_public_key(model),
    )


def _public_key(model: etree._Element) -> str | None:
    """Of the model's submission element (ODK XForms, "Encryption")."""
    said = (e.get("base64RsaPublicKey", "") for e in model if _local(e) == "submission")
    return next((key.strip() for key in said if key.strip()), None)


def has_meta(schema: Schema) -> bool:
    """Whether the form has the meta group in which each instance bears its id."""
    return any(field.name == "meta" and field.type == "structure" for field in schema.fields)


def open_xform(xform: bytes) -> tuple[etree._Element, etree._Element, etree._Element]:
    """The document of a form, its model, and the root of its primary instance.

    Raises FormFault: form.not_xml, form.doctype, form.no_model, form.no_instance.
    """
    document = _parse(xform)
    model = next((e for e in document.iter() if _local(e) == "model"), None)
    if model is None:
        raise FormFault("form.no_model")
    return document, model, _primary(model)


def _parse(xform: bytes) -> etree._Element:
    source = BARE_AMPERSAND.sub(b"&amp;", xform)
    try:
        document = etree.fromstring(source, _parser(recover=False))
    except (etree.XMLSyntaxError, ValueError) as fault:
        found = _parse_undeclared(source)
        if found is None:
            raise FormFault("form.not_xml", line=getattr(fault, "lineno", None) or 0) from None
        document = found
    docinfo: Any = document.getroottree().docinfo
    if docinfo.doctype:
        # Entities are how a small file grows to gigabytes or reads the server's own files.
        raise FormFault("form.doctype")
    return document


def _parser(*, recover: bool) -> etree.XMLParser:
    """A parser for each call: lxml's are not to be shared between threads."""
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
        recover=recover,
    )


def _parse_undeclared(source: bytes) -> etree._Element | None:
    """A form whose only mistake are prefixes that nobody declared (`orx:version`): there are such, and
    Central takes them. The prefixes are dropped. None when anything else is wrong."""
    parser = _parser(recover=True)
    try:
        document: etree._Element | None = etree.fromstring(source, parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    mistakes = {entry.type for entry in parser.error_log}
    if document is None or mistakes - {etree.ErrorTypes.NS_ERR_UNDEFINED_NAMESPACE}:
        return None
    for element in document.iter():
        if element.tag[0] != "{":
            element.tag = element.tag.rpartition(":")[2]
        for name in [str(n) for n in element.attrib if ":" in str(n) and str(n)[0] != "{"]:
            value, plain = str(element.attrib.pop(name)), name.rpartition(":")[2]
            element.set(plain, element.get(plain, value))
    return document


def _primary(model: etree._Element) -> etree._Element:
    """The root element of the first instance of the model (XForms: the first is the primary one)."""
    for instance in model:
        if _local(instance) == "instance":
            if not len(instance) or instance.get("src"):
                break
            return instance[0]
    raise FormFault("form.no_instance")


def _title(document: etree._Element) -> str:
    title = next((e for e in document.iter() if _local(e) == "title"), None)
    return " ".join(str(title.xpath("string()")).split()) if title is not None else ""


def _bind_types(model: etree._Element) -> dict[str, str]:
    """path -> type, prefixes of both dropped; binds without a type left out."""
    types = {}
    for bind in model:
        if _local(bind) == "bind" and bind.get("type"):
            types[_path(bind.get("nodeset", ""))] = bind.get("type", "").rpartition(":")[2].strip()
    return types


def _levels(model: etree._Element) -> dict[str, str]:
    """path -> the sensitivity that its bind states."""
    binds = (bind for bind in model if _local(bind) == "bind")
    said = {_path(b.get("nodeset", "")): read_level(b.get(ATTRIBUTE, "")) for b in binds}
    return {path: level for path, level in said.items() if level}


def _body(document: etree._Element) -> tuple[set[str], set[str]]:
    """Paths of repeats, and paths that a select of several choices asks for (a rank is none)."""
    repeats, selects = set(), set()
    for element in _inside(document, "body"):
        name = _local(element)
        if name == "repeat":
            repeats.add(_path(element.get("nodeset", "")))
        elif name == "select":
            selects.add(_path(element.get("ref", "")))
    return repeats, selects


def _inside(document: etree._Element, name: str) -> Iterator[etree._Element]:
    for child in document:
        if _local(child) == name:
            yield from child.iter()


def _local(element: etree._Element) -> str:
    return element.tag.rpartition("}")[2]


def _path(nodeset: str) -> str:
    """The field path of a nodeset: "/data/orx:meta/orx:instanceID" -> "/meta/instanceID"."""
    steps = [step.strip().rpartition(":")[2] for step in nodeset.strip().split("/")]
    return "".join("/" + step for step in steps[2:])


@dataclass
class _Reading:
    """What one walk over the primary instance gathers."""

    types: dict[str, str]
    repeats: set[str]
    selects: set[str]
    levels: dict[str, str]
    fields: list[Field] = field(default_factory=list)
    tables: list[tuple[str, str, int | None]] = field(default_factory=lambda: [("", "", None)])
    seen: set[str] = field(default_factory=set)

    def walk(self, element: etree._Element, path: str, table: int, level: str | None) -> None:
        for child in element:
            name = _local(child)
            here = f"{path}/{name}"
            if here in self.seen:
                continue  # a repeat stands twice in the instance: its jr:template, then its first turn
            self.seen.add(here)
            own = self.levels.get(here, level)
            self.fields.append(replace(self._field(child, here, name, table), sensitivity=own))
            if here in self.repeats:
                self.tables.append((here, name, table))
                self.walk(child, here, len(self.tables) - 1, own)
            elif self.fields[-1].type == "structure":
                self.walk(child, here, table, own)

    def _field(self, element: etree._Element, path: str, name: str, table: int) -> Field:
        if path in self.repeats:
            return Field(path, name, "repeat", None, None, table)
        bound = self.types.get(path)
        if bound is None and (len(element) or (name == "entity" and "/meta/entity" in path)):
            return Field(path, name, "structure", None, None, table)
        kind = bound or "unknown"
        binary = kind == "binary" or path == "/meta/audit"
        return Field(path, name, kind, binary or None, path in self.selects or None, table)

    def finished_tables(self) -> tuple[Table, ...]:
        columns: list[list[Field]] = [[] for _ in self.tables]
        for one in self.fields:
            if one.type not in ("structure", "repeat"):
                columns[one.table].append(one)
        return tuple(
            Table(number, path, name, parent, tuple(columns[number]))
            for number, (path, name, parent) in enumerate(self.tables)
        )


def _slots(document: etree._Element, model: etree._Element, root: etree._Element) -> Iterator[Slot]:
    for element in model:
        if _local(element) == "instance":
            yield from _slot(element.get("src"))
        elif _local(element) == "itext":
            for value in element.iter():
                if value.get("form") in MEDIA_FORMS:
                    yield from _slot(value.text, MEDIA_FORMS[value.get("form", "")])
    for leaf in root.iter():
        if (leaf.text or "").startswith("jr://images/"):
            yield from _slot(leaf.text)
    for element in _inside(document, "body"):
        if _local(element) == "input" and element.get("query"):
            yield Slot("itemsets.csv", "file")
        if found := SEARCH.search(element.get("appearance") or ""):
            yield Slot(found[2] if found[2].endswith(".csv") else found[2] + ".csv", "file")


def _distinct(slots: Iterator[Slot]) -> tuple[Slot, ...]:
    """One slot a name, where it is first asked for."""
    first: dict[str, Slot] = {}
    for slot in slots:
        first.setdefault(slot.name, slot)
    return tuple(first.values())


def _slot(address: str | None, kind: str | None = None) -> Iterator[Slot]:
    """The slot of a `jr://images/leaf.jpg` address; none for blanks and for `jr://instance/…`."""
    scheme, _, rest = (address or "").strip().partition("jr://")
    folder, _, name = rest.partition("/")
    if not scheme and name and "/" not in name and folder in SLOT_TYPES:
        yield Slot(name, kind or SLOT_TYPES[folder])
