"""A form filled in without a tablet: which questions it asks, and what it works out.

An XForm's rules are worked out by lxml's XPath 1.0 and the functions of `forms/xforms_functions.py`:
enough for the forms of the library; a form that uses another function is told so. What this and
JavaRosa, the engine of ODK Collect, make of a form is compared by tests/forms/test_javarosa.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import date
from random import Random
from typing import Any

from lxml import etree

from forms.errors import FormFault
from forms.xforms_functions import FUNCTIONS, as_text

Node = etree._Element

JR = "{http://openrosa.org/javarosa}"
SELF = re.compile(r"(?<![\w/.)\]])\.(?![\w/.])")
PLACE_OF = re.compile(r"\bposition\((?=\s*[^\s)])")  # of a node; XPath's own position() takes none
QUOTED = re.compile(r"('[^']*'|\"[^\"]*\")")
ABSOLUTE = r"(?<![\w.\])/])/%s(?=/)"
STEPS = r"form\(\)((?:/[\w.-]+)+)"
COMPARED = re.compile(rf"(?:(?<=[<>] )|(?<=[<>]= )){STEPS}|{STEPS}(?= [<>])")
OPERATOR = re.compile(r"\s*([<>]=?)\s*")
PASSES = 12  # of working out; a form that is still changing then turns in circles


@dataclass(frozen=True)
class Control:
    """What asks for an answer. kind: input, select1, select, rank, upload, range, trigger;
    options: the expression of the choices, "" where there are none."""

    kind: str
    options: str
    appearance: str
    media: str


def table(rows: Iterable[Mapping[str, str]]) -> Node:
    """A list as XForms sees it: an element holding `root/item/column`."""
    top = etree.Element("instance")
    root = etree.SubElement(top, "root")
    for row in rows:
        item = etree.SubElement(root, "item")
        for column, text in row.items():
            etree.SubElement(item, column).text = text
    return top


class Definition:
    """The rules of a compiled form, read once: binds, controls, lists and repeats by path.

    lists: the form's external lists by instance id, as `table` makes them.
    """

    def __init__(self, xform: bytes, lists: Mapping[str, Node]) -> None:
        document = etree.fromstring(xform)
        model = document.find(".//{*}model")
        instances = [] if model is None else model.findall("{*}instance")
        if model is None or not instances or not len(instances[0]):
            raise FormFault("form.no_instance")
        self.primary = instances[0][0]
        self.binds = {b.get("nodeset", ""): dict(b.attrib) for b in model.iterfind("{*}bind")}
        self.lists = {i.get("id", ""): plain(i) for i in instances[1:] if not i.get("src")} | dict(lists)
        self.at_first = {v.get("ref", ""): v.get("value", "") for v in model.iterfind("{*}setvalue")}
        self.controls: dict[str, Control] = {}
        self.repeats: dict[str, str] = {}  # path -> expression of the count, "" where a person decides
        body = document.find("{*}body")
        for element in () if body is None else body.iter():
            self._read(element)

    def _read(self, element: Node) -> None:
        name, ref = local(element), element.get("ref", "")
        if name == "repeat":
            self.repeats[element.get("nodeset", "")] = element.get(JR + "count", "")
        elif name in ("input", "select1", "select", "rank", "upload", "range", "trigger"):
            itemset = element.find("{*}itemset")
            options = "" if itemset is None else itemset.get("nodeset", "")
            shuffled = re.fullmatch(r"randomize\((.*)\)", options)
            options = shuffled[1] if shuffled else options
            media = element.get("mediatype", "")
            self.controls[ref] = Control(name, options, element.get("appearance", ""), media)


def local(element: Node) -> str:
    return str(element.tag).rpartition("}")[2]


def plain(element: Node) -> Node:
    """A copy without namespaces: the paths of a form name its nodes without them."""
    copy = deepcopy(element)
    for one in copy.iter(etree.Element):
        one.tag = local(one)
    return copy


@dataclass
class Filling:
    """One instance of a form, growing. today: what the form's `today()` gives; rng: for its `random()`
    and `uuid()`. `root` holds the whole form; what is not asked is blank and not in `asked`."""

    form: Definition
    today: date
    rng: Random
    root: Node = field(init=False)
    here: Node = field(init=False)
    asked: set[Node] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self.root = self.here = plain(self.form.primary)
        for node in list(self.root.iterdescendants()):
            if node.get(JR + "template") is not None:
                self._above(node).remove(node)
        self._functions = {(None, name): self._bound(name) for name in FUNCTIONS}
        for node in self.root.iterdescendants(etree.Element):
            for name in map(str, node.attrib):  # an entity's id is made once, when the form is opened
                if expression := self.form.at_first.get(f"{self.path(node)}/@{name}"):
                    node.set(name, as_text(self.evaluate(node, expression)))

    def _bound(self, name: str) -> Any:
        return lambda _, *arguments: FUNCTIONS[name](self, *arguments)

    def _above(self, node: Node) -> Node:
        above = node.getparent()
        assert above is not None
        return above

    def path(self, node: Node) -> str:
        """The node's path without the numbers of repeats, as binds name it."""
        return re.sub(r"\[\d+\]", "", node.getroottree().getpath(node))

    def rule(self, node: Node, kind: str) -> Any:
        """What the node's relevant, required, constraint or calculate comes to; None without one."""
        expression = self.form.binds.get(self.path(node), {}).get(kind)
        return None if expression is None else self.evaluate(node, expression)

    def evaluate(self, node: Node, expression: str) -> Any:
        """An expression of the form, seen from `node`. Raises FormFault sample.no_rule."""
        self.here = node
        if self.form.binds.get(self.path(node), {}).get("type") == "date":
            expression = SELF.sub("date(.)", expression)
        try:
            return node.xpath(self._translated(expression), extensions=self._functions)
        except etree.XPathError as fault:
            raise FormFault("sample.no_rule", expression=expression, error=str(fault)) from None

    def _translated(self, expression: str) -> str:
        absolute = ABSOLUTE % re.escape(local(self.root))
        parts = QUOTED.split(expression)
        # An absolute path means the filled form even inside a predicate over another instance.
        bare = (re.sub(absolute, "form()", PLACE_OF.sub("place-of(", part)) for part in parts[::2])
        parts[::2] = [COMPARED.sub(self._dated, OPERATOR.sub(r" \1 ", part)) for part in bare]
        return "".join(parts)

    def _dated(self, found: re.Match[str]) -> str:
        """Dates are compared as days: XPath 1.0 would compare their texts as numbers."""
        path = f"/{local(self.root)}{found[1] or found[2]}"
        return f"date({found[0]})" if self.form.binds.get(path, {}).get("type") == "date" else found[0]

    def settle(self, answer: Callable[[Node], None] | None = None) -> None:
        """Works out what is asked and every calculation, until nothing changes.

        answer: is handed each question that is asked, in the form's order, and may answer it.
        Raises FormFault sample.circle.
        """
        for _ in range(PASSES):
            before = self._state()
            self._pass(answer)
            if self._state() == before:
                return
        raise FormFault("sample.circle", passes=PASSES)

    def _pass(self, answer: Callable[[Node], None] | None) -> None:
        self.asked = set()
        for node in self.root.iterdescendants(etree.Element):
            above = self._above(node)
            if (above is self.root or above in self.asked) and self.rule(node, "relevant") is not False:
                self.asked.add(node)
                self._calculate(node)
                if answer is not None and self.path(node) in self.form.controls:
                    answer(node)
            elif not len(node):
                node.text = None  # later rules see what is not asked as blank

    def _calculate(self, node: Node) -> None:
        if (value := self.rule(node, "calculate")) is not None:
            node.text = as_text(value) or None
        for name in map(str, node.attrib):
            bind = self.form.binds.get(f"{self.path(node)}/@{name}", {})
            if "calculate" in bind:
                node.set(name, as_text(self.evaluate(node, bind["calculate"])))

    def _state(self) -> tuple[bytes, int]:
        return etree.tostring(self.root), len(self.asked)

    def options(self, node: Node) -> list[str]:
        """The values that a question offers now, in order; none when it offers no choices."""
        control = self.form.controls.get(self.path(node))
        if control is None or not control.options:
            return []
        found = self.evaluate(node, control.options)
        return [item.findtext("name") or "" for item in found]

    def holds(self, node: Node) -> bool:
        """Whether the node's answer, or its lack of one, is one that the form lets pass."""
        if not node.text:
            return self.rule(node, "required") is not True
        return self.rule(node, "constraint") is not False

    def turns(self, path: str) -> Iterator[Node]:
        return (node for node in self.root.iterdescendants(etree.Element) if self.path(node) == path)

    def repeat(self, first: Node, count: int) -> None:
        """Gives the repeat of which `first` is the first turn `count` turns in all."""
        above, place = self._above(first), self._above(first).index(first)
        if count == 0:
            above.remove(first)
        for extra in range(1, count):
            above.insert(place + extra, deepcopy(first))

    def submission(self) -> Node:
        """A copy as a tablet sends it: what was not asked is left out."""
        copy = deepcopy(self.root)
        pairs = list(zip(self.root.iterdescendants(), copy.iterdescendants(), strict=True))
        for original, twin in pairs:
            if isinstance(original.tag, str) and original not in self.asked:
                above = twin.getparent()
                if above is not None:
                    above.remove(twin)
        return copy
