"""The versions of one entity as a person looks at them to settle a conflict. No Flask, no SQL.

Rules of lastGoodVersion and relevantToConflict: ODK Central's API, "Listing Versions".
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from server.entities import in_storage_order
from server.store.entities import EntityRow


@dataclass(slots=True)
class Told:
    """What the history says of one version."""

    row: EntityRow
    base_diff: list[str] = field(default_factory=list)
    server_diff: list[str] = field(default_factory=list)
    last_good: bool = False
    relevant: bool = False

    def json(self) -> dict[str, Any]:
        return {
            "conflict": self.row.conflict,
            "resolved": bool(self.row.resolved),
            "baseDiff": self.base_diff,
            "serverDiff": self.server_diff,
            "lastGoodVersion": self.last_good,
            "relevantToConflict": self.relevant,
        }


def tell(versions: Sequence[EntityRow]) -> list[Told]:
    """versions: all, oldest first, at least one."""
    told = [Told(row) for row in versions]
    for one in told[1:]:
        base = versions[(one.row.base or 1) - 1]
        one.base_diff = _differing(one.row, base)
        one.server_diff = _differing(one.row, versions[one.row.version - 2])
    first = next((one.row.version for one in told if one.row.conflict and not one.row.resolved), None)
    if first is None:
        told[-1].last_good = True
        return told
    good = first - 1
    told[good - 1].last_good = True
    needed = {one.row.base for one in told if one.row.version > good}
    for one in told:
        one.relevant = one.row.version >= good or one.row.version in needed
    return told


def _differing(row: EntityRow, other: EntityRow) -> list[str]:
    """What a version brought that the other has not, or has otherwise."""
    values = {**other.values, "label": other.label}
    received = in_storage_order(row.brought)
    return [name for name, value in received.items() if values.get(name) != value]
