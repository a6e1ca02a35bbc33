"""What a form says: its texts by language, and the places in them that an answer fills."""

from __future__ import annotations

import re
from collections.abc import Mapping

from lxml import etree

from forms.fields import _local, _path

ITEXT = re.compile(r"jr:itext\(\s*['\"](.+?)['\"]\s*\)")
SIMPLE = re.compile(r"(current\(\)/)?(\.\.?/)*(\.\.|[\w.:-]+)(/[\w.:-]+)*|/[\w.:/-]+")

Texts = Mapping[str, str]
"""What a form says, by the name of its language ("Khmer (km)", "default"). Languages in which it says nothing
are left out. A place to fill in is written `${path}`, or `${expression}` when it is no path."""


def read_texts(model: etree._Element, root: str) -> dict[str, dict[str, dict[str, str]]]:
    """language -> text id -> form of the value ("" for plain text, "image", "guidance" …) -> text."""
    found: dict[str, dict[str, dict[str, str]]] = {}
    for language in (e for e in model.iter() if _local(e) == "translation"):
        texts = found.setdefault(language.get("lang") or "default", {})
        for text in language:
            where, name = _owner(text.get("id", "")), text.get("id", "")
            texts[name] = {v.get("form", ""): written(v, where, root) for v in text if _local(v) == "value"}
    return found


def _owner(text_id: str) -> str:
    """The path of the node that a text id names ("/data/place/village:label"), for relative places in it."""
    return _path(text_id.partition(":")[0]) if text_id.startswith("/") else ""


def written(element: etree._Element, where: str, root: str) -> str:
    """The text of a label, hint or itext value, its <output>s as `${path}`."""
    parts = [element.text or ""]
    for child in element:
        value = (child.get("value") or child.get("ref") or "").strip()
        parts.append(
            "${" + (absolute(value, where, root) or value) + "}" if _local(child) == "output" else ""
        )
        parts.append(child.tail or "")
    return "".join(parts).strip()


def absolute(expression: str, where: str, root: str) -> str | None:
    """The field path of a path expression standing at the field `where`; None when it is none."""
    expression = expression.strip()
    if expression.startswith("/" + root + "/") and SIMPLE.fullmatch(expression):
        return _path(expression)
    if not SIMPLE.fullmatch(expression) or expression.startswith("/"):
        return None
    steps = where.split("/")[1:]
    for step in expression.removeprefix("current()/").split("/"):
        if step == "..":
            if not steps:
                return None
            steps.pop()
        elif step != ".":
            steps.append(step.rpartition(":")[2])
    return "".join("/" + step for step in steps)
