"""Withdrawn answers off the disk here too: rows, words and free pages, before hub.db counts them as gone."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Sequence

from server.consultation.following import goes_on, held_of
from server.consultation.planning import tables_kept
from server.hub import Hub
from server.store import consultation_source as source
from server.store.consultation import NAME, ConsultationFile, Damaged, is_passing, opened, remove

log = logging.getLogger(__name__)
CHECKING = "consultation-"  # folders of comparisons that were cut off


def wipe(hub: Hub) -> bool:
    """Takes every submission that is no more out of consultation.db. False when somebody is reading: then it stays
    due. What else changed since is left to the next catch_up, so that a merge of thousands need not wait."""
    for left in hub.data.glob(f"{CHECKING}*"):
        shutil.rmtree(left, ignore_errors=True)
    if not (hub.data / NAME).exists():
        return True
    with held_of(hub).working:
        try:
            if hub.config.consultation:
                with opened(hub.data / NAME) as file:
                    return _wipe(hub, file)
        except Damaged as fault:
            log.warning("consultation database thrown away reason=%s", fault)
        except Exception as fault:
            if not is_passing(fault):
                raise
            log.warning("consultation database not wiped yet fault=%s", type(fault).__name__)
            return False
        return _thrown_away(hub)


def _thrown_away(hub: Hub) -> bool:
    try:
        remove(hub.data / NAME)
    except OSError:
        return False
    return True


def _wipe(hub: Hub, file: ConsultationFile) -> bool:
    state = file.state()
    if not state or not goes_on(hub, state):
        raise Damaged("other layout or other hub")
    with file.transaction():
        tables = {form: tables_kept(kept) for form, (kept, _) in file.held_forms().items()}
        for form, rows in _gone(hub, file, state["place"]["n"]).items():
            file.take_out(tables[form], rows)
        for name in _unknown(hub, file):
            file.forget_name("actor", name)
    return file.scrub([held[0].search for held in tables.values()])


def _gone(hub: Hub, file: ConsultationFile, n: int) -> dict[int, dict[str, int]]:
    """form -> key -> number, of what has rows here and is no more; its number may be another's now."""
    found: dict[int, dict[str, int]] = {}
    while changed := source.changes_after(hub.read(), n, source.MANY):
        numbers = [number for _, number in changed]
        keys = source.keys_of(hub.read(), numbers)
        for form, rows in file.rows_of(numbers).items():
            gone = {key: number for key, number in rows.items() if keys.get(number) != (form, key)}
            found.setdefault(form, {}).update(gone)
        n = changed[-1][0]
    return {form: rows for form, rows in found.items() if rows}


def _unknown(hub: Hub, file: ConsultationFile) -> Sequence[str]:
    """People whom only withdrawn submissions named."""
    actors, _ = source.names_held(hub.read())
    return [number for number in file.names("actor") if number not in actors]
