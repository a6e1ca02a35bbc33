"""Versions of one submission side by side, and one made of several: a person chose, question by question.

A question of the form is one choice; so is a repeat, whose turns belong together. Names are matched
without namespaces, as in forms/instance.py. No Flask, no SQL, no chance: new ids are passed in.
"""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from lxml import etree

from forms.errors import FormFault
from forms.fields import Schema
from forms.instance import parse_instance

IDS = ("/meta/instanceID", "/meta/deprecatedID")  # each version has its own; nobody chooses them


@dataclass(frozen=True, slots=True)
class Difference:
    """A question that versions answer otherwise. `path`: as in XPath, "/data/village"; `values`: one a
    version, in their order: the text, None when it is absent, or for a repeat the list of its turns."""

    path: str
    repeat: bool
    values: list[Any]


@dataclass(slots=True)
class Combined:
    """`taken`: version's name -> files named by what was taken from it; `kept`: files that the rest names."""

    xml: bytes
    taken: dict[str, list[str]] = field(default_factory=dict)
    kept: list[str] = field(default_factory=list)


def differences(versions: Sequence[bytes], schema: Schema) -> list[Difference]:
    """Where versions differ, in form order. Raises FormFault submission.*, combine.encrypted."""
    roots = [_readable(xml) for xml in versions]
    found = []
    for path, repeat in _choices(schema).items():
        values = [[_said(e) for e in _elements(root, path)] for root in roots]
        if any(value != values[0] for value in values):
            shown = values if repeat else [value[-1] if value else None for value in values]
            found.append(Difference(f"/{schema.root}{path}", repeat, shown))
    return found


def combine(
    base: bytes,
    others: Mapping[str, bytes],
    take: Mapping[str, str],
    schema: Schema,
    *,
    instance_id: str,
    deprecated_id: str,
) -> Combined:
    """The base with some answers taken from other versions.

    others: name of a version -> its XML; take: path as in Difference -> name of the version to take it
    from, any other name being the base's. Raises FormFault combine.no_question, combine.encrypted, submission.*.
    """
    root = _readable(base)
    sources = {name: _readable(xml) for name, xml in others.items()}
    choices, binary = _choices(schema), {f.path for f in schema.fields if f.binary}
    made = Combined(b"")
    wanted = {_short(said, schema, choices): name for said, name in take.items()}
    for path, name in [(p, n) for p, n in wanted.items() if n in sources]:
        _replace(root, sources[name], path, schema)
        made.taken.setdefault(name, []).extend(_files(root, path, binary))
    made.kept = [f for path in choices if wanted.get(path) not in sources for f in _files(root, path, binary)]
    _rename(root, instance_id, deprecated_id)
    made.xml = etree.tostring(root, encoding="unicode").encode()
    return made


def _readable(xml: bytes) -> etree._Element:
    root, envelope = parse_instance(xml)
    if envelope.encrypted:
        raise FormFault("combine.encrypted")
    return root


def _choices(schema: Schema) -> dict[str, bool]:
    """Path of what is chosen as one -> whether it is a repeat, in form order."""
    return {
        f.path: f.type == "repeat"
        for f in schema.fields
        if f.table == 0 and f.type != "structure" and f.path not in IDS
    }


def _short(said: str, schema: Schema, choices: Mapping[str, bool]) -> str:
    path = said.removeprefix(f"/{schema.root}")
    if path == said or path not in choices:
        raise FormFault("combine.no_question", path=said)
    return path


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _named(parent: etree._Element | None, name: str) -> list[etree._Element]:
    return [child for child in parent if _local(child) == name] if parent is not None else []


def _parent(root: etree._Element, path: str) -> etree._Element | None:
    """The group that a question lies in; None when it is not there."""
    found: etree._Element | None = root
    for name in path.split("/")[1:-1]:
        found = next(iter(_named(found, name)), None)
    return found


def _elements(root: etree._Element, path: str) -> list[etree._Element]:
    return _named(_parent(root, path), path.rpartition("/")[2])


def _said(element: etree._Element) -> Any:
    """The text of a question, or what a group holds by name; names that stand more than once as lists."""
    if not len(element):
        return element.text or ""
    held: dict[str, list[Any]] = {}
    for child in element:
        held.setdefault(_local(child), []).append(_said(child))
    return {name: values[0] if len(values) == 1 else values for name, values in held.items()}


def _replace(root: etree._Element, source: etree._Element, path: str, schema: Schema) -> None:
    """Puts the source's answer, or its absence, in the place of the root's."""
    for old in _elements(root, path):
        old.getparent().remove(old)  # type: ignore[union-attr]
    new = [copy.deepcopy(e) for e in _elements(source, path)]
    if not new:
        return
    parent = _opened(root, source, path, schema)
    place = _place(parent, path, schema)
    for number, element in enumerate(new):
        parent.insert(place + number, element)


def _opened(root: etree._Element, source: etree._Element, path: str, schema: Schema) -> etree._Element:
    """The group that a question lies in, made after the source's where it is missing."""
    here, there, below = root, source, ""
    for name in path.split("/")[1:-1]:
        below = f"{below}/{name}"
        there = _named(there, name)[0]
        found = _named(here, name)
        if not found:
            found = [here.makeelement(there.tag, {str(k): str(v) for k, v in there.attrib.items()})]
            here.insert(_place(here, below, schema), found[0])
        here = found[0]
    return here


def _place(parent: etree._Element, path: str, schema: Schema) -> int:
    """Where a question belongs among those that are there: before the first that the form asks later."""
    group, _, name = path.rpartition("/")
    order = [f.name for f in schema.fields if f.path.rpartition("/")[0] == group]
    later = set(order[order.index(name) + 1 :])
    return next((n for n, child in enumerate(parent) if _local(child) in later), len(parent))


def _files(root: etree._Element, path: str, binary: set[str]) -> list[str]:
    return [name for e in _elements(root, path) for name in _files_in(e, path, binary)]


def _files_in(element: etree._Element, path: str, binary: set[str]) -> Iterator[str]:
    if path in binary and element.text and element.text.strip():
        yield element.text.strip()
    for child in element:
        yield from _files_in(child, f"{path}/{_local(child)}", binary)


def _rename(root: etree._Element, instance_id: str, deprecated_id: str) -> None:
    """Gives the version an id of its own, and the id of the one that it replaces."""
    meta = _named(root, "meta")[-1] if _named(root, "meta") else etree.SubElement(root, "meta")
    for old in _named(meta, "deprecatedID"):
        meta.remove(old)
    own = _named(meta, "instanceID") or [etree.SubElement(meta, "instanceID")]
    for element in own:
        element.text = instance_id
    replaced = own[-1].makeelement(str(own[-1].tag).replace("instanceID", "deprecatedID"))
    replaced.text = deprecated_id
    own[-1].addnext(replaced)
