"""What an XForm says of its questions beside asking them: which state a level or consent of their own, which are worked
out from others, which the device fills in. Exports ask it, to know where an answer has copies."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from lxml import etree

from forms.fields import Schema, _local, _path, open_xform, read_schema
from forms.sensitivity import ATTRIBUTE, NAMESPACE, read_level

CONSENT = f"{{{NAMESPACE}}}consent"
CONSENTS = ("participate", "quote", "share")
PRELOAD, PRELOAD_OF = "{http://openrosa.org/javarosa}preload", "{http://openrosa.org/javarosa}preloadParams"
_STRING = re.compile(r"'[^']*'|\"[^\"]*\"")
_PREDICATE = re.compile(r"\[([^\[\]]*)\]")
# How many there are says nothing of what they hold.
_COUNTED = re.compile(r"\b(?:count|position|count-non-empty)\(\s*[^()]*\)")
_STEP = r"(?:[\w.\-:]+|\*)"
_REFERENCE = re.compile(
    rf"(?<![\w.\-)*/])(?:current\(\)/)?((?:\.?//|/|\.{{1,2}}/){_STEP}(?:/+{_STEP})*|\.{{1,2}}(?![\w.]))"
)


@dataclass(frozen=True)
class Traits:
    """By the path of a field. levels: what the question itself says, not its group. consents: of CONSENTS. preloads:
    "property deviceid", "timestamp start", … sources: the fields that its calculation or default reads."""

    levels: Mapping[str, str]
    consents: Mapping[str, str]
    preloads: Mapping[str, str]
    sources: Mapping[str, frozenset[str]]


def read_traits(xform: bytes) -> Traits:
    """Raises FormFault form.*"""
    document, model, _ = open_xform(xform)
    binds = [(_path(bind.get("nodeset", "")), bind) for bind in model if _local(bind) == "bind"]
    levels = {path: read_level(bind.get(ATTRIBUTE, "")) for path, bind in binds}
    consents = {path: bind.get(CONSENT, "").strip().lower() for path, bind in binds}
    reading = _Reading(read_schema(xform))
    return Traits(
        {path: level for path, level in levels.items() if level},
        {path: said for path, said in consents.items() if said in CONSENTS},
        {
            path: f"{bind.get(PRELOAD)} {bind.get(PRELOAD_OF, '')}"
            for path, bind in binds
            if bind.get(PRELOAD)
        },
        reading.sources([*_calculated(binds), *_set(document)]),
    )


def _calculated(binds: Iterable[tuple[str, etree._Element]]) -> Iterator[tuple[str, str]]:
    return ((path, bind.get("calculate", "")) for path, bind in binds if bind.get("calculate"))


def _set(document: etree._Element) -> Iterator[tuple[str, str]]:
    """Defaults that are worked out, and what another question's answer triggers."""
    for element in document.iter():
        if _local(element) == "setvalue" and element.get("ref"):
            yield _path(element.get("ref", "")), element.get("value") or element.text or ""


@dataclass(frozen=True)
class _Reading:
    schema: Schema

    @cached_property
    def leaves(self) -> list[str]:
        return [field.path for table in self.schema.tables for field in table.columns]

    def sources(self, expressions: Iterable[tuple[str, str]]) -> dict[str, frozenset[str]]:
        found: dict[str, set[str]] = {}
        for path, expression in expressions:
            found.setdefault(path, set()).update(self.read(path, expression))
        return {path: frozenset(read - {path}) for path, read in found.items()}

    def read(self, here: str, expression: str) -> Iterator[str]:
        """The fields that an expression reads; of a group that it reads whole, all in it."""
        text = _STRING.sub(" '' ", expression)
        while (found := _PREDICATE.search(text)) is not None:
            yield from self.read(here, found[1])
            text = text[: found.start()] + text[found.end() :]
        for match in _REFERENCE.finditer(_COUNTED.sub(" ", text)):
            yield from self._fields(here, match[1])

    def _fields(self, here: str, reference: str) -> Iterator[str]:
        if "//" in reference:
            ending = "/" + reference.rpartition("//")[2].rpartition(":")[2]
            yield from (leaf for leaf in self.leaves if ending == "/*" or f"{leaf}/".find(f"{ending}/") >= 0)
            return
        path = _path(reference) if reference.startswith("/") else _resolved(here, reference)
        path = path.removesuffix("/*")
        yield from (leaf for leaf in self.leaves if leaf == path or leaf.startswith(f"{path}/"))


def _resolved(here: str, reference: str) -> str:
    """A relative reference as a path: ../name seen from /person/greeting is /person/name."""
    steps = here.split("/")[1:]
    for step in reference.split("/"):
        if step == "..":
            steps = steps[:-1]
        elif step != ".":
            steps.append(step.rpartition(":")[2])
    return "".join(f"/{step}" for step in steps)
