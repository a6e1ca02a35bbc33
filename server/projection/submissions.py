"""submission.* and comment.* entries -> what stands of a submission, its versions, files and answers.

A submission that nobody knows yet is written straight away; anything else is decided by
sync.merge.standing over all entries about it, so that every hub comes to the same end.
"""

from __future__ import annotations

import json
from dataclasses import replace

import orjson

from forms.errors import FormFault
from forms.instance import Reading, parse_instance, read_encrypted
from server.projection.context import Context, Offered
from server.projection.kin import gather
from server.store import actors, answers, conflicts, forms, projects, state_tables, submissions
from server.store.database import Connection
from server.store.forms import Form
from server.store.ledger_sqlite import is_alone
from server.store.submissions import Attachment, ParkedRow, Submission, SubmissionVersion
from server.subjects import (
    TRIAL,
    SubmissionSubject,
    is_trial,
    split_form,
    split_submission,
    submission_subject,
)
from sync.errors import BadEntry, BlobMissing
from sync.ledger import Entry
from sync.merge import CREATE, EDIT, Standing, Version, content_of, files_by_version, is_sound, standing


def fold(context: Context, db: Connection, entry: Entry, offered: Offered | None) -> None:
    if not is_sound(entry):
        raise BadEntry("entry.not_an_entry", id=entry.id)
    if TRIAL in entry.subject and not _is_in_force(db, entry.subject):
        return
    plain = _is_plain(entry) and is_alone(db, entry.subject)
    if plain and offered is not None and offered.fresh:
        _insert(db, offered.form_id, offered.schema_id, entry, offered)
    elif not plain or not _insert_unknown(context, db, entry):
        refold(context, db, entry.subject)


def _is_in_force(db: Connection, subject: str) -> bool:
    """False for test submissions to a draft that was published, replaced or dropped."""
    about = split_submission(subject)
    return not is_trial(about.form_key) or forms.find_by_key(db, about.project, about.form_key) is not None


def _is_plain(entry: Entry) -> bool:
    """An original under its own name, taking part."""
    said = entry.body
    if entry.kind != CREATE or said.get("parked") or "deprecated_id" in said:
        return False
    name: str = said["instance_id"]
    return split_submission(entry.subject).instance_id == name


def _insert_unknown(context: Context, db: Connection, entry: Entry) -> bool:
    """The same for an entry from elsewhere. False when the form or version is not known here, or the
    instanceID is: then everything said about it must be weighed."""
    about = split_submission(entry.subject)
    numbers = _numbers(context, db, (about.project, about.form_key, entry.body["form_version"]))
    if numbers is None or submissions.is_known(db, numbers[0], about.instance_id):
        return False
    _insert(db, *numbers, entry, None)
    return True


def _numbers(context: Context, db: Connection, of: tuple[str, str, str]) -> tuple[int, int] | None:
    memo = context.memo
    if not memo.is_on:
        return forms.published_numbers(db, *of)
    if of not in memo.numbers:
        memo.numbers[of] = forms.published_numbers(db, *of)
    return memo.numbers[of]


def _insert(db: Connection, form_id: int, schema_id: int, entry: Entry, offered: Offered | None) -> None:
    """The common case: the first version of a submission, nothing else said about it."""
    said = entry.body
    files: dict[str, str | None] = said.get("files", {})
    row = Submission(
        id=0, form_id=form_id, instance_id=said["instance_id"], version_id=0, created_at=entry.made_at,
        updated_at=None, deleted_at=None, review_state=None,
        submitter_id=actors.number_of(said.get("by")),
        device_id=said.get("device_id"), user_agent=said.get("user_agent"), form_version=said["form_version"],
        edits=0, rivals=0, hub=entry.hub, expected=0, present=0, schema_id=schema_id, stale=1,
    )  # fmt: skip
    attachments = [Attachment(n, sha, False) for n, sha in sorted(files.items())]
    if offered is not None:
        attachments = expected_first(offered.reading, files)
        row.stale = 0
        row.expected, row.present = count_expected(attachments)
    row.id = submissions.write_submission(db, row)
    version_id = submissions.insert_version(
        db, _version_row(row, form_id, entry, row.submitter_id, 0, "current")
    )
    submissions.point_to_version(db, row.id, version_id)
    submissions.write_attachments(db, version_id, attachments)
    if offered is not None:
        _write_reading(db, row.id, offered.reading)


def _write_reading(db: Connection, submission_id: int, reading: Reading) -> None:
    answers.write_answers(db, submission_id, records(reading))
    if reading.answers_file is not None:
        answers.note_encrypted(db, submission_id, reading.answers_file)


def records(reading: Reading) -> list[bytes]:
    """The stored form of answers: compact JSON, one record a table."""
    return [orjson.dumps(rows) for rows in reading.tables]


def expected_first(reading: Reading, files: dict[str, str | None]) -> list[Attachment]:
    """What the instance names, held or not, then what came though it names it not."""
    named = [Attachment(n, files.get(n), True) for n in reading.media]
    return named + [
        Attachment(n, sha, False) for n, sha in sorted(files.items()) if sha and n not in set(reading.media)
    ]


def count_expected(attachments: list[Attachment]) -> tuple[int, int]:
    """(expected, present)"""
    named = [a for a in attachments if a.expected]
    return len(named), sum(1 for a in named if a.sha256)


def _version_row(
    row: Submission, form_id: int, entry: Entry, submitter: int | None, depth: int, place: str
) -> SubmissionVersion:
    said = entry.body
    return SubmissionVersion(
        id=0, form_id=form_id, submission_id=row.id, instance_id=said["instance_id"], xml=entry.blobs[0],
        entry=entry.id, form_version=said["form_version"], deprecated_id=said.get("deprecated_id"),
        instance_name=said.get("instance_name"), created_at=entry.made_at, submitter_id=submitter,
        device_id=said.get("device_id"), user_agent=said.get("user_agent"), depth=depth, standing=place,
    )  # fmt: skip


def refold(context: Context, db: Connection, subject: str) -> None:
    """Decides a submission, and what belongs together with it, anew from everything said about them."""
    about = split_submission(subject)
    project = projects.find_by_uid(db, about.project)
    if project is None:
        return  # folded when the project arrives
    form = forms.find_by_key(db, about.project, about.form_key)
    if form is None and is_trial(about.form_key):
        return
    kin = gather(db, project.id, form, about)
    known = _known_versions(db, form)
    taking_part = set[str]()
    for root in kin.roots:
        held = standing(e for e in kin.branch(root) if not _is_early(e, known))
        taking_part |= {t.id for v in held.versions for t in v.twins}
        if form is not None:
            _write(db, form, about._replace(instance_id=root), held)
    taken = {content_of(e) for entries in kin.subjects.values() for e in entries if _is_free(e)}
    for name, entries in kin.subjects.items():
        submissions.clear_parked(db, submission_subject(*about._replace(instance_id=name)))
        aside = [e for e in entries if _is_aside(e, taking_part, taken)]
        _park(db, project.id, about, entries, aside, known)


def known_about(db: Connection, form: Form, instance_id: str) -> list[Entry]:
    """Every entry that is held about a submission, those too that came before what they edit."""
    about = SubmissionSubject(form.project_uid, form.key, instance_id)
    return gather(db, form.project_id, form, about).branch(instance_id)


def standing_of(db: Connection, form: Form, instance_id: str) -> Standing:
    """What stands of a submission, as it is folded, with the entries that say so."""
    known = _known_versions(db, form)
    return standing(e for e in known_about(db, form, instance_id) if not _is_early(e, known))


def _known_versions(db: Connection, form: Form | None) -> frozenset[str] | None:
    """The names of the form's published versions; None when there is no form, or none published."""
    if form is None or form.current_id is None:
        return None
    return frozenset(v.version for v in forms.list_versions(db, form.id))


def _is_early(entry: Entry, known: frozenset[str] | None) -> bool:
    """Whether it names a form version that is not known here yet."""
    return entry.kind in (CREATE, EDIT) and (known is None or entry.body["form_version"] not in known)


def _is_free(entry: Entry) -> bool:
    return entry.kind in (CREATE, EDIT) and not entry.body.get("parked")


def _is_aside(entry: Entry, taking_part: set[str], taken: set[tuple[str, str]]) -> bool:
    """Whether it is a version that takes no part in any submission, and that nobody accepted."""
    if entry.kind not in (CREATE, EDIT) or entry.id in taking_part:
        return False
    return _is_free(entry) or content_of(entry) not in taken


def _park(
    db: Connection, project_id: int, about: SubmissionSubject, entries: list[Entry], aside: list[Entry],
    known: frozenset[str] | None,
) -> None:  # fmt: skip
    """Keeps them in sight. `entries`: all about their subject."""
    files = files_by_version(entries)
    for entry in aside:
        said = entry.body
        own = {n: sha for n, sha in files[said["instance_id"], entry.blobs[0]].items() if sha}
        row = ParkedRow(
            entry=entry.id, project_id=project_id, form_key=about.form_key, subject=entry.subject,
            instance_id=said["instance_id"], form_version=said["form_version"], reason=_reason(entry, known),
            xml=entry.blobs[0], files=json.dumps(own, ensure_ascii=False, sort_keys=True),
            submitter_id=actors.number_of(said.get("by")), device_id=said.get("device_id"),
            created_at=entry.made_at,
        )  # fmt: skip
        submissions.write_parked(db, row)


def _reason(entry: Entry, known: frozenset[str] | None) -> str:
    said: str | None = entry.body.get("parked")
    if said:
        return said
    if known is None:
        return "form.unknown"
    return "version.unknown" if _is_early(entry, known) else "original.missing"


def _write(db: Connection, form: Form, about: SubmissionSubject, held: Standing) -> None:
    old = submissions.find_submission(db, form.id, about.instance_id)
    if old is not None:
        submissions.clear_submission(db, old.id)
        answers.clear_answers(db, old.id)
    if held.current is None:
        if old is not None:
            submissions.drop_submission(db, old.id)
        return
    row = _standing_row(db, form, about, held, old.id if old else 0)
    row.id = submissions.write_submission(db, row)
    for version in held.versions:
        number = _write_version(db, form, row, version, held)
        if version is held.current:
            submissions.point_to_version(db, row.id, number)
    for kind, sides in conflicts_in(held).items():
        conflicts.write_conflict(db, row.id, kind, sides)
    for comment in held.comments:
        author = actors.number_of(comment.body.get("by"))
        said = submissions.Comment(comment.body["body"], author, comment.made_at)
        submissions.write_comment(db, row.id, comment.id, said)


def conflicts_in(held: Standing) -> dict[str, int]:
    """What a person must decide about a submission -> how many things are set against each other."""
    sides = {
        "versions": len(held.rivals) + 1 if held.rivals else 0,
        "review": len(held.reviews),
        "deleted": len(held.apart),
    }
    return {kind: count for kind, count in sides.items() if count}


def _standing_row(
    db: Connection, form: Form, about: SubmissionSubject, held: Standing, number: int
) -> Submission:
    assert held.current is not None
    root = _root_of(held.current)
    first = root.entry
    return Submission(
        id=number, form_id=form.id, instance_id=about.instance_id, version_id=0, created_at=first.made_at,
        updated_at=held.updated_at, deleted_at=held.deleted.made_at if held.deleted else None,
        review_state=held.review_state, submitter_id=actors.number_of(first.body.get("by")),
        device_id=first.body.get("device_id"), user_agent=first.body.get("user_agent"),
        form_version=first.body["form_version"], edits=held.current.depth, rivals=len(held.rivals), hub=first.hub,
        expected=0, present=0, schema_id=None, stale=1,
    )  # fmt: skip


def _root_of(version: Version) -> Version:
    while version.parents:
        version = max(version.parents, key=lambda p: p.rank)
    return version


def _write_version(db: Connection, form: Form, row: Submission, version: Version, held: Standing) -> int:
    place = "current" if version is held.current else "rival" if version in held.rivals else "past"
    entry = version.entry
    submitter = actors.number_of(entry.body.get("by"))
    number = submissions.insert_version(
        db, _version_row(row, form.id, entry, submitter, version.depth, place)
    )
    files = [
        Attachment(n, sha, False, version.types.get(n)) for n, sha in sorted(version.files.items()) if sha
    ]
    submissions.write_attachments(db, number, files)
    return number


def read_stale(context: Context, db: Connection, submission_id: int) -> None:
    """Reads the answers and expected files of a submission from its stored XML."""
    row = submissions.find_by_number(db, submission_id)
    if row is None:
        return
    for version in submissions.list_versions(db, submission_id):
        reading = _read_version(context, db, version)
        attachments = submissions.list_attachments(db, version.id)
        if reading is not None:
            types = {a.name: a.type for a in attachments}
            attachments = expected_first(reading[0], {a.name: a.sha256 for a in attachments})
            attachments = [replace(a, type=types.get(a.name)) for a in attachments]
            submissions.clear_attachments(db, version.id)
            submissions.write_attachments(db, version.id, attachments)
        if version.id == row.version_id:
            expected, present = count_expected(attachments)
            schema_id = reading[1] if reading else None
            answers.mark_read(db, submission_id, schema_id=schema_id, expected=expected, present=present)
            answers.clear_answers(db, submission_id)
            if reading is not None:
                _write_reading(db, submission_id, reading[0])


def _read_version(context: Context, db: Connection, version: SubmissionVersion) -> tuple[Reading, int] | None:
    """(reading, form version's number); None when the bytes or the form version are not here."""
    published = forms.find_published(db, version.form_id, version.form_version)
    if published is None:
        return None
    try:
        root, envelope = parse_instance(context.blobs.read(version.xml, db))
    except BlobMissing as fault:
        state_tables.note_unfolded(db, version.entry, type(fault).__name__)  # read once the bytes come
        return None
    except FormFault:
        return None
    if envelope.encrypted:
        return read_encrypted(root), published.id
    return context.reader_of(db, published).read(root), published.id


def waiting_for_form(db: Connection, subject: str) -> list[str]:
    """Subjects parked because this form, or a version of it, was not known."""
    project_uid, key = split_form(subject)
    project = projects.find_by_uid(db, project_uid)
    if project is None:
        return []
    return submissions.parked_subjects(db, project.id, key, ("form.unknown", "version.unknown"))
