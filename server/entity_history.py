"""The versions of one entity as a person looks at them to settle a conflict. No Flask, no SQL.

Rules of lastGoodVersion and relevantToConflict: ODK Central's API, "Listing Versions".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from server.entities import in_storage_order
from server.store.entities import EntityRow
from sync.entities import SOFT


@dataclass(slots=True)
class Told:
    """What the history says of one version."""

    row: EntityRow
    conflict: str | None = None
    base_diff: list[str] = field(default_factory=list)
    server_diff: list[str] = field(default_factory=list)
    last_good: bool = False
    relevant: bool = False

    @property
    def resolved(self) -> bool:
        return self.conflict is not None and bool(self.row.resolved)

    def json(self) -> dict[str, Any]:
        return {
            "conflict": self.conflict,
            "resolved": self.resolved,
            "baseDiff": self.base_diff,
            "serverDiff": self.server_diff,
            "lastGoodVersion": self.last_good,
            "relevantToConflict": self.relevant,
        }


def tell(versions: Sequence[EntityRow]) -> list[Told]:
    """versions: all, oldest first, at least one."""
    told = [Told(row, row.conflict) for row in versions]
    _mark_gaps(told)
    for one in told[1:]:
        base = versions[(one.row.base or 1) - 1]
        one.base_diff = _differing(one.row, base)
        one.server_diff = _differing(one.row, versions[one.row.version - 2])
    first = next((one.row.version for one in told if one.conflict and not one.resolved), None)
    if first is None:
        told[-1].last_good = True
        return told
    good = first - 1
    told[good - 1].last_good = True
    needed = {one.row.base for one in told if one.row.version > good}
    for one in told:
        one.relevant = one.row.version >= good or one.row.version in needed
    return told


def _mark_gaps(told: Sequence[Told]) -> None:
    """A version of an offline branch whose base is not joined to where the branch began is shown as a soft
    conflict too, though none was found when it came: a piece between them may be missing."""
    joined: dict[str, int] = {}  # branch -> its last version before any gap
    for one in told:
        row = one.row
        if row.branch is None:
            continue
        if row.branch not in joined:
            joined[row.branch] = _first_joined(row)
        elif row.base == joined[row.branch] and row.version == row.base + 1:
            joined[row.branch] = row.version
        if row.version > 1 and one.conflict is None and joined[row.branch] < (row.base or 0):
            one.conflict = SOFT


def _first_joined(row: EntityRow) -> int:
    if row.trunk is not None:
        return row.version if row.version == row.trunk + 1 else 0
    return 2 if row.version == 2 else 1


def _differing(row: EntityRow, other: EntityRow) -> list[str]:
    """What a version brought that the other has not, or has otherwise."""
    values = {**other.values, "label": other.label}
    received = in_storage_order(row.brought)
    return [name for name, value in received.items() if values.get(name) != value]
