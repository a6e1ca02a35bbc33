"""What an analyst may choose of an extract. Defaults are those of the command line."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from server.errors import Fault

PROFILES = ("full", "working", "public")
K = 11  # the smallest group that the public profile shows (IOM/CTDC publish at 11)


@dataclass(frozen=True, slots=True)
class Choosing:
    """Which submissions. since, until: days in Cambodia (+07:00) of the reception, both included. provinces: codes
    or names; review_states: as Central names them, "received" for none; facilitators: names or numbers of app
    users. Nothing named = all. deleted, parked: these too."""

    since: date | None = None
    until: date | None = None
    provinces: frozenset[str] = frozenset()
    review_states: frozenset[str] = frozenset()
    facilitators: frozenset[str] = frozenset()
    deleted: bool = False
    parked: bool = False


@dataclass(frozen=True, slots=True)
class Options:
    """profile: how much of people is shown. values: "codes", "labels" or "both" (a label column beside each).
    language: of labels, "km" or "en". labels_as: "collected" (of the version that was filled in) or "current".
    headers: "names" or "labels". selects: of select_multiple "column", "split" or "both". repeats: "files" (a sheet
    each), "wide" (joined to the right) or "long" (their rows with the parents' columns). group_names: whether
    headers begin with the groups' names. points: "split" into four columns or "whole". times: "cambodia" (+07:00,
    the recorded text in a column beside) or "recorded". bom, guard: of CSV. media: whether files go along.
    """

    profile: str = "working"
    values: str = "codes"
    language: str = "en"
    labels_as: str = "collected"
    headers: str = "names"
    selects: str = "column"
    repeats: str = "files"
    group_names: bool = True
    points: str = "split"
    times: str = "cambodia"
    bom: bool = False
    guard: bool = False
    media: bool = True
    k: int = K
    choosing: Choosing = field(default_factory=Choosing)

    def __post_init__(self) -> None:
        for name, allowed in ALLOWED.items():
            if getattr(self, name) not in allowed:
                raise Fault(
                    "export.option", option=name, value=getattr(self, name), allowed=", ".join(allowed)
                )


ALLOWED: dict[str, tuple[str, ...]] = {
    "profile": PROFILES,
    "values": ("codes", "labels", "both"),
    "language": ("km", "en"),
    "labels_as": ("collected", "current"),
    "headers": ("names", "labels"),
    "selects": ("column", "split", "both"),
    "repeats": ("files", "wide", "long"),
    "points": ("split", "whole"),
    "times": ("cambodia", "recorded"),
}
