"""Which tables the forms of a hub have: a function of the forms and their versions alone, so that every hub that
holds the same gives them the same names and the same order of columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from hashlib import sha256
from itertools import chain
from typing import Any

from server.consultation.names import distinct, table_name
from server.consultation.tables import Place, TablePlan, plan_table
from server.extracts import provenance
from server.extracts.gathering import published_versions, surrounded
from server.extracts.merging import Version, merged_sheets
from server.extracts.provinces import find_provinces
from server.extracts.sheets import Column, Kind, Sheet
from server.hub import Hub
from server.privacy.consent import consent_column
from server.store import consultation_source as source
from server.store import forms, projects
from server.store.actors import Connection
from server.store.forms import Form

# What the program itself says in the tables; another wording is another layout.
WORDS = sha256(repr((provenance.columns_before(), provenance.columns_after({}))).encode()).hexdigest()[:16]
FIXED = ("forms", "versions", "questions", "choices", "about")  # tables that there always are
LEFT_OUT = "DeletedAt"  # what is in the trash is not in the consultation database


@dataclass(frozen=True)
class FormPlan:
    """A form's tables, the root first. versions: oldest first; published: the moment of each."""

    form: Form
    project: str
    tables: tuple[TablePlan, ...]
    versions: tuple[Version, ...]
    published: tuple[str, ...]

    @property
    def root(self) -> TablePlan:
        return self.tables[0]

    def kept(self) -> dict[str, Any]:
        """What is remembered of it, to tell what a later plan changes. read_by: what answers are taken to say, of
        the province and of consent; a version may make old answers say otherwise."""
        provinces = find_provinces(self.versions)
        return {
            "versions": [[v.number, v.id, provinces.places.get(v.id)] for v in self.versions],
            "read_by": sha256(repr((provinces.values, self._consent())).encode()).hexdigest()[:16],
            "tables": [
                [t.name, t.path, t.parent, [[p.name, p.type, p.open] for p in t.places]] for t in self.tables
            ],
        }

    def _consent(self) -> object:
        columns = [place.column for place in self.root.places if place.part is None]
        place = consent_column(Sheet("", "", None, tuple(columns)))
        return None if place is None else (columns[place].path, columns[place].values)


def tables_kept(kept: Mapping[str, Any]) -> list[TablePlan]:
    """The tables of a plan that was kept, as far as rows are taken out of them."""
    return [
        TablePlan(name, path, tuple(_place_kept(*column) for column in columns), parent)
        for name, path, parent, columns in kept["tables"]
    ]


def _place_kept(name: str, type: str, is_open: bool) -> Place:
    return Place(name, type, 0, Column(name, Kind.TEXT), None, is_open)


def plan_forms(hub: Hub, db: Connection) -> list[FormPlan]:
    """Of every form that is in no trash and was published."""
    held = [(form, published_versions(hub, form, db)) for form in forms.list_standing(db)]
    found = [(form, tuple(versions)) for form, versions in held if versions]
    first = source.first_names(db)
    current = {project.id: project.name for project in projects.list_projects(db)}
    sheets = {form.id: _sheets(form, versions) for form, versions in found}
    wanted = [_wanted(form, sheets[form.id], first[form.project_uid]) for form, _ in found]
    names = distinct(dict(chain.from_iterable(wanted)), FIXED)
    return [
        FormPlan(
            form,
            current.get(form.project_id, first[form.project_uid]),
            tuple(_tables(form, sheets[form.id], versions, names)),
            versions,
            tuple(_moments(db, form, versions)),
        )
        for form, versions in found
    ]


def _sheets(form: Form, versions: Sequence[Version]) -> list[Sheet]:
    """As `gathering.Gathered` has them."""
    answers = merged_sheets(form.xml_form_id, versions)
    after = provenance.columns_after(find_provinces(versions).labels)
    root = surrounded(answers[0], provenance.columns_before(), after)
    return [root, *(surrounded(sheet, (), provenance.key_columns(sheet.path)) for sheet in answers[1:])]


Thing = tuple[str, str, str]
"""Project uid, key of the form, path of the repeat."""


def _wanted(form: Form, sheets: Sequence[Sheet], project: str) -> Iterator[tuple[Thing, str]]:
    """The names that the tables of a form would like."""
    for sheet, name in zip(sheets, _repeat_names(sheets), strict=True):
        parts = [project, form.xml_form_id, *([name] if sheet.path else [])]
        yield (form.project_uid, form.key, sheet.path), table_name(*parts)


def _repeat_names(sheets: Sequence[Sheet]) -> list[str]:
    """The repeat's own name; of those that share one the whole path: that of one does not change when a version
    brings another, since then both have theirs."""
    own = [sheet.path.rpartition("/")[2] for sheet in sheets]
    return [
        name if own.count(name) == 1 else sheet.path[1:].replace("/", "-")
        for name, sheet in zip(own, sheets, strict=True)
    ]


def _tables(
    form: Form, sheets: Sequence[Sheet], versions: Sequence[Version], names: dict[Any, str]
) -> Iterator[TablePlan]:
    uid, key = form.project_uid, form.key
    for sheet in sheets:
        parents = _parents(sheet.path, versions)
        parent = names[uid, key, parents.pop()] if len(parents) == 1 else None
        yield plan_table(
            sheet,
            names[uid, key, sheet.path],
            parent=parent,
            order=list(_order(sheet.path, versions)),
            open_paths=_open(versions),
            leave_out={LEFT_OUT},
        )


def _parents(path: str, versions: Sequence[Version]) -> set[str]:
    """Where a repeat stands, in the versions that have it: a version may have put it into another."""
    found = set[str]()
    for version in versions:
        tables = version.schema.tables
        found |= {tables[t.parent].path for t in tables if t.path == path and t.parent is not None}
    return found


def _order(path: str, versions: Sequence[Version]) -> Iterator[str]:
    """The questions of a table in the order in which versions brought them."""
    seen = set[str]()
    for version in versions:
        for table in version.schema.tables:
            for field in table.columns if table.path == path else ():
                if field.path not in seen:
                    seen.add(field.path)
                    yield field.path


def _open(versions: Sequence[Version]) -> frozenset[str]:
    """Questions that people answer freely."""
    return frozenset(
        path for version in versions for path, asked in version.asked.items() if asked.control == "input"
    )


def _moments(db: Connection, form: Form, versions: Sequence[Version]) -> Iterator[str]:
    moments = {version.id: version.published_at or "" for version in forms.list_versions(db, form.id)}
    return (moments[version.id] for version in versions)
