"""The form against the version that is out: what becomes of the data that was and will be gathered.

Both are compared as compiled, so that an .xlsx and a hub's XForm serve alike. Renames are guesses, by label.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from lxml import etree

from forms.checks.findings import Finding, find
from forms.columns import Header
from forms.design import Design, Question
from forms.fields import Field, Schema, read_schema

TEXT = "string"
Labels = tuple[str, ...]


@dataclass(frozen=True)
class Version:
    """A compiled form: its schema, and by path the labels (in all languages) and the choices of a question."""

    schema: Schema
    labels: dict[str, Labels] = field(default_factory=dict)
    choices: dict[str, dict[str, Labels]] = field(default_factory=dict)

    @property
    def fields(self) -> dict[str, Field]:
        return {f.path: f for f in self.schema.fields if not f.path.startswith("/meta")}


def check_compared(design: Design, old_xform: bytes, new_xform: bytes) -> Iterator[Finding]:
    """Raises FormFault when the old form is none."""
    old, new = read_version(old_xform), read_version(new_xform)
    if old.schema.form_id != new.schema.form_id:
        yield _in_settings(
            design, "form_id", "compared.other_form", old=old.schema.form_id, new=new.schema.form_id
        )
        return
    if old.schema.version == new.schema.version and old_xform != new_xform:
        yield _in_settings(design, "version", "compared.same_version", version=new.schema.version)
    places = {question.path: question for question in design.questions if question.kind != "close"}
    heirs = successors(old, new)
    for path, gone in old.fields.items():
        if path in new.fields:
            yield from _check_kept(design, places, old, new, path)
        elif gone.type != "structure":
            yield from _check_gone(design, places, old, new, path, heirs.get(path, ""))


def read_version(xform: bytes) -> Version:
    schema = read_schema(xform)
    document = etree.fromstring(
        xform, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False)
    )
    texts = _itext(document)
    version = Version(schema)
    lists = {
        instance.get("id", ""): _items(instance, texts)
        for instance in document.iterfind(".//{*}model/{*}instance")
        if instance.get("id") and not instance.get("src")
    }
    for element in document.iterfind(".//{*}body//*[@ref]"):
        path = "/" + "/".join(element.get("ref", "").split("/")[2:])
        version.labels.setdefault(path, _label(element.find("{*}label"), texts))
        itemset = element.find("{*}itemset")
        if itemset is not None:
            named = itemset.get("nodeset", "").partition("instance('")[2].partition("'")[0]
            if named in lists:
                version.choices[path] = lists[named]
    return version


def _itext(document: etree._Element) -> dict[str, Labels]:
    found: dict[str, Labels] = {}
    for text in document.iterfind(".//{*}itext/{*}translation/{*}text"):
        value = next((v for v in text.iterfind("{*}value") if not v.get("form")), None)
        said = "" if value is None else "".join(str(part) for part in value.itertext()).strip()
        found[text.get("id", "")] = (*found.get(text.get("id", ""), ()), said)
    return found


def _label(label: etree._Element | None, texts: dict[str, Labels]) -> Labels:
    if label is None:
        return ()
    named = label.get("ref", "").partition("jr:itext('")[2].partition("'")[0]
    return texts.get(named, ()) if named else ("".join(str(part) for part in label.itertext()).strip(),)


def _items(instance: etree._Element, texts: dict[str, Labels]) -> dict[str, Labels]:
    found = {}
    for item in instance.iterfind("{*}root/{*}item"):
        named = item.findtext("{*}itextId")
        found[item.findtext("{*}name") or ""] = (
            texts.get(named, ()) if named else (item.findtext("{*}label") or "",)
        )
    return found


# --- questions that are gone


def successors(old: Version, new: Version) -> dict[str, str]:
    """Old path -> the new one that seems to be the same question: by name, by letters, then by label."""
    fresh = [path for path in new.fields if path not in old.fields]
    found: dict[str, str] = {}
    for path in (p for p in old.fields if p not in new.fields):
        alike = (
            [p for p in fresh if p.lower() == path.lower()]
            or [p for p in fresh if _name(p) == _name(path) and new.fields[p].type == old.fields[path].type]
            or [p for p in fresh if _same_label(old.labels.get(path, ()), new.labels.get(p, ()))]
        )
        if len(alike) == 1 and alike[0] not in found.values():
            found[path] = alike[0]
    return found


def _same_label(old: Labels, new: Labels) -> bool:
    return any(label and label in new for label in old)


def _name(path: str) -> str:
    return path.rpartition("/")[2]


def _check_gone(
    design: Design, places: dict[str, Question], old: Version, new: Version, path: str, now: str
) -> Iterator[Finding]:
    if not now:
        yield find("compared.removed", design.survey, 0, design.header("name"), path=path)
        return
    where = places.get(now)
    before, after = _table(old, path), _table(new, now)
    if before != after:
        values = {"path": now, "old": before or "/", "new": after or "/"}
        yield _at(design, "compared.repeat_changed", where, "name", **values)
        return
    code = "compared.renamed"
    if now.lower() == path.lower():
        code = "compared.changed_case"
    elif _name(now) == _name(path):
        code = "compared.moved"
    yield _at(design, code, where, "name", path=now, old=path)


def _table(version: Version, path: str) -> str:
    """The path of the table (the root "" or a repeat) that a field lies in."""
    return version.schema.tables[version.fields[path].table].path


# --- questions that stay


def _check_kept(
    design: Design, places: dict[str, Question], old: Version, new: Version, path: str
) -> Iterator[Finding]:
    was, now, where = old.fields[path], new.fields[path], places.get(path)
    if was.type != now.type:
        # As server/definition.py: only a leaf may become a text.
        text = now.type == TEXT and was.type not in ("structure", "repeat")
        code = "compared.became_text" if text else "compared.retyped"
        yield _at(design, code, where, "type", path=path, old=was.type, new=now.type)
    elif was.select_multiple != now.select_multiple:
        kinds = {True: "select_multiple", None: "select_one"}
        if path in old.choices or path in new.choices:
            values = {"path": path, "old": kinds[was.select_multiple], "new": kinds[now.select_multiple]}
            yield _at(design, "compared.select_changed", where, "type", **values)
    if path in old.choices and path in new.choices:
        yield from _check_choices(design, where, path, old.choices[path], new.choices[path])


def _check_choices(
    design: Design, where: Question | None, path: str, old: dict[str, Labels], new: dict[str, Labels]
) -> Iterator[Finding]:
    for name, labels in old.items():
        if name in new:
            if labels and new[name] and not any(label in new[name] for label in labels):
                values = {"old": labels[0], "new": new[name][0]}
                yield _choice(
                    design, where, name, "compared.choice_changed", path=path, choice=name, **values
                )
            continue
        heirs = [one for one in new if one not in old and _same_label(labels, new[one])]
        if heirs:
            yield _choice(
                design, where, heirs[0], "compared.choice_renamed", path=path, old=name, new=heirs[0]
            )
        else:
            yield _at(design, "compared.choice_removed", where, "type", path=path, choice=name)


def _choice(design: Design, where: Question | None, name: str, code: str, **values: str) -> Finding:
    listed = design.lists.get(where.list, []) if where else []
    choice = next((one for one in listed if one.name == name), None)
    if choice is None:
        return _at(design, code, where, "type", **values)
    headers = design.choices.columns("name")
    return find(code, design.choices, choice.row, headers[0] if headers else None, **values)


def _at(design: Design, code: str, where: Question | None, column: str, **values: str) -> Finding:
    return find(code, design.survey, where.row if where else 0, design.header(column), **values)


def _in_settings(design: Design, column: str, code: str, **values: str) -> Finding:
    headers: list[Header] = design.settings.columns(column)
    row = design.settings.rows[0] if design.settings.rows else 0
    return find(code, design.settings, row, headers[0] if headers else None, **values)
