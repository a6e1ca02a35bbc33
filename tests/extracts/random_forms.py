"""Random forms in two versions and random answers to them in Khmer: whatever a form may look like.

The second version lacks some questions of the first, has others, and has them in another order. A path keeps its
kind, as the hub demands.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from xml.sax.saxutils import escape

from hypothesis import strategies as st

from tests.exports.conftest import form

NAMES = ("a", "b", "ភូមិ", "name-1", "person", "age")
# Letters, digits and signs of Khmer, and what CSV, XML and formulas trip over.
SIGNS = "កខគសុខាភិបាល្ដូំ១២៣។ៗ 12.-+=@,;\"'<&>\n\t\u200b|%"


@dataclass(frozen=True)
class Node:
    """A question (kind ""), a "group" or a "repeat"."""

    name: str
    kind: str = ""
    inside: tuple[Node, ...] = ()


@dataclass(frozen=True)
class Answered:
    """One instance. cells: (key suffix of its row, path) -> what was answered; blank ones left out."""

    number: int
    version: str
    xml: str
    cells: dict[tuple[str, str], str]


@dataclass(frozen=True)
class Season:
    forms: tuple[str, str]
    instances: tuple[Answered, ...]


@st.composite
def nodes(draw: st.DrawFn, depth: int = 0) -> tuple[Node, ...]:
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, min_size=1, max_size=4))
    return tuple(draw(node(name, depth)) for name in names)


@st.composite
def node(draw: st.DrawFn, name: str, depth: int) -> Node:
    kind = draw(st.sampled_from(("", "", "group", "repeat") if depth < 3 else ("",)))
    return Node(name, kind, draw(nodes(depth + 1)) if kind else ())


@st.composite
def changed(draw: st.DrawFn, old: tuple[Node, ...], depth: int = 0) -> tuple[Node, ...]:
    """Some left away, some new, in any order."""
    kept = [one for one in old if draw(st.integers(0, 3))]
    inside = [Node(n.name, n.kind, draw(changed(n.inside, depth + 1))) if n.kind else n for n in kept]
    free = [name for name in NAMES if name not in {n.name for n in old}]
    new = draw(st.lists(st.sampled_from(free), unique=True, max_size=2)) if free else []
    everything = [*inside, *(draw(node(name, depth)) for name in new)]
    return tuple(draw(st.permutations(everything))) or old


@dataclass
class _Filling:
    draw: st.DrawFn
    cells: dict[tuple[str, str], str] = field(default_factory=dict)

    def fill(self, asked: tuple[Node, ...], path: str, suffix: str, row: str) -> str:
        return "".join(self._node(one, f"{path}/{one.name}", suffix, row) for one in asked)

    def _node(self, one: Node, path: str, suffix: str, row: str) -> str:
        here = f"{suffix}/{one.name}"
        if one.kind == "repeat":
            return "".join(
                f"<{one.name}>{self.fill(one.inside, path, f'{here}[{n}]', f'{here}[{n}]')}</{one.name}>"
                for n in range(1, self.draw(st.integers(0, 3)) + 1)
            )
        if one.kind:
            return f"<{one.name}>{self.fill(one.inside, path, here, row)}</{one.name}>"
        text = self.draw(st.none() | st.text(SIGNS, max_size=12))
        if text:
            self.cells[row, path] = text
        return "" if text is None else f"<{one.name}>{escape(text)}</{one.name}>"


@st.composite
def seasons(draw: st.DrawFn) -> Season:
    old = draw(nodes())
    versions = {"1": old, "2": draw(changed(old))}
    instances = []
    for number in range(1, draw(st.integers(1, 6)) + 1):
        version = draw(st.sampled_from(sorted(versions)))
        filling = _Filling(draw)
        inside = filling.fill(versions[version], "", "", "")
        instances.append(Answered(number, version, inside, filling.cells))
    return Season((_xform(versions["1"], "1"), _xform(versions["2"], "2")), tuple(instances))


def _xform(asked: tuple[Node, ...], version: str) -> str:
    return form(
        _instance(asked), repeats=tuple(_repeats(asked, "")), types=dict(_types(asked, "")), version=version
    )


def _instance(asked: tuple[Node, ...]) -> str:
    return "".join(f"<{n.name}>{_instance(n.inside)}</{n.name}>" for n in asked)


def _repeats(asked: tuple[Node, ...], path: str) -> Iterator[str]:
    for one in asked:
        if one.kind == "repeat":
            yield f"{path}/{one.name}"
        yield from _repeats(one.inside, f"{path}/{one.name}")


def _types(asked: tuple[Node, ...], path: str) -> Iterator[tuple[str, str]]:
    """A bind for each question: without one, a group that is empty in the form would pass for a question."""
    for one in asked:
        if not one.kind:
            yield f"{path}/{one.name}", "string"
        yield from _types(one.inside, f"{path}/{one.name}")
