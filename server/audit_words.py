"""The audit log in sentences: who did what to what, for people who are not programs. No Flask, no SQL."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from i18n import mark
from server.audits import Told, Wanted, actee_of, actor_of, read_lines
from server.overview import local_time
from server.store import actors, forms, peers, projects
from server.store.actors import Connection
from server.subjects import actor_number, split_submission

# Groups by which one looks, as `audits.actions_of` takes them.
GROUPS: Mapping[str, str] = {
    "": mark("everything"),
    "nonverbose": mark("without single submissions"),
    "user": mark("people and signing in"),
    "project": mark("consultations"),
    "form": mark("forms and exports"),
    "submission": mark("submissions"),
    "entity": mark("entities"),
}
SENTENCES: Mapping[str, str] = {
    "user.create": mark("added the person {what}"),
    "user.update": mark("changed the person {what}"),
    "user.delete": mark("ended the access of {what}"),
    "user.session.create": mark("signed in"),
    "user.reset.create": mark("made a link for a new password of {what}"),
    "user.second_factor.create": mark("switched a second factor on"),
    "user.second_factor.delete": mark("switched the second factor of {what} off"),
    "user.assignment.create": mark("gave {what} a role"),
    "user.assignment.delete": mark("took a role from {what}"),
    "user.preference.update": mark("changed an own setting"),
    "user.preference.delete": mark("took back an own setting"),
    "assignment.create": mark("gave {what} a role"),
    "assignment.delete": mark("took a role from {what}"),
    "project.create": mark("made the consultation {what}"),
    "project.update": mark("changed the consultation {what}"),
    "project.delete": mark("deleted the consultation {what}"),
    "project.privacy.update": mark("set how carefully answers of {what} are kept"),
    "project.quotas.update": mark("set whom {what} is to hear"),
    "public_wave.create": mark("fixed a public wave of {what}"),
    "form.create": mark("added the form {what}"),
    "form.update": mark("changed the form {what}"),
    "form.delete": mark("put the form {what} into the trash"),
    "form.restore": mark("took the form {what} out of the trash"),
    "form.purge": mark("deleted the form {what} for good"),
    "form.update.draft.set": mark("brought a draft of the form {what}"),
    "form.update.draft.delete": mark("discarded the draft of the form {what}"),
    "form.update.publish": mark("published the form {what}"),
    "form.attachment.update": mark("changed a file of the form {what}"),
    "form.submission.export": mark("exported the submissions of {what}"),
    "field_key.create": mark("added the tablet {what}"),
    "field_key.delete": mark("deleted the tablet {what}"),
    "field_key.session.end": mark("ended the access of the tablet {what}"),
    "field_key.assignment.create": mark("let the tablet {what} see a form"),
    "field_key.assignment.delete": mark("took a form from the tablet {what}"),
    "public_link.create": mark("made the public link {what}"),
    "public_link.assignment.create": mark("opened a form to the public link {what}"),
    "public_link.assignment.delete": mark("shut a form to the public link {what}"),
    "public_link.delete": mark("deleted the public link {what}"),
    "public_link.session.end": mark("ended the public link {what}"),
    "submission.create": mark("sent a submission of {what}"),
    "submission.park": mark("sent something of {what} that is set aside"),
    "submission.update": mark("reviewed a submission of {what}"),
    "submission.update.version": mark("edited a submission of {what}"),
    "submission.update.resolve": mark("decided a conflict in {what}"),
    "submission.attachment.update": mark("brought a file of a submission of {what}"),
    "submission.delete": mark("put a submission of {what} into the trash"),
    "submission.restore": mark("took a submission of {what} out of the trash"),
    "submission.purge": mark("withdrew a submission of {what} for good"),
    "config.set": mark("changed a setting of the hub"),
    "hub.add": mark("paired with the hub {what}, or changed what is known of it"),
    "hub.remove": mark("ended the pair with the hub {what}"),
    "hub.offer": mark("made an offer to pair"),
    "hub.offer.end": mark("an offer to pair ended"),
    "dataset.create": mark("made an entity list"),
    "dataset.update": mark("changed an entity list"),
    "dataset.delete": mark("deleted an entity list"),
    "entity.create": mark("made an entity"),
    "entity.update.version": mark("changed an entity"),
    "entity.update.resolve": mark("decided a conflict of an entity"),
    "entity.delete": mark("deleted an entity"),
    "entity.restore": mark("took an entity back"),
    "entity.error": mark("an entity could not be made"),
}
OTHER = mark("did something else: {action}")


@dataclass(frozen=True, slots=True)
class Sentence:
    """`words`: of SENTENCES or OTHER, with `what` and `action` to fill in."""

    at: str
    who: str
    words: str
    what: str
    action: str
    hub: str
    notes: str


class Teller:
    """Names of what lines are about; kept, since neighbours are often of one thing."""

    def __init__(self, db: Connection) -> None:
        self._db, self._known = db, dict[str, str]()
        self._hubs = peers.hub_names(db)

    def sentences(self, wanted: Wanted) -> Iterator[Sentence]:
        for told in read_lines(self._db, wanted):
            yield self.tell(told)

    def tell(self, told: Told) -> Sentence:
        entry, action = told.entry, told.line.action
        actor = actor_of(entry)
        by = entry.body.get("by")
        who = (
            self._actor(actor)
            if actor is not None
            else str(by.get("name") or "")
            if isinstance(by, dict)
            else ""
        )
        what = self._name(actee_of(entry) or entry.subject)
        words = SENTENCES.get(action, OTHER)
        notes = entry.body.get("notes")
        return Sentence(local_time(entry.made_at) or "", who, words, what, action, self._hubs.get(entry.hub, entry.hub),
                        notes if isinstance(notes, str) else "")  # fmt: skip

    def _name(self, subject: str) -> str:
        if subject not in self._known:
            self._known[subject] = self._look_up(subject)
        return self._known[subject]

    def _look_up(self, subject: str) -> str:
        room, _, name = subject.partition(":")
        if room == "actor":
            return self._actor(actor_number(name))
        if room == "project":
            project = projects.find_by_uid(self._db, name)
            return project.name if project else name
        if room == "hub":
            return self._hubs.get(name, name)
        if room in ("form", "submission") and subject.count("/"):
            about = split_submission(subject if room == "submission" else f"submission:{name}/-")
            form = forms.find_by_key(self._db, about.project, about.form_key)
            return form.xml_form_id if form else about.form_key
        return name

    def _actor(self, number: int) -> str:
        key = f"number:{number}"
        if key not in self._known:
            found = actors.find_actor(self._db, number)
            self._known[key] = found.display_name if found else ""
        return self._known[key]
