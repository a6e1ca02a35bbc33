"""What an instance says of entities: for each declaration of its form, the entities that it names.

Values are as they were sent; what they must be like is decided where they are processed. Source: the
entities specification of ODK XForms (2025.1), meta/entity.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from lxml import etree

from forms.entities import Declaration

ATTRIBUTES = ("dataset", "id", "create", "update", "baseVersion", "trunkVersion", "branchId")


@dataclass(slots=True)
class EntityNode:
    """One entity of an instance. said: attributes of its node that are there; label None without one;
    data: properties whose questions are there (a question that was not asked changes nothing)."""

    said: dict[str, str] = field(default_factory=dict)
    label: str | None = None
    data: dict[str, str] = field(default_factory=dict)

    def wants(self, action: str) -> bool:
        """Whether "create" or "update" is asked for."""
        return self.said.get(action) in ("1", "true")


def read_nodes(root: etree._Element, declarations: Iterable[Declaration]) -> list[EntityNode]:
    """Every entity of an instance, by declaration, then in the order of the instance."""
    return [node for one in declarations for node in _declared(root, one)]


def _declared(root: etree._Element, one: Declaration) -> Iterator[EntityNode]:
    for place in _children(root, one.path):
        found = _read(place, one)
        if found.said or found.data or one.path:
            yield found


def _read(place: etree._Element, one: Declaration) -> EntityNode:
    node = EntityNode()
    for element in _children(place, "/meta/entity"):
        node.said = {name: element.get(name, "") for name in ATTRIBUTES if element.get(name) is not None}
        for label in _children(element, "/label"):
            node.label = _text(label)
    for saved in one.fields:
        for leaf in _children(place, saved.path.removeprefix(one.path)):
            node.data[saved.property] = _text(leaf)
    return node


def _children(start: etree._Element, path: str) -> list[etree._Element]:
    """The elements at a path below one, names without namespaces."""
    found = [start]
    for step in path.split("/")[1:]:
        found = [child for one in found for child in one if _local(child) == step]
    return found


def _local(element: etree._Element) -> str:
    """Without its namespace, and without a prefix that nobody declared."""
    return element.tag.rpartition("}")[2].rpartition(":")[2] if isinstance(element.tag, str) else ""


def _text(element: etree._Element) -> str:
    return "".join(map(str, element.itertext()))
