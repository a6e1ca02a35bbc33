"""When tablets were last heard of, and which form versions they fetched: noted in memory, and written down now and
then, so that a hall full of tablets that send is not slowed by it. No Flask, no SQL."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field

from server.hub import Hub
from server.store import forms, sightings
from server.store.actors import Actor, Connection
from server.store.forms import Form
from server.store.projects import Project

FULL = 500  # tablets noted: more are written down at once


@dataclass(slots=True)
class Sighting:
    """`old`: (xmlFormId, version fetched, version published) of forms of which it has not the published version;
    `lacking`: xmlFormIds of those that it never fetched here. Both only of forms that it may see."""

    seen_at: str = ""
    agent: str = ""
    old: list[tuple[str, str, str]] = field(default_factory=list)
    lacking: list[str] = field(default_factory=list)


class Sightings:
    def __init__(self, hub: Hub) -> None:
        self._hub, self._lock = hub, threading.Lock()
        self._seen: dict[int, tuple[str, str]] = {}
        self._fetched: dict[tuple[int, int, str], tuple[str, str]] = {}

    def note(self, tablet: Actor, agent: str, fetched: tuple[int, str, str] | None = None) -> None:
        """fetched: (project, xmlFormId, version) that it was given just now."""
        now = self._hub.clock.stamp()
        with self._lock:
            self._seen[tablet.id] = now, agent[:200]
            if fetched is not None:
                project, form, version = fetched
                self._fetched[tablet.id, project, form] = version, now
            is_full = len(self._seen) > FULL
        if is_full:
            self.flush()

    def flush(self) -> None:
        """What was noted goes onto the disk."""
        with self._lock:
            seen, self._seen = self._seen, {}
            fetched, self._fetched = self._fetched, {}
        if not seen:
            return

        def work(db: Connection) -> None:
            sightings.write_seen(db, [(actor, *said) for actor, said in seen.items()])
            sightings.write_fetched(db, [(*key, *said) for key, said in fetched.items()])

        self._hub.database.write(work)

    def of(self, project: Project, sees: dict[int, set[str]]) -> dict[int, Sighting]:
        """actor -> what is known of it. sees: actor -> xmlFormIds that it may see."""
        self.flush()
        db = self._hub.read()
        found = {actor: Sighting(*said) for actor, said in sightings.list_seen(db, project.uid).items()}
        has = {(actor, form): version for actor, form, version, _ in sightings.list_fetched(db, project.id)}
        current = {form.xml_form_id: _version(self._hub, form) for form in forms.list_forms(db, project.id)
                   if form.current_id is not None and form.state == "open"}  # fmt: skip
        for actor, seen_forms in sees.items():
            one = found.setdefault(actor, Sighting())
            for form, version in current.items():
                if form not in seen_forms:
                    continue
                held = has.get((actor, form))
                if held is None:
                    one.lacking.append(form)
                elif held != version:
                    one.old.append((form, held, version))
        return found


def _version(hub: Hub, form: Form) -> str:
    version = forms.find_version(hub.read(), form.current_id) if form.current_id is not None else None
    return version.version if version else ""
