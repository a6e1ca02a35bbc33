"""The codebook of a form: every column of its data, what was asked, and in which versions.

Made from compiled forms, so that it tells what tablets had, whatever became of the workbook.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from lxml import etree

from forms.fields import Field, _local, _parse, _path, read_schema
from forms.itext import Texts
from forms.questions import Question, Questionnaire, Section, flat, read_questionnaire

CONTROLS = {"select1": "select_one", "select": "select_multiple", "trigger": "acknowledge"}
PLACE = re.compile(r"\$\{/(?:[^{}/]+/)*([^{}/]+)\}")
TYPES = {"string": "text", "int": "integer", "dateTime": "datetime", "binary": "file", "unknown": "text"}


@dataclass(frozen=True, slots=True)
class Value:
    """One choice. versions: those in which it could be chosen."""

    name: str
    labels: Texts
    versions: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Variable:
    """One column, or a group or repeat of columns. type: as an XLSForm calls it. Expressions are as
    the designer wrote them, "" for none. file: of the choices, when they are not in the form."""

    path: str
    type: str
    labels: Texts
    hints: Texts
    relevant: str
    constraint: str
    required: str
    calculation: str
    sensitivity: str
    values: tuple[Value, ...]
    file: str
    versions: tuple[str, ...]

    @property
    def name(self) -> str:
        return self.path.rpartition("/")[2]

    @property
    def is_section(self) -> bool:
        return self.type in ("group", "repeat")


@dataclass(frozen=True)
class Codebook:
    """versions: oldest first. variables: in the order of the newest version, then those it no longer has."""

    form_id: str
    title: str
    languages: tuple[str, ...]
    versions: tuple[str, ...]
    variables: tuple[Variable, ...] = field(default=())

    @property
    def columns(self) -> list[Variable]:
        return [one for one in self.variables if not one.is_section]

    def is_gone(self, variable: Variable) -> bool:
        return self.versions[-1] not in variable.versions


def read_codebook(xforms: Sequence[bytes]) -> Codebook:
    """The codebook of all these versions of one form, oldest first; what is said of a column is what
    its newest version says. Raises FormFault form.*."""
    names = _version_names([read_schema(xform).version for xform in xforms])
    questionnaire = read_questionnaire(xforms[-1])
    known: dict[str, Variable] = {}
    for name, xform in zip(names, xforms, strict=True):
        read = {one.path: one for one in _variables(xform, name)}
        earlier = {path: one for path, one in known.items() if path not in read}
        known = {path: _joined(known.get(path), one) for path, one in read.items()} | earlier
    return Codebook(
        questionnaire.form_id, questionnaire.title, questionnaire.languages, names, tuple(known.values())
    )


def _version_names(said: list[str]) -> tuple[str, ...]:
    """Rivals made apart may share a version: they are told apart by a number."""
    names: list[str] = []
    for version in said:
        times = sum(name.partition(" #")[0] == version for name in names)
        names.append(f"{version} #{times + 1}" if times else version)
    return tuple(names)


def _joined(before: Variable | None, now: Variable) -> Variable:
    if before is None:
        return now
    held = {value.name: value for value in before.values}
    values = [replace(v, versions=_older(held.pop(v.name, None)) + v.versions) for v in now.values]
    return replace(now, versions=before.versions + now.versions, values=(*values, *held.values()))


def _older(value: Value | None) -> tuple[str, ...]:
    return value.versions if value else ()


def _variables(xform: bytes, version: str) -> Iterator[Variable]:
    schema, questionnaire = read_schema(xform), read_questionnaire(xform)
    items = {item.path: item for item in flat(questionnaire.items)}
    binds = _binds(xform)
    for one in schema.fields:
        if one.path != "/meta":
            yield _variable(one, items.get(one.path), binds.get(one.path, {}), questionnaire, version)


def _binds(xform: bytes) -> dict[str, Mapping[str, str]]:
    """{path: attributes of its bind}, names without namespaces."""
    model: etree._Element = next(e for e in _parse(xform).iter() if _local(e) == "model")
    return {
        _path(bind.get("nodeset", "")): {
            str(name).rpartition("}")[2]: " ".join(str(said).split()) for name, said in bind.attrib.items()
        }
        for bind in model
        if _local(bind) == "bind"
    }


def _variable(
    one: Field, item: Question | Section | None, bind: Mapping[str, str], form: Questionnaire, version: str
) -> Variable:
    question = item if isinstance(item, Question) else None
    choices = question.choices if question else None
    expressions = {name: as_written(bind.get(name, ""), form.root) for name in
                   ("relevant", "constraint", "required", "calculate")}  # fmt: skip
    return Variable(
        path=one.path,
        type=_type(one, question, bind),
        labels=texts_as_written(item.labels) if item else {},
        hints=texts_as_written(question.hints) if question else {},
        relevant=expressions["relevant"],
        constraint=expressions["constraint"],
        required="" if expressions["required"] == "false()" else expressions["required"],
        calculation=expressions["calculate"],
        sensitivity=bind.get("sensitivity", ""),
        values=tuple(Value(c.name, c.labels, (version,)) for c in (choices.items if choices else ())),
        file=choices.file if choices else "",
        versions=(version,),
    )


def _type(one: Field, question: Question | None, bind: Mapping[str, str]) -> str:
    if one.type in ("structure", "repeat"):
        return "group" if one.type == "structure" else "repeat"
    if question is None:
        preloaded = bind.get("preloadParams") or bind.get("preload")
        return preloaded or ("calculate" if bind.get("calculate") else "hidden")
    if not question.number:
        return "note"
    if question.control == "upload":
        return (
            question.settings.get("mediatype", "").partition("/")[0].replace("application", "file") or "file"
        )
    if question.control == "input":
        return TYPES.get(one.type, one.type)
    return CONTROLS.get(question.control, question.control)


def texts_as_written(texts: Texts) -> Texts:
    """Texts with `${name}` for the answers in them, as designers write it, in place of whole paths."""
    return {language: PLACE.sub(r"${\1}", text) for language, text in texts.items()}


def as_written(expression: str, root: str) -> str:
    """An expression with `${name}` for each path, as designers write it."""
    place = rf"(?:current\(\)/)?(?:\.\./)+[\w.:/-]*[\w]|/{re.escape(root)}(?:/[\w.:-]+)+"
    named = re.sub(
        rf"\s*(?:{place})\s*", lambda m: " ${" + m[0].strip().rpartition("/")[2] + "} ", expression
    )
    return re.sub(r"(?<=\() | (?=[),])", "", " ".join(named.split()))
