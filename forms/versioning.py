"""Giving a compiled form another version, or a public key: one attribute changes, every other byte stays.

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
_TAG = re.compile(rb"</((?:[^\s/>:]+:)?)")
KEY_ATTRIBUTE = b"base64RsaPublicKey"


def with_version(xform: bytes, version: str) -> bytes:
    """The same XForm, its primary instance's root saying `version`.

    xform: UTF-8 or another encoding that writes ASCII as itself, without a document type.
    Raises FormFault: form.not_xml, form.doctype, form.no_instance.
    """
    start, encoding = _root_of_instance(xform)
    said = escape(version, {'"': "&quot;", "\n": "&#10;", "\t": "&#9;"})
    value = said.encode("utf-8" if encoding in ("", "utf-8") else "ascii", "xmlcharrefreplace")
    attributes = _attributes(xform, start)
    prefixed = [said for said in attributes if said.endswith(b":version")]
    named = b"version" if b"version" in attributes else next(iter(prefixed), b"version")
    return _with_attribute(xform, attributes, named, value)


def with_public_key(xform: bytes, key: str) -> bytes:
    """The same XForm, asking devices to encrypt what they send for this public key (base64 of its DER).

    Raises FormFault: form.not_xml, form.doctype, form.no_model.
    """
    submission, end = _submission_tag(xform)
    if submission is not None:
        return _with_attribute(xform, _attributes(xform, submission), KEY_ATTRIBUTE, key.encode())
    prefix = _TAG.match(xform, end)
    assert prefix is not None, end
    tag = b'<%ssubmission %s="%s"/>' % (prefix[1], KEY_ATTRIBUTE, key.encode())
    return xform[:end] + tag + xform[end:]


def _with_attribute(
    xform: bytes, attributes: dict[bytes, tuple[int, int]], name: bytes, value: bytes
) -> bytes:
    """One attribute of a tag set, under the name that it bears there; a new one comes last."""
    end = attributes[b""][1]
    first, last = attributes.get(name, (end, end))
    blank = b" " if first == last else b""
    return xform[:first] + blank + name + b'="' + value + b'"' + xform[last:]


def _attributes(xform: bytes, start: int) -> dict[bytes, tuple[int, int]]:
    """name -> from where to where it stands in the tag that begins at `start`; under "" the place behind the
    last one."""
    name = _NAME.match(xform, start)
    assert name is not None, start
    found: dict[bytes, tuple[int, int]] = {}
    place = name.end()
    while (attribute := _ATTRIBUTE.match(xform, place)) is not None:
        found.setdefault(attribute[1], (attribute.start(1), attribute.end()))
        place = attribute.end()
    return {**found, b"": (place, place)}


def _submission_tag(xform: bytes) -> tuple[int | None, int]:
    """(offset of the model's submission tag, if it has one; offset of the model's end tag)."""
    parser = expat.ParserCreate(namespace_separator=" ")
    path: list[str] = []
    tags: list[int] = []
    ends: list[int] = []

    def open_tag(name: str, _: dict[str, str]) -> None:
        path.append(name.rpartition(" ")[2])
        if path[-2:] == ["model", "submission"]:
            tags.append(parser.CurrentByteIndex)

    def close_tag(name: str) -> None:
        path.pop()
        if name.rpartition(" ")[2] == "model" and not ends:
            ends.append(parser.CurrentByteIndex)

    parser.StartElementHandler, parser.EndElementHandler = open_tag, close_tag
    parser.StartDoctypeDeclHandler = _refuse_doctype
    _run(parser, xform)
    if not ends:
        raise FormFault("form.no_model")
    return (tags[0] if tags else None), ends[0]


def _refuse_doctype(*_: object) -> None:
    raise FormFault("form.doctype")


def _run(parser: expat.XMLParserType, xform: bytes) -> None:
    try:
        parser.Parse(xform, True)
    except expat.ExpatError as fault:
        raise FormFault("form.not_xml", line=fault.lineno) from None


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

    parser.StartElementHandler = open_tag
    parser.EndElementHandler = lambda _: path.pop()
    parser.StartDoctypeDeclHandler = _refuse_doctype
    parser.XmlDeclHandler = lambda _, declared, __: encoding.append((declared or "").lower())
    _run(parser, BARE_AMPERSAND.sub(b"+", xform))  # a byte for a byte: places stay
    if not found:
        raise FormFault("form.no_instance")
    return found[0], encoding[0] if encoding else ""
