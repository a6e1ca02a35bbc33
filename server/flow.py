"""Which entries cross between two hubs, and which way. Pure rules over an entry; no store, no web.

A peer is equal to this hub, above it (the nation, seen from a province) or below it (a province, seen
from the nation). Between equals everything that travels flows both ways. Forms, projects and tablets'
access are planned above and go down; testimony is gathered below and goes up; what is decided of it
goes back down to the hub that holds it, and to no other. The sender leaves out what may not flow, and
the receiver refuses it, whatever program sent it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import Enum

from server.subjects import TRIAL, is_trial
from sync.ledger import Entry, travels

EQUAL, ABOVE, BELOW = "equal", "above", "below"
# What this hub is to a peer, by what the peer is to this hub.
MIRROR = {EQUAL: EQUAL, ABOVE: BELOW, BELOW: ABOVE}
PLANNED = frozenset({"project", "form", "field_key", "dataset", "actor_property"})
GATHERED = frozenset({"submission", "comment"})
PURGE = "submission.purge"


class Direction(Enum):
    UP = "up"
    DOWN = "down"
    LEVEL = "level"


@dataclass(slots=True)
class Way:
    """One direction of a pair. `projects`: uids of those that the two share; None: all. `lower`: id of
    the lower hub of the two; `holds`: whether it has the submission of this subject, asked on the way
    down alone. `met`: subjects of its own that passed: restored from a backup, it lacks them until now,
    and what was decided of them comes right behind."""

    direction: Direction
    projects: frozenset[str] | None
    lower: str
    holds: Callable[[str], bool]
    met: set[str] = field(default_factory=set)


def direction_to(relation: str) -> Direction:
    """Towards a peer that is `relation` to this hub. Raises KeyError."""
    return {EQUAL: Direction.LEVEL, ABOVE: Direction.UP, BELOW: Direction.DOWN}[relation]


def direction_from(relation: str) -> Direction:
    return direction_to(MIRROR[relation])


def may_flow(entry: Entry, way: Way) -> bool:
    """Whether an entry may cross this way."""
    if not travels(entry.kind) or _is_tried_out(entry):
        return False
    if entry.subject.startswith("hub:"):
        # A hub says its own name, and nobody else's.
        return entry.kind == "hub.introduce" and entry.subject == f"hub:{entry.hub}"
    if way.projects is not None and project_of_entry(entry) not in way.projects:
        return False
    return _goes(entry, way)


def _is_tried_out(entry: Entry) -> bool:
    """A test submission to a draft, which stays where the draft is."""
    return TRIAL in entry.subject and any(is_trial(part) for part in entry.subject.split("/", 2)[1:2])


def _goes(entry: Entry, way: Way) -> bool:
    rooms = {entry.kind.partition(".")[0], entry.subject.partition(":")[0]}
    match way.direction:
        case Direction.UP:
            return not rooms & PLANNED
        case Direction.DOWN if rooms & GATHERED:
            # A withdrawal reaches everybody who could ever have met the submission.
            return entry.kind == PURGE or _is_lowers(entry, way)
        case _:
            return True


def _is_lowers(entry: Entry, way: Way) -> bool:
    if entry.hub == way.lower or (entry.subject not in way.met and way.holds(entry.subject)):
        way.met.add(entry.subject)
    return entry.subject in way.met


def project_of_entry(entry: Entry) -> str | None:
    """The uid of the project that an entry belongs to; None when it belongs to none."""
    room, _, rest = entry.subject.partition(":")
    if room == "project":
        return rest
    if room in ("form", "submission", "dataset"):
        return rest.partition("/")[0]
    project = entry.body.get("project")
    return project if isinstance(project, str) else None
