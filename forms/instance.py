"""Submission instances: from the bytes a tablet sent to what the server needs of them.

The bytes are parsed once. No Flask, no SQL. Names are matched without namespaces, because real
submissions arrive with `meta` in none, in OpenRosa's or under a made-up prefix.
"""

from __future__ import annotations

import hashlib
import re
import threading
import uuid
from dataclasses import dataclass

from lxml import etree

from forms.errors import FormFault
from forms.fields import Schema

ID_LIMIT = 249  # characters of an instanceID (XForms metadata); also what fits a file name


@dataclass(slots=True)
class Envelope:
    """What a submission says of itself. Blank texts are None, except `version` ("" = no version). named:
    whether it bears its instanceID itself."""

    form_id: str
    version: str
    instance_id: str
    deprecated_id: str | None
    instance_name: str | None
    encrypted: bool
    named: bool = True


@dataclass(slots=True)
class Reading:
    """The answers of one instance by its form's schema.

    tables[t]: the rows of table t in document order. The root has exactly one row of cells; a row
    of a repeat starts with its key suffix ("/garden/plot[2]/crop[1]": groups by name, repeats with
    their 1-based place), then its cells. A cell is the raw text, "" for a blank element, None for
    an absent one (not relevant).
    media: names of the files that the instance refers to, each once.
    answers_file: of an encrypted submission, the one of these that holds its answers, "" if it names none.
    """

    tables: list[list[list[str | None]]]
    media: list[str]
    answers_file: str | None = None


def parse_instance(xml: bytes) -> tuple[etree._Element, Envelope]:
    """The root element and envelope of a submission.

    Raises FormFault: submission.not_xml, submission.doctype, submission.no_form_id,
    submission.id_too_long. A missing instanceID is made from the bytes themselves, so that the
    same bytes sent again are the same submission (a random one would double it).
    """
    root = _parse(xml)
    form_id = root.get("id")
    if not form_id or not form_id.strip():
        raise FormFault("submission.no_form_id", root=_local(root))
    meta = _meta(root)
    # The root's attribute is where ODK Briefcase keeps the id of forms that have no meta.
    said = meta.get("instanceID") or _direct_id(root) or root.get("instanceID")
    instance_id = said or _derived_id(xml)
    for value in (instance_id, meta.get("deprecatedID") or ""):
        if len(value) > ID_LIMIT:
            raise FormFault("submission.id_too_long", limit=ID_LIMIT)
    version = root.get("version") or root.get("{http://openrosa.org/xforms}version") or ""
    encrypted = root.get("encrypted") == "yes" or root.find("{*}base64EncryptedKey") is not None
    return root, Envelope(
        form_id,
        version,
        instance_id,
        meta.get("deprecatedID"),
        meta.get("instanceName"),
        encrypted,
        bool(said),
    )


def names_form(xml: bytes) -> bool:
    """Whether damaged XML at least says which form it answers."""
    try:
        root: etree._Element | None = etree.fromstring(xml, _PARSERS.forgiving)
    except (etree.XMLSyntaxError, ValueError):
        return False
    return root is not None and bool((root.get("id") or "").strip())


class _Parsers(threading.local):
    """Hardened parsers of each thread: lxml's are not to be shared between threads."""

    def __init__(self) -> None:
        self.parser = _parser(recover=False)
        self.forgiving = _parser(recover=True)


def _parser(*, recover: bool) -> etree.XMLParser:
    return etree.XMLParser(
        resolve_entities=False,
        no_network=True,
        load_dtd=False,
        huge_tree=False,
        remove_comments=True,
        remove_pis=True,
        recover=recover,
    )


_PARSERS = _Parsers()


_COMMA = re.compile(rb"""(["'])\s*,""")


def _parse(xml: bytes) -> etree._Element:
    try:
        root = etree.fromstring(xml, _PARSERS.parser)
    except (etree.XMLSyntaxError, ValueError) as fault:
        root = _parse_undeclared(xml)
        if root is None:
            root = _parse_past_commas(xml)
        if root is None:
            line = getattr(fault, "lineno", None) or 0
            raise FormFault("submission.not_xml", line=line) from None
    if root.getroottree().docinfo.doctype:  # type: ignore[union-attr]
        # Entities are how small files grow to gigabytes or read the server's own files.
        raise FormFault("submission.doctype")
    return root


def _parse_undeclared(xml: bytes) -> etree._Element | None:
    """XML whose only mistakes are prefixes that nobody declared (`orx:meta`), which are dropped, and blanks
    before it: scripts write such, and Central takes it. None when anything else is wrong."""
    parser = _PARSERS.forgiving
    try:
        root: etree._Element | None = etree.fromstring(xml.lstrip(), parser)
    except (etree.XMLSyntaxError, ValueError):
        return None
    if root is None or any(e.type != etree.ErrorTypes.NS_ERR_UNDEFINED_NAMESPACE for e in parser.error_log):
        return None
    for element in root.iter():
        if isinstance(element.tag, str) and element.tag[0] != "{":
            element.tag = element.tag.rpartition(":")[2]
    return root


def _parse_past_commas(xml: bytes) -> etree._Element | None:
    """An encrypted submission with commas between the attributes of its first tag: some senders write them, and
    ODK Central reads past them. What is kept are the bytes as they came."""
    start = xml.find(b"<data")
    end = xml.find(b">", start)
    if start < 0 or b"base64EncryptedKey" not in xml:
        return None
    tag = _COMMA.sub(rb"\1", xml[start:end])
    try:
        return etree.fromstring(xml[:start] + tag + xml[end:], _PARSERS.parser)
    except (etree.XMLSyntaxError, ValueError):
        return None


def _local(element: etree._Element) -> str:
    tag = element.tag
    return tag.rpartition("}")[2]


def _meta(root: etree._Element) -> dict[str, str]:
    """Texts of the children of the root's first `meta`, blank ones left out."""
    for child in reversed(root):  # pyxform writes it last
        if _local(child) == "meta":
            return {_local(c): c.text.strip() for c in child if c.text and c.text.strip()}
    return {}


def _direct_id(root: etree._Element) -> str | None:
    for child in root:
        if _local(child) == "instanceID" and child.text:
            return child.text.strip() or None
    return None


def _derived_id(xml: bytes) -> str:
    return f"uuid:{uuid.UUID(bytes=hashlib.sha256(xml).digest()[:16], version=4)}"


def read_encrypted(root: etree._Element) -> Reading:
    """What can be known of an encrypted submission: the names of its files, none of its answers."""
    media, answers = encrypted_files(root)
    named = [name for name in (*media, answers) if name]
    return Reading([], list(dict.fromkeys(named)), answers or "")


def encrypted_files(root: etree._Element) -> tuple[list[str], str | None]:
    """(names of the media in the order in which they were encrypted, blank ones too; name of the file that
    holds the answers, if any)"""
    media = [(e.text or "").strip() for e in root.iterfind("{*}media/{*}file")]
    answers = [(e.text or "").strip() for e in root.iterfind("{*}encryptedXmlFile")]
    return media, next((name for name in answers if name), None)


@dataclass(slots=True)
class _Plan:
    """A schema arranged for walking: what to do with a child element, by name."""

    leaves: dict[str, tuple[int, bool]]  # name -> (column, binary)
    groups: dict[str, _Plan]
    repeats: dict[str, tuple[int, _Plan]]  # name -> (table, what is inside)


class InstanceReader:
    """Reads the answers of instances of one form version. Made once a version, used for each
    submission; holds nothing that changes."""

    def __init__(self, schema: Schema) -> None:
        self.schema = schema
        self._plan = _plan(schema)
        self._widths = [len(t.columns) + 1 for t in schema.tables]

    def read(self, root: etree._Element) -> Reading:
        """The answers, table by table. Elements that the schema does not know are passed over: the
        stored bytes keep them."""
        reading = Reading([[] for _ in self._widths], [])
        row: list[str | None] = [None] * (self._widths[0] - 1)
        reading.tables[0].append(row)
        self._walk(root, self._plan, row, 0, "", reading)
        reading.media = list(dict.fromkeys(reading.media))
        return reading

    def _walk(
        self,
        element: etree._Element,
        plan: _Plan,
        row: list[str | None],
        shift: int,
        suffix: str,
        reading: Reading,
    ) -> None:
        places: dict[str, int] = {}
        for child in element:
            name = child.tag.rpartition("}")[2]
            leaf = plan.leaves.get(name)
            if leaf is not None:
                text = child.text or "" if not len(child) else "".join(map(str, child.itertext()))
                row[leaf[0] + shift] = text
                if leaf[1] and text.strip():
                    reading.media.append(text.strip())
            elif name in plan.groups:
                self._walk(child, plan.groups[name], row, shift, f"{suffix}/{name}", reading)
            elif name in plan.repeats:
                places[name] = place = places.get(name, 0) + 1
                self._repeat(child, plan.repeats[name], f"{suffix}/{name}[{place}]", reading)

    def _repeat(
        self, child: etree._Element, inside: tuple[int, _Plan], suffix: str, reading: Reading
    ) -> None:
        table, plan = inside
        row: list[str | None] = [None] * self._widths[table]
        row[0] = suffix
        reading.tables[table].append(row)
        self._walk(child, plan, row, 1, suffix, reading)


def _plan(schema: Schema) -> _Plan:
    plans = {"": _Plan({}, {}, {})}
    columns = {f.path: n for t in schema.tables for n, f in enumerate(t.columns)}
    tables = {t.path: t.number for t in schema.tables}
    for field in schema.fields:
        parent, _, name = field.path.rpartition("/")
        if field.type == "repeat":
            plans[field.path] = _Plan({}, {}, {})
            plans[parent].repeats[name] = (tables[field.path], plans[field.path])
        elif field.type == "structure":
            plans[field.path] = plans[parent].groups[name] = _Plan({}, {}, {})
        else:
            binary = bool(field.binary) or field.path == "/meta/audit"
            plans[parent].leaves[name] = (columns[field.path], binary)
    return plans[""]
