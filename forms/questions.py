"""XForm → what a person is asked, in order: sections, questions, choices, conditions, in every language.

`forms/fields.py` tells what a form stores; this tells what it says. Paper and other readings of a form for
people are made from it. Expressions are kept as written; paths are those of `fields.Field`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from lxml import etree

from forms.columns import language_code
from forms.fields import _local, _parse, _path, read_schema
from forms.itext import ITEXT, Texts, read_texts, written

JAVAROSA = "{http://openrosa.org/javarosa}"
CONTROLS = {"input", "select1", "select", "rank", "range", "upload", "trigger", "secret"}
CHOOSING = {"select1", "select", "rank"}
LIST = re.compile(r"instance\(\s*['\"](.+?)['\"]\s*\)/root/item(?:\[(.*)\])?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Choice:
    name: str
    labels: Texts


@dataclass(frozen=True, slots=True)
class Choices:
    """Where a select's answers come from.

    items: none when they are in a file of their own (`file`) or are answers to other questions.
    depends: the expression that narrows them, "" for none.
    """

    items: tuple[Choice, ...] = ()
    file: str = ""
    value: str = "name"
    label: str = "label"
    depends: str = ""


@dataclass(frozen=True, slots=True)
class Rules:
    """A bind: expressions as written, "" where there is none. required: "true()" or a condition."""

    type: str = "string"
    relevant: str = ""
    constraint: str = ""
    constraint_messages: Texts = field(default_factory=dict)
    required: str = ""
    readonly: bool = False
    calculate: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """number: from 1 through the whole form; 0 for a note. control: the body element's name.
    media: file names to show or play, in form order. settings: attributes of the control."""

    path: str
    number: int
    control: str
    labels: Texts
    hints: Texts
    guidance: Texts
    rules: Rules
    choices: Choices | None
    media: tuple[str, ...]
    settings: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Section:
    """A group, or a repeat with `count` ("" when the interviewer decides)."""

    path: str
    labels: Texts
    rules: Rules
    repeat: bool
    count: str
    items: tuple[Question | Section, ...]


@dataclass(frozen=True, slots=True)
class Questionnaire:
    """root: the root element's name. languages: in form order; ("default",) when the form names none."""

    form_id: str
    version: str
    title: str
    root: str
    languages: tuple[str, ...]
    items: tuple[Question | Section, ...]

    def questions(self) -> Iterator[Question]:
        yield from leaves(self.items)


def read_questionnaire(xform: bytes) -> Questionnaire:
    """What a compiled form asks. Raises FormFault form.*, as `read_schema` does."""
    schema = read_schema(xform)
    document = _parse(xform)
    model = next(e for e in document.iter() if _local(e) == "model")
    binds = {_path(bind.get("nodeset", "")): bind for bind in model if _local(bind) == "bind"}
    texts = read_texts(model, schema.root)
    reading = _Reading(schema.root, texts, _lists(model), _files(model), binds)
    body = next((e for e in document if _local(e) == "body"), None)
    items = () if body is None else tuple(reading.items(body, ""))
    languages = tuple(texts) or ("default",)
    return Questionnaire(schema.form_id, schema.version, schema.title, schema.root, languages, items)


def labels_by_path(asked: Questionnaire) -> dict[str, dict[str, str]]:
    """ "/data/village" -> {"km": …, "en": …}: what each question and repeat is called, where it has a name."""
    found = dict[str, dict[str, str]]()
    for item in flat(asked.items):
        found.setdefault(
            f"/{asked.root}{item.path}", {language_code(name): text for name, text in item.labels.items()}
        )
    return found


def flat(items: Iterable[Question | Section]) -> Iterator[Question | Section]:
    """Questions, notes, groups and repeats, in form order."""
    for item in items:
        yield item
        yield from flat(item.items) if isinstance(item, Section) else ()


def leaves(items: tuple[Question | Section, ...]) -> Iterator[Question]:
    """The questions and notes of sections, in form order."""
    for item in items:
        if isinstance(item, Section):
            yield from leaves(item.items)
        else:
            yield item


def _lists(model: etree._Element) -> dict[str, etree._Element]:
    """Choice lists in the form, by name: their <root>."""
    return {
        instance.get("id", ""): instance[0]
        for instance in model
        if _local(instance) == "instance" and instance.get("id") and not instance.get("src") and len(instance)
    }


def _files(model: etree._Element) -> dict[str, str]:
    """Choice lists in files, by name: the file's name."""
    return {
        instance.get("id", ""): instance.get("src", "").rpartition("/")[2]
        for instance in model
        if _local(instance) == "instance" and instance.get("src")
    }


@dataclass
class _Reading:
    """What one walk over the body needs, and the number of the last question."""

    root: str
    texts: dict[str, dict[str, dict[str, str]]]
    lists: dict[str, etree._Element]
    files: dict[str, str]
    binds: dict[str, etree._Element]
    number: int = 0
    known: dict[tuple[str, str], tuple[Choice, ...]] = field(default_factory=dict)

    def items(self, parent: etree._Element, path: str) -> Iterator[Question | Section]:
        for element in parent:
            name = _local(element)
            if name == "group":
                yield self._section(element, path)
            elif name == "repeat":
                # A repeat without a group around it, as hand-written forms have it.
                yield self._repeat(element, element, path)
            elif name in CONTROLS:
                yield self._question(element, name)

    def _section(self, element: etree._Element, path: str) -> Section:
        repeat = next((child for child in element if _local(child) == "repeat"), None)
        if repeat is not None:
            return self._repeat(element, repeat, path)
        here = _path(element.get("ref", "")) or path
        labels, rules = self._child(element, "label", here), self._rules(element.get("ref", ""))
        return Section(here, labels, rules, False, "", tuple(self.items(element, here)))

    def _repeat(self, group: etree._Element, repeat: etree._Element, path: str) -> Section:
        here = _path(repeat.get("nodeset", "")) or path
        labels = self._child(group, "label", here)
        count = (repeat.get(JAVAROSA + "count") or "").strip()
        rules = self._rules(repeat.get("nodeset", ""))
        return Section(here, labels, rules, True, count, tuple(self.items(repeat, here)))

    def _question(self, element: etree._Element, control: str) -> Question:
        path = _path(element.get("ref", ""))
        rules = self._rules(element.get("ref", ""))
        note = rules.readonly and control in ("input", "secret")
        self.number += not note
        return Question(
            path=path,
            number=0 if note else self.number,
            control=control,
            labels=self._child(element, "label", path),
            hints=self._child(element, "hint", path),
            guidance=self._child(element, "hint", path, "guidance"),
            rules=rules,
            choices=self._choices(element) if control in CHOOSING or element.get("query") else None,
            media=self._media(element),
            settings={str(key).rpartition("}")[2]: str(value) for key, value in element.attrib.items()},
        )

    def _rules(self, nodeset: str) -> Rules:
        path = _path(nodeset)
        bind = self.binds.get(path) if path else None
        if bind is None:
            return Rules()
        required = (bind.get("required") or "").strip()
        return Rules(
            type=(bind.get("type") or "string").rpartition(":")[2],
            relevant=(bind.get("relevant") or "").strip(),
            constraint=(bind.get("constraint") or "").strip(),
            constraint_messages=self._said(bind.get(JAVAROSA + "constraintMsg") or ""),
            required="" if required == "false()" else required,
            readonly=(bind.get("readonly") or "").strip() == "true()",
            calculate=(bind.get("calculate") or "").strip(),
        )

    def _said(self, text: str, form: str = "") -> Texts:
        """The texts of `jr:itext('…')`, or the text itself in every language."""
        if found := ITEXT.fullmatch(text.strip()):
            said = {lang: texts.get(found[1], {}).get(form, "") for lang, texts in self.texts.items()}
            # pyxform writes "-" where the workbook has a blank cell.
            return {lang: text for lang, text in said.items() if text and text != "-"}
        return dict.fromkeys(self.texts or ("default",), text.strip()) if text.strip() and not form else {}

    def _child(self, element: etree._Element, name: str, path: str, form: str = "") -> Texts:
        child = next((e for e in element if _local(e) == name), None)
        if child is None:
            return {}
        return self._said(child.get("ref") or written(child, path, self.root), form)

    def _media(self, element: etree._Element) -> tuple[str, ...]:
        found: dict[str, None] = {}
        for child in element:
            if _local(child) == "label" and (said := ITEXT.fullmatch((child.get("ref") or "").strip())):
                for texts in self.texts.values():
                    for form, address in texts.get(said[1], {}).items():
                        if form in ("image", "audio", "video"):
                            found[address.rpartition("/")[2]] = None
        return tuple(found)

    def _choices(self, element: etree._Element) -> Choices:
        if query := element.get("query"):
            return Choices(file="itemsets.csv", depends=query)
        itemset = next((e for e in element if _local(e) == "itemset"), None)
        if itemset is None:
            return Choices(tuple(self._choice(e, "value", "label") for e in element if _local(e) == "item"))
        refs = {_local(e): e.get("ref", "") for e in itemset}
        found = LIST.search(itemset.get("nodeset", ""))
        if found is None:
            return Choices(depends=itemset.get("nodeset", ""))
        name, depends = found[1], (found[2] or "").strip()
        if name in self.files:
            return Choices(
                (), self.files[name], refs.get("value", "name"), refs.get("label", "label"), depends
            )
        return Choices(
            self._listed(name, refs.get("value", "name"), refs.get("label", "label")), depends=depends
        )

    def _listed(self, name: str, value: str, label: str) -> tuple[Choice, ...]:
        # One list serves many questions, and may be long.
        if (name, label) not in self.known:
            items = self.lists.get(name, ())
            self.known[name, label] = tuple(self._choice(item, value, label) for item in items)
        return self.known[name, label]

    def _choice(self, item: etree._Element, value: str, label: str) -> Choice:
        cells = {_local(cell): cell for cell in item}
        name = (cells[value].text or "").strip() if value in cells else ""
        if (itext := ITEXT.fullmatch(label.strip())) or "itextId" in label:
            text_id = (cells["itextId"].text or "") if "itextId" in cells else itext[1] if itext else ""
            return Choice(name, self._said(f"jr:itext('{text_id}')"))
        cell = cells.get(label)
        return Choice(
            name, {} if cell is None else self._said(cell.get("ref") or written(cell, "", self.root))
        )
