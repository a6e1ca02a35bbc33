"""Names of what entries are about. One place, because they are part of every entry's hash."""

from __future__ import annotations

import hashlib
from typing import NamedTuple
from urllib.parse import quote

TRIAL = "#draft-"  # no id can hold it: form_key escapes the sign
NUMBER_BITS = 31  # fits the integers of R, SQLite, PostgreSQL and JavaScript alike


class SubmissionSubject(NamedTuple):
    project: str
    form_key: str
    instance_id: str


def project_subject(uid: str) -> str:
    return f"project:{uid}"


def actor_subject(uid: str) -> str:
    return f"actor:{uid}"


def form_subject(project_uid: str, form_key: str) -> str:
    return f"form:{project_uid}/{form_key}"


def form_key(xml_form_id: str) -> str:
    """The form's part of a subject: its id with everything escaped that could end it."""
    return quote(xml_form_id, safe="")


def trial_key(key: str, draft: str) -> str:
    """The form's part of the subjects of test submissions to a draft, which the id of its entry names."""
    return f"{key}{TRIAL}{draft[:16]}"


def is_trial(key: str) -> bool:
    return TRIAL in key


def plain_key(key: str) -> str:
    """The form's own part of a subject, also of a draft's test submissions."""
    return key.partition(TRIAL)[0]


def submission_subject(project_uid: str, key: str, instance_id: str) -> str:
    """InstanceIDs are unique in a form only (Central), so the subject names the form too."""
    return f"submission:{project_uid}/{key}/{instance_id}"


def dataset_subject(project_uid: str, key: str) -> str:
    return f"dataset:{project_uid}/{key}"


def dataset_key(name: str, nth: int = 1) -> str:
    """The list's part of a subject: its name, in which nothing can stand that would end it. Of lists made
    after one of their name was deleted, the second is `name#2`."""
    return name if nth == 1 else f"{name}#{nth}"


def dataset_name(key: str) -> str:
    return key.partition("#")[0]


def split_dataset(subject: str) -> tuple[str, str]:
    """(project uid, key of the list)"""
    project, _, key = subject.removeprefix("dataset:").partition("/")
    return project, key


def entity_subject(uuid: str) -> str:
    """Uuids of entities are unique across the server (Central), so the subject names neither list nor project."""
    return f"entity:{uuid}"


def list_subject(project_uid: str, dataset: str) -> str:
    """What is done to many entities of a list at once. Not the list's own subject: it changes nothing of it."""
    return f"entities:{project_uid}/{dataset}"


def split_entity(subject: str) -> str:
    """The uuid."""
    return subject.removeprefix("entity:")


def split_form(subject: str) -> tuple[str, str]:
    """(project uid, form key)"""
    project, _, key = subject.removeprefix("form:").partition("/")
    return project, key


def split_submission(subject: str) -> SubmissionSubject:
    project, key, instance_id = subject.removeprefix("submission:").split("/", 2)
    return SubmissionSubject(project, key, instance_id)


def project_uid(name: str, nth: int = 0) -> str:
    """The uid of the nth project of this name that a hub makes.

    Made from the name, so that two provinces that each began the same consultation by themselves
    hold one project when they meet, not two tables that nobody can merge.
    """
    said = name.strip() if nth == 0 else f"{name.strip()}\n{nth}"
    return hashlib.sha256(said.encode()).hexdigest()[:16]


def actor_number(uid: str) -> int:
    """The integer by which Central's API knows an actor. Made from the uid, so that SubmitterID is
    the same in every hub's CSV."""
    number = int.from_bytes(hashlib.sha256(uid.encode()).digest()[:4], "big") >> (32 - NUMBER_BITS)
    return max(number, 1)
