"""XForm → the entities that its submissions make: in which list, doing what, from which questions.

Rules: ODK XForms, "Entities" 2022.1 to 2025.1, and what ODK Central makes of them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from forms.errors import FormFault
from forms.fields import Schema, open_xform

# No dot in the name of a list, no colon in that of a property (Central). Khmer vowel signs and subscripts are marks,
# which Central does not take for letters: hardly a Khmer word could be a name. XML takes them, and so do tablets.
_LETTERS = r"[^\W\d_]"
_MARKS = "\u17b4-\u17d3\u17dd"
_LIST = re.compile(rf"(?!__)(?:{_LETTERS}|[:_])(?:{_LETTERS}|[0-9:_{_MARKS}-])*")
_PROPERTY = re.compile(rf"(?!__)(?:{_LETTERS}|_)(?:{_LETTERS}|[0-9._{_MARKS}-])*")
_RESERVED = ("name", "label")
_VERSION = re.compile(r"v?(0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(\+[0-9A-Za-z.-]+)?")
_FIRST, _OFFLINE, _REPEATS, _BEYOND = (2022, 1), (2024, 1), (2025, 1), (2025, 2)
ACTIONS = ("create", "update")


@dataclass(frozen=True, slots=True)
class SavedField:
    """A question that is saved to a property. path: as in Schema.fields."""

    path: str
    property: str


@dataclass(frozen=True, slots=True)
class Declaration:
    """One `meta/entity` of a form. path: of the group or repeat that it stands in, "" for the whole form;
    is_repeat: each turn of that repeat makes an entity; actions: those of ACTIONS that the form permits."""

    dataset: str
    actions: tuple[str, ...]
    path: str
    is_repeat: bool
    fields: tuple[SavedField, ...]

    @property
    def repeat_path(self) -> str | None:
        """As Central shows it, with a slash at the end."""
        return f"{self.path}/" if self.is_repeat else None


@dataclass(frozen=True, slots=True)
class Entities:
    """What a form declares. version: of the specification that it follows."""

    version: str
    declarations: tuple[Declaration, ...]

    @property
    def is_old(self) -> bool:
        """Whether tablets cannot make and change such entities offline."""
        return _number(self.version)[:2] < _OFFLINE

    @property
    def datasets(self) -> list[str]:
        """Names of the lists, each once, in the order of the form."""
        return list(dict.fromkeys(d.dataset for d in self.declarations))

    def properties_of(self, dataset: str) -> list[str]:
        """In the order of the questions, each once."""
        own = (d for d in self.declarations if d.dataset == dataset)
        return list(dict.fromkeys(f.property for d in own for f in d.fields))


def is_dataset_name(name: object) -> bool:
    return isinstance(name, str) and _LIST.fullmatch(name) is not None


def is_property_name(name: object) -> bool:
    return isinstance(name, str) and _PROPERTY.fullmatch(name) is not None and name.lower() not in _RESERVED


def read_entities(xform: bytes, schema: Schema) -> Entities | None:
    """What a form declares of entities; None when nothing, or when its answers are encrypted.

    schema: of the same form. Raises FormFault entities.*.
    """
    if b"entity" not in xform:
        return None
    model, root = open_xform(xform)[1:]
    blocks = dict(_blocks(root))
    if not blocks or _is_encrypted(model):
        return None
    version = _version(model)
    said = {path: _named(block) for path, block in blocks.items()}
    fields = _shared_out(schema, list(said), _saved(model, schema))
    repeats = {f.path for f in schema.fields if f.type == "repeat"}
    declarations = tuple(
        Declaration(name, actions, path, path in repeats, _distinct(fields.get(path, [])))
        for path, (name, actions) in said.items()
    )
    if (len(declarations) > 1 or declarations[0].is_repeat) and _number(version)[:2] < _REPEATS:
        raise FormFault("entities.version_repeats", version=version)
    return Entities(version, declarations)


def _local(element: etree._Element) -> str:
    return etree.QName(element).localname


def _attributes(element: etree._Element) -> dict[str, str]:
    return {etree.QName(name).localname: str(value) for name, value in element.attrib.items()}


def _blocks(element: etree._Element, path: str = "") -> Iterator[tuple[str, etree._Element]]:
    """(path of what it stands in, `entity` element), depth first. A repeat stands twice in the instance:
    its template, then its first turn."""
    for child in element:
        if _local(child) == "meta":
            yield from ((path, block) for block in child if _local(block) == "entity")
        yield from _blocks(child, f"{path}/{_local(child)}")


def _is_encrypted(model: etree._Element) -> bool:
    return any(_local(e) == "submission" and e.get("base64RsaPublicKey") for e in model)


def _version(model: etree._Element) -> str:
    version = _attributes(model).get("entities-version")
    if version is None:
        raise FormFault("entities.no_version")
    if not _VERSION.fullmatch(version) or not _FIRST <= _number(version)[:2] < _BEYOND:
        raise FormFault("entities.version_unknown", version=version)
    return version


def _number(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.removeprefix("v").partition("+")[0].split("."))


def _named(block: etree._Element) -> tuple[str, tuple[str, ...]]:
    """(list, actions) of an `entity` element."""
    said = _attributes(block)
    if "dataset" not in said:
        raise FormFault("entities.no_dataset")
    name = said["dataset"].strip()
    if not is_dataset_name(name):
        raise FormFault("entities.bad_dataset")
    actions = tuple(action for action in ACTIONS if action in said)
    if not actions:
        raise FormFault("entities.no_action")
    return name, actions


def _saved(model: etree._Element, schema: Schema) -> list[SavedField]:
    """Every question that is saved to a property, in the order of the form."""
    said: dict[str, str] = {}
    for bind in model:
        name = _attributes(bind).get("saveto") if _local(bind) == "bind" else None
        if name:
            steps = [step.strip().rpartition(":")[2] for step in bind.get("nodeset", "").strip().split("/")]
            said["".join(f"/{step}" for step in steps[2:])] = name
    if not all(is_property_name(name) for name in said.values()):
        raise FormFault("entities.bad_property")
    leaves = (f for f in schema.fields if f.type not in ("structure", "repeat"))
    return [SavedField(f.path, said[f.path]) for f in leaves if f.path in said]


def _shared_out(schema: Schema, places: list[str], saved: list[SavedField]) -> dict[str, list[SavedField]]:
    """place of a declaration -> what belongs to it: to the closest one around the question."""
    repeats = [f.path for f in schema.fields if f.type == "repeat"]
    shared: dict[str, list[SavedField]] = {}
    for one in saved:
        closest = _closest(places, one.path)
        if closest is None:
            continue
        if len(_closest(repeats, one.path) or "") > len(closest):
            raise FormFault("entities.repeat_outside")
        shared.setdefault(closest, []).append(one)
    return shared


def _closest(places: list[str], path: str) -> str | None:
    return max((p for p in places if path.startswith(f"{p}/")), key=len, default=None)


def _distinct(fields: list[SavedField]) -> tuple[SavedField, ...]:
    names = [one.property.lower() for one in fields]
    if len(set(names)) < len(names):
        raise FormFault("entities.same_property")
    return tuple(fields)
