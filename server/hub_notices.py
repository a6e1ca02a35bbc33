"""What a coordinator should know of this hub and those that it meets: clocks, copies, newer programs.

Nothing here decides anything: the ledger does not depend on clocks, and copies are told apart. But somebody
has to set the clock, and to put one of two copies away. No Flask, no SQL.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from i18n import mark, translate
from server.clock import shown
from server.following import active_ledgers
from server.hub import Hub
from server.store import peers
from server.store.ledger_sqlite import entries_about, kinds_held
from server.store.peers import Peer
from sync.ledger import KNOWN_KINDS

CLOSE, LATELY = timedelta(minutes=10), timedelta(days=14)
OLDEST, NEWEST = datetime(2026, 1, 1, tzinfo=UTC), datetime(2037, 1, 1, tzinfo=UTC)

MESSAGES: dict[str, str] = {
    "clock.implausible": mark("The clock of this hub says {ours}. Nothing is lost by it, but lists show wrong times: set it."),
    "clock.differs": mark("The clocks differ: here it is {ours}, at {name} it is {theirs}. Set the one that is wrong; nothing is lost by it."),
    "hub.copied": mark("Somebody runs a copy of this hub, found on {at}. Nothing is lost: each copy goes on by itself. Sync both once more, then put one away."),
    "peer.copied": mark("The hub {name} runs twice, from two copies of one disk. Nothing is lost. Tell its coordinator to sync both once more, then to put one away."),
    "peer.restored": mark("The hub {name} was restored from a backup. It gets back what it lacks."),
    "peer.refuses": mark("The hub {name} refused {refused} entries: it does not share their project, or does not take such entries from here."),
    "kinds.newer": mark("Entries of kinds that this program does not know are kept and passed on: {kinds}. Update this hub to see them."),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Notice:
    code: str
    values: dict[str, Any]

    def text(self, lang: str) -> str:
        return translate(MESSAGES[self.code], lang, **self.values)


def notices_of(hub: Hub, peer: Peer, replies: list[Any] | None = None) -> list[Notice]:
    """What to say of a hub, and of this one; replies: what it answered just now, in order."""
    return [*_clocks(hub, peer, replies or []), *_copies(hub, peer), *_refusals(hub, peer), *_kinds(hub)]


def own_notices(hub: Hub) -> list[Notice]:
    return [*_own_clock(hub), *_own_copies(hub), *_kinds(hub)]


def _own_clock(hub: Hub) -> Iterator[Notice]:
    now = hub.clock.now()
    if not OLDEST <= now <= NEWEST:
        yield Notice("clock.implausible", {"ours": shown(hub.clock.stamp())})


def _clocks(hub: Hub, peer: Peer, replies: list[Any]) -> Iterator[Notice]:
    yield from _own_clock(hub)
    theirs = _moment(replies[-1].at) if replies else None
    if theirs is not None and abs(hub.clock.now() - theirs) > CLOSE:
        yield Notice(
            "clock.differs",
            {"ours": shown(hub.clock.stamp()), "theirs": shown(replies[-1].at), "name": peer.name},
        )


def _moment(said: str) -> datetime | None:
    try:
        return datetime.fromisoformat(said).astimezone(UTC)
    except ValueError:
        return None


def _own_copies(hub: Hub) -> Iterator[Notice]:
    found = entries_about(hub.read(), f"hub:{hub.id}", "hub.ledger.renew")
    if found:
        yield Notice("hub.copied", {"at": shown(found[-1][1].made_at)})


def _copies(hub: Hub, peer: Peer) -> Iterator[Notice]:
    yield from _own_copies(hub)
    if len(active_ledgers(hub.read(), peer)) > 1:
        yield Notice("peer.copied", {"name": peer.name})
    elif _restored_lately(hub, peer):
        yield Notice("peer.restored", {"name": peer.name})


def _restored_lately(hub: Hub, peer: Peer) -> bool:
    old = [_moment(known.met_at) for known in peers.list_ledgers(hub.read(), peer.id) if known.replaced_by]
    return any(at is not None and hub.clock.now() - at < LATELY for at in old)


def _refusals(hub: Hub, peer: Peer) -> Iterator[Notice]:
    refused = peers.count_refused(hub.read(), peer.id)
    if refused:
        yield Notice("peer.refuses", {"name": peer.name, "refused": refused})


def _kinds(hub: Hub) -> Iterator[Notice]:
    newer = sorted(hub.remember(("kinds held",), kinds_held) - KNOWN_KINDS)
    if newer:
        yield Notice("kinds.newer", {"kinds": ", ".join(newer)})
