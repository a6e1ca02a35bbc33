"""Words in open answers: who said them, to which question, and in which words.

What was typed is what is shown; only the index knows keys. The answers that came last are shown first, and no more is
read than is shown: a word that stands in every submission costs what a rare one does.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from heapq import merge
from itertools import islice
from operator import attrgetter

from i18n.khmer_order import MARKS
from i18n.khmer_search import holds, places, query_keys, search_key
from server.consultation.following import catch_up, plans_of, rebuild
from server.consultation.planning import FormPlan
from server.consultation.tables import Place
from server.errors import Fault
from server.hub import Hub
from server.peers import project_of
from server.store import consultation_search as store
from server.store.actors import Connection
from server.store.consultation import NAME, Damaged, damage_told, open_answers, read_only
from server.store.forms import list_standing

AROUND = 40  # characters shown on either side
MOST = 500  # answers in one go
SUBSCRIPT_SIGN = "\u17d2"


@dataclass(frozen=True, slots=True)
class Found:
    """One answer. submission, key: of its root and its row. path, column, labels: of the question. snippet: part of
    the text as it was typed; marks: where in it the words stand, (start, end) in characters."""

    project: str
    form_id: str
    submission: str
    received: str
    table: str
    key: str
    path: str
    column: str
    labels: Mapping[str, str]
    snippet: str
    marks: tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Result:
    """answers: those that came last first. more: whether there are others."""

    answers: tuple[Found, ...]
    more: bool


def search(hub: Hub, words: str, forms: Collection[int], limit: int = 20) -> Result:
    """Submissions that hold all of the words, in whichever of their answers. forms: numbers of those looked through.

    Raises Fault search.off, search.empty.
    """
    keys = query_keys(words)
    if not keys:
        raise Fault("search.empty")
    if not catch_up(hub):
        raise Fault("search.off")
    limit = max(1, min(limit, MOST))
    try:
        found = _first(hub, keys, forms, limit + 1)
    except Damaged:
        rebuild(hub)  # the index alone may be broken, which nobody saw before
        found = _first(hub, keys, forms, limit + 1)
    return Result(tuple(found[:limit]), len(found) > limit)


def _first(hub: Hub, keys: Sequence[str], forms: Collection[int], limit: int) -> list[Found]:
    """Raises Damaged."""
    db = read_only(hub.data / NAME)
    try:
        with damage_told():
            held = [plan for number, plan in plans_of(hub).items() if number in forms]
            streams = [_answers(db, plan, keys) for plan in held]
            return list(islice(merge(*streams, key=attrgetter("received"), reverse=True), limit))
    finally:
        db.close()


def look_up(hub: Hub, words: str, project: str | None, form_id: str | None, limit: int) -> Result:
    """The same for who says projects by number or name and forms by id; None: all of them.

    Raises Fault project.unknown, form.unknown besides.
    """
    only = project_of(hub, project).id if project is not None else None
    standing = [form for form in list_standing(hub.read()) if only in (None, form.project_id)]
    chosen = [form.id for form in standing if form_id in (None, form.xml_form_id)]
    if form_id is not None and not chosen:
        raise Fault("form.unknown", form_id=form_id)
    return search(hub, words, chosen, limit)


def _answers(db: Connection, plan: FormPlan, keys: Sequence[str]) -> Iterator[Found]:
    """Where the words stand as such; after all these, where words only begin so."""
    seen = set[int]()
    for begun in (False, True):
        for number, root in store.holding(db, plan.root.search, keys, begun=begun):
            if number not in seen:
                seen.add(number)
                yield from _of_submission(db, plan, root, keys, begun)


def _of_submission(
    db: Connection, plan: FormPlan, root: str, keys: Sequence[str], begun: bool
) -> Iterator[Found]:
    moment = store.received(db, plan.root.name, root)
    for table, number, row, text in open_answers(db, plan.tables, root):
        key = search_key(text)
        if any(holds(key, wanted, begun=begun) for wanted in keys):
            snippet, marks = excerpt(text, places(text, keys, begun=begun))
            yield _found(plan, table.name, table.places[number], root, row, moment, snippet, marks)


def _found(
    plan: FormPlan, table: str, place: Place, root: str, row: str, moment: str, snippet: str,
    marks: tuple[tuple[int, int], ...],
) -> Found:  # fmt: skip
    column = place.column
    return Found(plan.project, plan.form.xml_form_id, root, moment, table, row, column.path, place.name,
                 column.labels, snippet, marks)  # fmt: skip


def excerpt(text: str, spans: Sequence[tuple[int, int]]) -> tuple[str, tuple[tuple[int, int], ...]]:
    """The text around the first of the spans, and the spans that are in it; "…" stands for what is left out. No
    letter is cut off from what hangs on it."""
    first = spans[0][0] if spans else 0
    start, end = _cut(text, max(0, first - AROUND)), _cut(text, min(len(text), first + 2 * AROUND))
    before, after = "…" if start else "", "…" if end < len(text) else ""
    shift = len(before) - start
    marks = tuple((s + shift, e + shift) for s, e in spans if start <= s and e <= end)
    return before + text[start:end] + after, marks


def _cut(text: str, place: int) -> int:
    """The nearest place from here on where Khmer may be cut."""
    while 0 < place < len(text) and (text[place - 1] == SUBSCRIPT_SIGN or _is_mark(text[place])):
        place += 1
    return place


def _is_mark(sign: str) -> bool:
    return MARKS[0] <= sign <= MARKS[2] or sign == MARKS[-1] or sign in "\u200b\u200c\u200d"
