"""A consultation's forms as its coordinators see them: which are out, which wait, what came in by them.

No Flask, no SQL. Only what the asker may see is counted.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from forms.changes import Change, changes
from forms.translations import Progress
from server.form_translations import progress_of
from server.hub import Hub
from server.known import Known
from server.overview import local_time
from server.store import actors, datasets, forms, submissions
from server.store.forms import Form, FormFile, FormVersion
from server.store.ledger_sqlite import entries_of
from server.store.paging import count_live
from server.store.projects import Project
from server.subjects import form_subject

May = Callable[[str, Project | None, Form | None], bool]
DATED = re.compile(r"[0-9]{10}")  # yyyymmddNN, as XLSForm advises
NUMBER = re.compile(r"[0-9]{1,18}")
_changes = Known(100)


@dataclass(frozen=True, slots=True)
class Row:
    """A form in the list. version: that is out, None when none is. total: None for who may not count."""

    form: Form
    title: str
    version: str | None
    has_draft: bool
    total: int | None
    newest: str | None
    progress: tuple[Progress, ...]


@dataclass(frozen=True, slots=True)
class VersionRow:
    """total: submissions that were first sent with it."""

    version: FormVersion
    at: str | None
    by: str
    total: int
    is_current: bool


@dataclass(frozen=True, slots=True)
class Slot:
    """A file that a form needs. dataset: the entity list that fills it; offered: one of its name that could."""

    file: FormFile
    dataset: str | None
    offered: bool

    @property
    def is_filled(self) -> bool:
        return self.file.sha256 is not None or self.dataset is not None


def shelf(hub: Hub, project: Project, may: May) -> list[Row]:
    """By name. Drafts are for those who may change forms, closed ones for those who may read all of them."""
    found = []
    for form in forms.list_forms(hub.read(), project.id):
        drafting = may("form.update", project, form)
        if form.current_id is None and not (form.draft_id and drafting):
            continue
        if form.state == "closed" and not may("form.read", project, form):
            continue
        found.append(_row(hub, project, form, may, drafting=drafting))
    return found


def _row(hub: Hub, project: Project, form: Form, may: May, *, drafting: bool) -> Row:
    db = hub.read()
    out = forms.find_version(db, form.current_id) if form.current_id else None
    draft = forms.find_version(db, form.draft_id) if form.draft_id and drafting else None
    shown = out or draft
    assert shown is not None
    total = newest = None
    if may("submission.list", project, form):
        total, newest = count_live(db, form.id), submissions.newest_moment(db, form.id)
    return Row(
        form, shown.name or form.xml_form_id, out.version if out else None, draft is not None,
        total, local_time(newest), progress_of(hub, form, shown),
    )  # fmt: skip


def trash(hub: Hub, project: Project) -> list[tuple[Form, str | None]]:
    """Forms in the trash, with the moment at which they went there."""
    listed = forms.list_forms(hub.read(), project.id, deleted=True)
    return [(form, local_time(form.deleted_at)) for form in listed]


def versions(hub: Hub, form: Form) -> list[VersionRow]:
    """Published ones, newest first."""
    db = hub.read()
    totals = submissions.count_by_version(db, form.id)
    return [
        VersionRow(
            one, local_time(one.published_at), name_of(hub, one.created_by), totals.get(one.version, 0),
            one.id == form.current_id,
        )
        for one in forms.list_versions(db, form.id)
    ]  # fmt: skip


def name_of(hub: Hub, actor: int | None) -> str:
    """ "" when nobody is known to have done it, as on the command line."""
    found = actors.find_actor(hub.read(), actor) if actor is not None else None
    return found.display_name if found else ""


def slots(hub: Hub, project: Project, version: FormVersion) -> list[Slot]:
    """The files that a version needs, by name."""
    db = hub.read()
    links = datasets.list_links(db, version.id)
    named = {f"{each.name}.csv": each for each in datasets.list_datasets(db, project.uid)}
    return [
        Slot(
            file, links[file.name].name.removesuffix(".csv") if file.name in links else None,
            file.type == "file" and file.name in named,
        )
        for file in forms.list_files(db, version.id)
    ]  # fmt: skip


def draft_changes(hub: Hub, form: Form, draft: FormVersion) -> list[Change] | None:
    """Against the version that is out; None when none is."""
    out = forms.find_version(hub.read(), form.current_id) if form.current_id else None
    if out is None:
        return None
    read = hub.blobs.read
    return _changes.find((out.xform, draft.xform), lambda: changes(read(out.xform), read(draft.xform)))


def suggested_version(hub: Hub, form: Form, draft: FormVersion) -> str:
    """The draft's own when it is still free, else one that comes after it: a version's name means the same bytes
    for ever."""
    today = f"{hub.clock.now():%Y%m%d}01"
    said = draft.version
    while forms.was_published(hub.read(), form.project_id, form.xml_form_id, said) or not said:
        said = _next(said, today)
    return said


def _next(version: str, today: str) -> str:
    if not version or (DATED.fullmatch(version) and version < today):
        return today
    if NUMBER.fullmatch(version):
        return str(int(version) + 1).zfill(len(version))
    stem, _, number = version.rpartition("-")
    return f"{stem}-{int(number) + 1}" if stem and NUMBER.fullmatch(number) else f"{version}-2"


def last_hand(hub: Hub, form: Form) -> str:
    """Who changed the form last, by name; "" when that is not known."""
    entries = entries_of(hub.read(), form_subject(form.project_uid, form.key))
    newest = max(entries, key=lambda entry: entry.made_at, default=None)
    by: Mapping[str, str] = newest.body.get("by", {}) if newest else {}
    return str(by.get("name", ""))
