"""What needs somebody today, most urgent first. Counts only what the asker may see. No Flask, no SQL."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from i18n import mark
from server.answering import look_in
from server.backups import is_due, last_backup
from server.following import last_met
from server.hub import Hub
from server.hub_notices import own_notices
from server.overview import May, local_time
from server.store import actors, conflicts, forms, listing, peers, projects, submissions
from server.store.forms import Form
from server.store.projects import Project

SILENT = timedelta(days=7)
UNMET = timedelta(days=3)
LITTLE_BYTES = 2_000_000_000  # of disk left
COUNTED = 1000  # of what lacks files: beyond, it is "more than"
FULL_DISK = mark("Only {n} MB are free on this laptop's disk. Make room, or tablets cannot send.")
APART = mark("{n} conflicts wait for a decision.")
ASIDE = mark("{n} are set aside, waiting for a coordinator.")
QUIET = mark("{n} of {all} tablets have sent nothing for a week: {names}")


@dataclass(frozen=True, slots=True)
class Need:
    """`words`: a sentence, with `values` to fill in; `path`: where it is seen to, below the hub's address. `urgent`:
    something may be lost, or somebody waits."""

    words: str
    path: str
    urgent: bool = False
    values: dict[str, Any] = field(default_factory=dict)
    project: str = ""


def needs(hub: Hub, may: May) -> list[Need]:
    found = [*_of_hub(hub, may)]
    for project in projects.list_projects(hub.read()):
        if may("project.read", project, None) and not project.archived:
            found += _of_project(hub, project, may)
    return sorted(found, key=lambda need: not need.urgent)


def _of_hub(hub: Hub, may: Any) -> Iterator[Need]:
    if may("backup.run", None, None) and is_due(hub):
        last = last_backup(hub.data)
        never = mark("No backup was ever made. If this laptop is lost, so is what no other hub holds.")
        words = mark("The last backup is of {moment}.") if last else never
        yield Need(words, "/safety/backup", last is None, {"moment": local_time(last.at) if last else ""})
    if may("config.read", None, None):
        left = shutil.disk_usage(hub.data).free
        if left < LITTLE_BYTES:
            yield Need(FULL_DISK, "/safety", True, {"n": f"{left // 1_000_000:,}"})
        for notice in own_notices(hub):
            yield Need(notice_words(notice), "/hubs", notice.code == "clock.implausible", dict(notice.values))
        yield from _hubs(hub)


def notice_words(notice: Any) -> str:
    from server.hub_notices import MESSAGES

    return MESSAGES[notice.code]


def _hubs(hub: Hub) -> Iterator[Need]:
    now = hub.clock.now()
    for peer in peers.list_peers(hub.read()):
        met = last_met(hub, peer)
        if not met:
            yield Need(
                mark("Nothing was exchanged with {name} yet."), f"/hubs/{peer.id}", False, {"name": peer.name}
            )
        elif now - datetime.fromisoformat(met) > UNMET:
            yield Need(mark("Nothing was exchanged with {name} since {moment}."), f"/hubs/{peer.id}", True,
                       {"name": peer.name, "moment": local_time(met)})  # fmt: skip


def _of_project(hub: Hub, project: Project, may: May) -> Iterator[Need]:
    db, place = hub.read(), f"/projects/{project.id}"
    if may("submission.read", project, None):
        apart = len(conflicts.list_conflicts(db, project.id))
        parked = len(submissions.list_parked(db, project.id))
        if apart:
            yield Need(APART, f"{place}/conflicts", True, {"n": apart}, project.name)
        if parked:
            yield Need(ASIDE, f"{place}/conflicts", True, {"n": parked}, project.name)
    for form in forms.list_forms(db, project.id):
        yield from _of_form(hub, project, form, may)
    if may("field_key.list", project, None):
        yield from _tablets(hub, project)


def _of_form(hub: Hub, project: Project, form: Form, may: May) -> Iterator[Need]:
    said = {"form": form.xml_form_id}
    if form.draft_id is not None and may("form.update", project, form):
        yield Need(mark("A draft of {form} waits to be published."), f"/projects/{project.id}/forms/{form.xml_form_id}",
                   False, dict(said), project.name)  # fmt: skip
    if form.current_id is None or not may("submission.read", project, form):
        return
    look_in(hub, form.id)
    lacking = len(listing.list_ids(hub.read(), listing.Wanted(form.id, lacking=True), COUNTED))
    if lacking:
        words = mark("{n} submissions of {form} lack photos or recordings.")
        if lacking == COUNTED:
            words = mark("More than {n} submissions of {form} lack photos or recordings.")
        yield Need(words, f"/projects/{project.id}/submissions?form={form.xml_form_id}&missing=1", False,
                   {**said, "n": f"{lacking:,}"}, project.name)  # fmt: skip


def _tablets(hub: Hub, project: Project) -> Iterator[Need]:
    live = [one for one in actors.list_app_users(hub.read(), project.uid) if one.token]
    used = actors.last_sent(hub.read(), project.id, [one.id for one in live])
    since = (hub.clock.now() - SILENT).isoformat()
    silent = [one for one in live if used.get(one.id, one.created_at) < since]
    if silent:
        names = ", ".join(one.display_name for one in silent[:5])
        said = {"n": len(silent), "all": len(live), "names": names}
        yield Need(QUIET, f"/projects/{project.id}/people", False, said, project.name)
