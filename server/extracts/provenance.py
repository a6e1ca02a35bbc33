"""Where a row comes from: the columns beside the answers of the root, named as ODK Central names them, then ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from i18n import mark
from server.exports.central_csv import STATUS
from server.extracts.asking import Values
from server.extracts.sheets import Cell, Column, Kind, Role
from server.extracts.wording import in_both
from server.store.extract_source import DAMAGED_FILE, RootRow

REVIEW_STATES = {
    "hasIssues": mark("Has issues"),
    "edited": mark("Edited"),
    "rejected": mark("Rejected"),
    "approved": mark("Approved"),
}
UNREAD = "not read"  # the form version or the bytes have not come here yet
SEALED = {
    0: STATUS["missingEncryptedFormData"],
    1: STATUS["notDecrypted"],
    DAMAGED_FILE: STATUS["damagedEncryptedFormData"],
}
LABELS = {
    "SubmissionDate": mark("Received at"),
    "KEY": mark("Key of the row"),
    "PARENT_KEY": mark("Key of the row that it belongs to"),
    "SubmitterID": mark("Number of the sender"),
    "SubmitterName": mark("Sender"),
    "AttachmentsPresent": mark("Files that arrived"),
    "AttachmentsExpected": mark("Files that the answers name"),
    "Status": mark("Status"),
    "ReviewState": mark("Review state"),
    "DeviceID": mark("Device"),
    "Edits": mark("Number of edits"),
    "FormVersion": mark("Form version"),
    "Hub": mark("Hub that received it"),
    "Province": mark("Province of the submission"),
    "UpdatedAt": mark("Changed at"),
    "DeletedAt": mark("Deleted at"),
}


def columns_before() -> tuple[Column, ...]:
    return (_column("SubmissionDate", Kind.DATETIME),)


def columns_after(provinces: Values) -> tuple[Column, ...]:
    """The columns behind the answers; `provinces`: codes with their labels."""
    return (
        _column("KEY", role=Role.KEY),
        _column("SubmitterID"),
        _column("SubmitterName"),
        _column("AttachmentsPresent", Kind.INTEGER),
        _column("AttachmentsExpected", Kind.INTEGER),
        _column("Status"),
        replace(_column("ReviewState", Kind.CHOICE), values=_states()),
        _column("DeviceID"),
        _column("Edits", Kind.INTEGER),
        _column("FormVersion"),
        _column("Hub"),
        replace(_column("Province", Kind.CHOICE, Role.PROVINCE), values=provinces),
        _column("UpdatedAt", Kind.DATETIME),
        _column("DeletedAt", Kind.DATETIME),
    )


def key_columns(table: str) -> tuple[Column, ...]:
    """Of a repeat, by its path."""
    keys = _column("PARENT_KEY", role=Role.PARENT), _column("KEY", role=Role.KEY)
    return tuple(replace(column, table=table) for column in keys)


def _column(name: str, kind: Kind = Kind.TEXT, role: Role = Role.PROVENANCE) -> Column:
    return Column(name, kind, labels=in_both(LABELS[name]), role=role)


def _states() -> Values:
    return {code: in_both(said) for code, said in REVIEW_STATES.items()}


class Names:
    """What numbers of actors and ids of hubs are called. A number is made text once, not once a row."""

    def __init__(self, actors: Mapping[int, str], hubs: Mapping[str, str]) -> None:
        self._actors: dict[int, str] = {**actors}
        self._hubs = dict(hubs)

    def actors(self, numbers: Sequence[int | None]) -> list[Cell]:
        return [None if number is None else self._actors.get(number) for number in numbers]

    def hubs(self, ids: Sequence[str]) -> list[Cell]:
        return [self._hubs.get(one, one) for one in ids]


def moments(stamps: Sequence[str | None]) -> list[Cell]:
    """Stamps as Central's API shows them: milliseconds, UTC."""
    return [None if stamp is None else f"{stamp[:23]}Z" for stamp in stamps]


def status(row: RootRow) -> Cell:
    """Of a submission whose answers are not here."""
    return UNREAD if row[9] is None else SEALED[row[9]]


def cells(rows: Sequence[RootRow], statuses: Sequence[Cell], names: Names, provinces: Sequence[Cell]) -> tuple[
    list[Sequence[Cell]], list[Sequence[Cell]]
]:  # fmt: skip
    """(what stands before the answers, what stands behind them)"""
    (keys, _, _, received, updated, deleted, submitters, present, expected, _, states, devices, edits, versions,
     hubs) = zip(*rows, strict=True)  # fmt: skip
    after: list[Sequence[Cell]] = [
        keys,
        [None if number is None else str(number) for number in submitters],
        names.actors(submitters),
        list(map(str, present)),
        list(map(str, expected)),
        statuses,
        states,
        [device or None for device in devices],
        list(map(str, edits)),
        [version or None for version in versions],
        names.hubs(hubs),
        provinces,
        moments(updated),
        moments(deleted),
    ]
    return [moments(received)], after
