"""Where a row comes from: the columns beside the answers of the root, named as ODK Central names them, then ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from i18n import mark, translate
from server.exports.central_csv import STATUS
from server.extracts.asking import Values
from server.extracts.sheets import LANGUAGES, Cell, Column, Kind, Role
from server.store.extract_source import RootRow

REVIEW_STATES = {
    "hasIssues": mark("Has issues"),
    "edited": mark("Edited"),
    "rejected": mark("Rejected"),
    "approved": mark("Approved"),
}
UNREAD = "not read"  # the form version or the bytes have not come here yet
PARKED = "parked"
BEFORE = (Column("SubmissionDate", Kind.DATETIME, role=Role.PROVENANCE),)


def _plain(name: str, kind: Kind = Kind.TEXT, values: Values | None = None) -> Column:
    return Column(name, kind, values=values or {}, role=Role.PROVENANCE)


def _in_both(messages: Mapping[str, str]) -> Values:
    return {code: {lang: translate(said, lang) for lang in LANGUAGES} for code, said in messages.items()}


def columns_after(provinces: Values) -> tuple[Column, ...]:
    """The columns behind the answers; `provinces`: codes with their labels."""
    return (
        Column("KEY", Kind.TEXT, role=Role.KEY),
        _plain("SubmitterID"),
        _plain("SubmitterName"),
        _plain("AttachmentsPresent", Kind.INTEGER),
        _plain("AttachmentsExpected", Kind.INTEGER),
        _plain("Status"),
        _plain("ReviewState", Kind.CHOICE, _in_both(REVIEW_STATES)),
        _plain("DeviceID"),
        _plain("Edits", Kind.INTEGER),
        _plain("FormVersion"),
        _plain("Hub"),
        Column("Province", Kind.CHOICE, values=provinces, role=Role.PROVINCE),
        _plain("UpdatedAt", Kind.DATETIME),
        _plain("DeletedAt", Kind.DATETIME),
    )


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
    if row[9] is None:
        return UNREAD
    return STATUS["notDecrypted" if row[9] else "missingEncryptedFormData"]


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
