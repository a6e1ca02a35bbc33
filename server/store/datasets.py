"""Rows of entity lists, their properties, and the forms that write or read them."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from forms.entities import Declaration, SavedField

_COLUMNS = "id, project, key, name, approval, owner_only, rules, created_at, changed_at, deleted_at"


@dataclass(frozen=True, slots=True)
class Dataset:
    """An entity list. project: uid; key: names it for ever, also when another of its name is made later."""

    id: int
    project: str
    key: str
    name: str
    approval: int
    owner_only: int
    rules: str | None
    created_at: str
    changed_at: str
    deleted_at: str | None

    @property
    def access_rules(self) -> list[tuple[str, str]]:
        """(property of the list, property of the actor): a row that matches in one of them is seen."""
        said = orjson.loads(self.rules) if self.rules else []
        return [(rule["datasetProperty"], rule["actorProperty"]) for rule in said]


@dataclass(frozen=True, slots=True)
class Property:
    name: str
    published_at: str


@dataclass(frozen=True, slots=True)
class RelatedForm:
    """A form that has to do with a list, in its published version or its draft. path: of the repeat whose
    turns make entities, "" when it is none."""

    xml_form_id: str
    name: str
    is_draft: bool
    path: str = ""


@dataclass(frozen=True, slots=True)
class Link:
    """A file of a form version that is the list of this key."""

    name: str
    dataset: str
    updated_at: str | None


# Lists


def find_dataset(db: sqlite3.Connection, project: str, name: str) -> Dataset | None:
    """The list that now bears this name, deleted ones left out."""
    return _one(db, "project = ? AND name = ? AND deleted_at IS NULL ORDER BY key LIMIT 1", project, name)


def find_by_key(db: sqlite3.Connection, project: str, key: str) -> Dataset | None:
    """The list of a subject, deleted or not."""
    return _one(db, "project = ? AND key = ?", project, key)


def find_by_number(db: sqlite3.Connection, number: int) -> Dataset | None:
    return _one(db, "id = ?", number)


def find_similar(db: sqlite3.Connection, project: str, name: str) -> Dataset | None:
    """A list whose name differs from this one in letter case alone."""
    # SQLite's lower() knows ASCII only; names may be in any alphabet.
    low = name.lower()
    alike = (d for d in list_datasets(db, project) if d.name != name and d.name.lower() == low)
    return next(alike, None)


def _one(db: sqlite3.Connection, where: str, *values: object) -> Dataset | None:
    row = db.execute(f"SELECT {_COLUMNS} FROM dataset WHERE {where}", values).fetchone()
    return Dataset(*row) if row else None


def list_datasets(db: sqlite3.Connection, project: str, *, deleted: bool = False) -> list[Dataset]:
    """By name; those in the trash instead when `deleted`."""
    rows = db.execute(
        f"SELECT {_COLUMNS} FROM dataset WHERE project = ? AND deleted_at IS {'NOT ' if deleted else ''}NULL "
        "ORDER BY name, key",
        (project,),
    )
    return [Dataset(*row) for row in rows]


def write_dataset(db: sqlite3.Connection, project: str, key: str, values: Mapping[str, Any]) -> int:
    names = ", ".join(["project", "key", *values])
    slots = ", ".join("?" for _ in range(len(values) + 2))
    filled = ", ".join(f"{c} = excluded.{c}" for c in values)
    row = db.execute(
        f"INSERT INTO dataset ({names}) VALUES ({slots}) ON CONFLICT (project, key) DO UPDATE SET {filled} "
        "RETURNING id",
        (project, key, *values.values()),
    )
    return int(row.fetchone()[0])


# Properties


def list_properties(db: sqlite3.Connection, dataset_id: int) -> list[Property]:
    """In the order in which they were published; those of one form in the order of its questions."""
    rows = db.execute(
        "SELECT name, published_at FROM dataset_property WHERE dataset_id = ? ORDER BY place", (dataset_id,)
    )
    return [Property(*row) for row in rows]


def write_properties(db: sqlite3.Connection, dataset_id: int, properties: Iterable[Property]) -> None:
    db.execute("DELETE FROM dataset_property WHERE dataset_id = ?", (dataset_id,))
    db.executemany(
        "INSERT INTO dataset_property (dataset_id, name, place, published_at) VALUES (?, ?, ?, ?)",
        [(dataset_id, each.name, place, each.published_at) for place, each in enumerate(properties)],
    )


# What forms declare and use


def declarations_of(db: sqlite3.Connection, version_id: int) -> list[Declaration]:
    """What a form version declares, in the order of the form; nothing for one without entities."""
    rows = db.execute(
        "SELECT place, dataset, path, is_repeat, actions FROM form_dataset WHERE form_version_id = ? "
        "ORDER BY place",
        (version_id,),
    ).fetchall()
    return [
        Declaration(dataset, tuple(actions.split()), path, bool(repeat), _saved(db, version_id, place))
        for place, dataset, path, repeat, actions in rows
    ]


def _saved(db: sqlite3.Connection, version_id: int, place: int) -> tuple[SavedField, ...]:
    rows = db.execute(
        "SELECT path, property FROM form_property WHERE form_version_id = ? AND place = ? ORDER BY nth",
        (version_id, place),
    )
    return tuple(SavedField(*row) for row in rows)


def list_makers(db: sqlite3.Connection) -> list[tuple[str, str]]:
    """(project uid, form key) of the forms of which any version declares entities."""
    rows = db.execute(
        "SELECT DISTINCT p.uid, f.key FROM form_dataset s JOIN form_version v ON v.id = s.form_version_id "
        "JOIN form f ON f.id = v.form_id JOIN project p ON p.id = f.project_id ORDER BY p.uid, f.key"
    )
    return [(row[0], row[1]) for row in rows]


def write_declarations(db: sqlite3.Connection, version_id: int, declarations: Iterable[Declaration]) -> None:
    drop_declarations(db, version_id)
    for place, one in enumerate(declarations):
        db.execute(
            "INSERT INTO form_dataset (form_version_id, place, dataset, path, is_repeat, actions) "
            "VALUES (?, ?, ?, ?, ?, ?)",
            (version_id, place, one.dataset, one.path, int(one.is_repeat), " ".join(one.actions)),
        )
        db.executemany(
            "INSERT INTO form_property (form_version_id, place, path, nth, property) VALUES (?, ?, ?, ?, ?)",
            [(version_id, place, f.path, nth, f.property) for nth, f in enumerate(one.fields)],
        )


def drop_declarations(db: sqlite3.Connection, version_id: int) -> None:
    for table in ("form_dataset", "form_property"):
        db.execute(f"DELETE FROM {table} WHERE form_version_id = ?", (version_id,))


def list_unread(db: sqlite3.Connection) -> list[int]:
    """Form versions whose declarations an older program passed over."""
    rows = db.execute("SELECT form_version_id FROM form_unread ORDER BY form_version_id")
    return [row[0] for row in rows]


def forget_unread(db: sqlite3.Connection) -> None:
    db.execute("DELETE FROM form_unread")


def list_links(db: sqlite3.Connection, version_id: int) -> dict[str, Link]:
    """file name -> the list that fills the slot."""
    rows = db.execute(
        "SELECT name, dataset, updated_at FROM form_link WHERE form_version_id = ? ORDER BY name",
        (version_id,),
    )
    return {row[0]: Link(*row) for row in rows}


def write_links(db: sqlite3.Connection, version_id: int, links: Iterable[Link]) -> None:
    db.execute("DELETE FROM form_link WHERE form_version_id = ?", (version_id,))
    db.executemany(
        "INSERT INTO form_link (form_version_id, name, dataset, updated_at) VALUES (?, ?, ?, ?)",
        [(version_id, each.name, each.dataset, each.updated_at) for each in links],
    )


def forget_versions(db: sqlite3.Connection, form_id: int, keep: int | None) -> None:
    """What draft versions other than the one in force declared and used."""
    stale = "SELECT id FROM form_version WHERE form_id = ? AND published_at IS NULL AND id IS NOT ?"
    for table in ("form_dataset", "form_property", "form_link"):
        db.execute(f"DELETE FROM {table} WHERE form_version_id IN ({stale})", (form_id, keep))


_IN_FORCE = (
    "JOIN form_version v ON v.id = {0}.form_version_id "
    "JOIN form f ON f.id = v.form_id AND f.deleted_at IS NULL AND (v.id = f.current_id OR v.id = f.draft_id) "
    "JOIN project p ON p.id = f.project_id AND p.uid = ?"
)
_FORM = "f.xml_form_id, coalesce(v.name, f.xml_form_id), v.id IS f.draft_id"


def list_source_forms(db: sqlite3.Connection, dataset: Dataset) -> list[RelatedForm]:
    """Forms whose submissions make or change entities of the list."""
    rows = db.execute(
        f"SELECT DISTINCT {_FORM}, CASE WHEN s.is_repeat THEN s.path || '/' ELSE '' END FROM form_dataset s "
        f"{_IN_FORCE.format('s')} WHERE s.dataset = ? ORDER BY 1, 3, 4",
        (dataset.project, dataset.name),
    )
    return [RelatedForm(row[0], row[1], bool(row[2]), row[3]) for row in rows]


def list_linked_forms(db: sqlite3.Connection, dataset: Dataset) -> list[RelatedForm]:
    """Forms that have the list as a file."""
    rows = db.execute(
        f"SELECT DISTINCT {_FORM} FROM form_link s {_IN_FORCE.format('s')} WHERE s.dataset = ? ORDER BY 1, 3",
        (dataset.project, dataset.key),
    )
    return [RelatedForm(row[0], row[1], bool(row[2])) for row in rows]


def list_writers(db: sqlite3.Connection, dataset: Dataset) -> dict[str, list[RelatedForm]]:
    """property -> published forms that write it."""
    rows = db.execute(
        f"SELECT DISTINCT w.property, {_FORM} FROM form_dataset s {_IN_FORCE.format('s')} "
        "JOIN form_property w ON w.form_version_id = s.form_version_id AND w.place = s.place "
        "WHERE s.dataset = ? AND v.id = f.current_id ORDER BY 1, 2",
        (dataset.project, dataset.name),
    )
    found: dict[str, list[RelatedForm]] = {}
    for name, form_id, title, _ in rows:
        found.setdefault(name, []).append(RelatedForm(form_id, title, False))
    return found


# What distinguishes one actor from another


def list_actor_properties(db: sqlite3.Connection, project: str) -> list[str]:
    rows = db.execute("SELECT name FROM actor_property WHERE project = ? ORDER BY name", (project,))
    return [row[0] for row in rows]


def write_actor_property(db: sqlite3.Connection, project: str, name: str) -> None:
    db.execute("INSERT OR IGNORE INTO actor_property (project, name) VALUES (?, ?)", (project, name))


def values_in_use(db: sqlite3.Connection, project: str) -> dict[str, list[str]]:
    """actor property -> the values that actors have of it."""
    rows = db.execute(
        "SELECT DISTINCT name, value FROM actor_property_value WHERE project = ? ORDER BY name, value",
        (project,),
    )
    found: dict[str, list[str]] = {}
    for name, value in rows:
        found.setdefault(name, []).append(value)
    return found


def values_of_actors(
    db: sqlite3.Connection, project: str, actors: Iterable[int]
) -> dict[int, dict[str, str]]:
    """actor -> property -> value, in one project."""
    wanted = orjson.dumps(list(actors)).decode()
    rows = db.execute(
        "SELECT v.actor_id, v.name, v.value FROM json_each(?) w JOIN actor_property_value v "
        "ON v.actor_id = w.value AND v.project = ? ORDER BY v.actor_id, v.name",
        (wanted, project),
    )
    found: dict[int, dict[str, str]] = {}
    for actor, name, value in rows:
        found.setdefault(actor, {})[name] = value
    return found


def write_actor_values(db: sqlite3.Connection, actor_id: int, values: Iterable[tuple[str, str, str]]) -> None:
    """All that is known of an actor: (project, property, value)."""
    db.execute("DELETE FROM actor_property_value WHERE actor_id = ?", (actor_id,))
    db.executemany(
        "INSERT INTO actor_property_value (actor_id, project, name, value) VALUES (?, ?, ?, ?)",
        [(actor_id, *each) for each in values],
    )
