"""What changed from one version of a submission to the next, field by field. No Flask, no SQL.

Shape and order are ODK Central's `…/submissions/ID/diffs`: `old` and `new` where there was and is
something, and a `path` whose steps are names, or [name, 0-based place] for a turn of a repeat.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from difflib import SequenceMatcher
from typing import Any

from lxml import etree

from forms.fields import Schema

Path = list[Any]
Change = dict[str, Any]


def answer_tree(root: etree._Element, schema: Schema) -> dict[str, Any]:
    """An instance as nested values: groups are objects, repeats lists of them, the rest texts."""
    kinds = {field.path: field.type for field in schema.fields}
    return _children(root, "", kinds)


def _children(element: etree._Element, path: str, kinds: dict[str, str]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for child in element:
        name = str(child.tag).rpartition("}")[2]
        here = f"{path}/{name}"
        kind = kinds.get(here)
        if kind == "repeat":
            tree.setdefault(name, []).append(_children(child, here, kinds))
        elif kind == "structure":
            tree[name] = _children(child, here, kinds)
        else:
            tree[name] = "".join(str(text) for text in child.itertext())
    return tree


def changes(old: dict[str, Any], new: dict[str, Any], path: Path | None = None) -> list[Change]:
    """The differences between two trees, in the order of the old one, then what came new."""
    return list(_in_group(old, new, path or []))


def _in_group(old: dict[str, Any], new: dict[str, Any], path: Path) -> Iterator[Change]:
    for name in dict.fromkeys([*old, *new]):
        if name not in old:
            yield {"new": new[name], "path": [*path, name]}
        elif name not in new:
            yield {"old": old[name], "path": [*path, name]}
        elif old[name] != new[name]:
            yield from _in_value(old[name], new[name], path, name)


def _in_value(old: Any, new: Any, path: Path, name: str) -> Iterator[Change]:
    if isinstance(old, dict) and isinstance(new, dict):
        yield from _in_group(old, new, [*path, name])
    elif isinstance(old, list) and isinstance(new, list):
        yield from _in_repeat(old, new, path, name)
    else:
        yield {"old": old, "new": new, "path": [*path, name]}


def _in_repeat(old: list[Any], new: list[Any], path: Path, name: str) -> Iterator[Change]:
    """Turns that are the same in both are matched first, so that one put in between changes one only."""
    matcher = SequenceMatcher(None, _keys(old), _keys(new), autojunk=False)
    for what, old_from, old_to, new_from, new_to in matcher.get_opcodes():
        if what != "equal":
            yield from _in_stretch(old, new, range(old_from, old_to), range(new_from, new_to), path, name)


def _keys(turns: list[Any]) -> list[str]:
    return [json.dumps(turn, ensure_ascii=False, sort_keys=True) for turn in turns]


def _in_stretch(
    old: list[Any], new: list[Any], old_places: range, new_places: range, path: Path, name: str
) -> Iterator[Change]:
    """Turns that were replaced are compared in order; of the longer side those that resemble nothing
    on the other were put in or taken out."""

    def compare(old_place: int, new_place: int) -> list[Change]:
        return changes(old[old_place], new[new_place], [*path, [name, old_place]])

    alone_old = _alone(old_places, new_places, compare)
    alone_new = _alone(new_places, old_places, lambda n, o: compare(o, n))
    partners = (n for n in new_places if n not in alone_new)
    for place in old_places:
        if place in alone_old:
            yield {"old": old[place], "path": [*path, [name, place]]}
        else:
            yield from compare(place, next(partners))
    for place in sorted(alone_new):
        yield {"new": new[place], "path": [*path, [name, place]]}


def _alone(places: range, others: range, compare: Callable[[int, int], list[Change]]) -> set[int]:
    """As many of `places` as there are more of them than of `others`: those furthest from all of them."""
    surplus = len(places) - len(others)
    if surplus <= 0:
        return set()
    if not others:
        return set(places)
    nearest = {p: min(_weight(compare(p, o)) for o in others) for p in places}
    return set(sorted(places, key=lambda p: (-nearest[p], p))[:surplus])


def _weight(found: list[Change]) -> int:
    return sum(1 + len(json.dumps([c.get("old"), c.get("new")], ensure_ascii=False)) for c in found)
