"""Giving a compiled form another version: one attribute changes, every other byte stays.

Publishing with a new version must not touch what a designer checked, so the XML is not written anew.
"""

from __future__ import annotations

import re
from xml.parsers import expat
from xml.sax.saxutils import escape

from forms.errors import FormFault
from forms.fields import BARE_AMPERSAND

_ATTRIBUTE = re.compile(rb"""\s+([^\s=<>/"']+)\s*=\s*(?:"[^"]*"|'[^']*')""")
_NAME = re.compile(rb"<[^\s/>]+")


def with_version(xform: bytes, version: str) -> bytes:
    """The same XForm, its primary instance's root saying `version`.

    xform: UTF-8 or another encoding that writes ASCII as itself, without a document type.
    Raises FormFault: form.not_xml, form.doctype, form.no_instance.
    """
    start, encoding = _root_of_instance(xform)
    said = escape(version, {'"': "&quot;", "\n": "&#10;", "\t": "&#9;"})
    value = said.encode("utf-8" if encoding in ("", "utf-8") else "ascii", "xmlcharrefreplace")
    first, last = _place(xform, start)
    blank = b" " if first == last else b""
    return xform[:first] + blank + b'version="' + value + b'"' + xform[last:]


def _place(xform: bytes, start: int) -> tuple[int, int]:
    """From where to where the attribute stands in the tag that begins at `start`; both the end of the
    last attribute when it has none. One without a prefix goes first."""
    name = _NAME.match(xform, start)
    assert name is not None, start
    found: dict[bytes, tuple[int, int]] = {}
    place = name.end()
    while (attribute := _ATTRIBUTE.match(xform, place)) is not None:
        found.setdefault(attribute[1], (attribute.start(1), attribute.end()))
        place = attribute.end()
    prefixed = [span for said, span in found.items() if said.endswith(b":version")]
    return found.get(b"version") or next(iter(prefixed), (place, place))


def _root_of_instance(xform: bytes) -> tuple[int, str]:
    """(offset of the start tag of the first instance's first child, declared encoding)."""
    parser = expat.ParserCreate(namespace_separator=" ")
    path: list[str] = []
    found: list[int] = []
    encoding: list[str] = []

    def open_tag(name: str, _: dict[str, str]) -> None:
        if not found and path[-2:] == ["model", "instance"]:
            found.append(parser.CurrentByteIndex)
        path.append(name.rpartition(" ")[2])

    def doctype(*_: object) -> None:
        raise FormFault("form.doctype")

    parser.StartElementHandler = open_tag
    parser.EndElementHandler = lambda _: path.pop()
    parser.StartDoctypeDeclHandler = doctype
    parser.XmlDeclHandler = lambda _, declared, __: encoding.append((declared or "").lower())
    try:
        parser.Parse(BARE_AMPERSAND.sub(b"+", xform), True)  # a byte for a byte: places stay
    except expat.ExpatError as fault:
        raise FormFault("form.not_xml", line=fault.lineno) from None
    if not found:
        raise FormFault("form.no_instance")
    return found[0], encoding[0] if encoding else ""
