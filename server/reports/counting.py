"""Answers counted in one pass over each table, by columns: nothing of a single submission is kept but which province it
is of, and the few words that may be quoted."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import compress, pairwise

from server.extracts.cambodian import in_cambodia
from server.extracts.sheets import Batch, Cell, Column, Extract, Kind, Sheet
from server.extracts.typed import decimals
from server.privacy.coarsening import AGES
from server.privacy.consent import agreeing
from server.privacy.roots import key_place, roots_of
from server.reports.finding import People, Plan

QUOTES_LIMIT = 12  # in a report
QUOTES_EACH = 3  # of a province
LONGEST = 600  # letters of a quote
TELLS_WHO = re.compile(
    r"[0-9០-៩][0-9០-៩ .-]{6,}|\S+@\S+|https?:|www\.", re.IGNORECASE
)  # numbers of phones, addresses
HAS_DISABILITY = frozenset({"a_lot", "cannot"})  # the Washington Group's cut-off
YES = frozenset({"yes", "1", "true"})
Traits = tuple[Cell, Cell, Cell, Cell, Cell]
"""province, sex, age band, group, disability ("yes", "no")."""


@dataclass(frozen=True, slots=True)
class Quoted:
    text: str
    province: Cell


@dataclass
class Counts:
    """submissions: that take part. answers: (path of the sheet, path of the question) -> cell -> how many rows."""

    submissions: int = 0
    no_consent: int = 0
    rejected: int = 0
    unread: int = 0
    set_aside: int = 0
    provinces: Counter[Cell] = field(default_factory=Counter)
    days: Counter[str] = field(default_factory=Counter)
    hubs: Counter[Cell] = field(default_factory=Counter)
    versions: Counter[Cell] = field(default_factory=Counter)
    rows: Counter[str] = field(default_factory=Counter)
    answers: dict[tuple[str, str], Counter[Cell]] = field(default_factory=dict)
    people: Counter[Traits] = field(default_factory=Counter)
    quotes: list[Quoted] = field(default_factory=list)


def count(extract: Extract, plan: Plan, on_rows: Callable[[str, int], None]) -> Counts:
    """on_rows: called with the name of the sheet and how many of its rows were read since."""
    found, home = Counts(), dict[str, Cell]()
    for batch in extract.batches(plan.root):
        _count_root(found, home, plan, batch)
        on_rows(plan.root.name, len(batch))
    for sheet in extract.sheets[1:]:
        if sheet.path in plan.questions or (plan.people and plan.people.sheet is sheet):
            _count_repeat(found, home, plan, sheet, extract, on_rows)
    return found


def _count_root(found: Counts, home: dict[str, Cell], plan: Plan, batch: Batch) -> None:
    columns, kept = list(batch.columns), _kept(found, plan, batch)
    if not all(kept):
        columns = [list(compress(cells, kept)) for cells in columns]
    size = len(columns[0])
    if not size:
        return
    places = plan.places
    keys = columns[places["key"] or 0]
    provinces = _column(columns, places["province"], size)
    home.update(zip((key or "" for key in keys), provinces, strict=True))
    found.submissions += size
    found.provinces.update(provinces)
    received = in_cambodia(Kind.DATETIME, _column(columns, places["received"], size))
    found.days.update(moment[:10] for moment in received if moment)
    found.hubs.update(_column(columns, places["hub"], size))
    found.versions.update(_column(columns, places["version"], size))
    _count_answers(found, plan, plan.root, columns, size)
    _count_people(found, plan.people, plan.root, columns, provinces)
    _take_quotes(found, plan, columns, provinces)


def _kept(found: Counts, plan: Plan, batch: Batch) -> list[bool]:
    """Whether each row takes part; those that do not are counted by their reason."""
    states = _column(batch.columns, plan.places["state"], len(batch))
    status = _column(batch.columns, plan.places["status"], len(batch))
    agreed = _agreed(plan, batch)
    kept = []
    for state, one, yes in zip(states, status, agreed, strict=True):
        if one is not None:
            found.set_aside += one.startswith("parked")
            found.unread += not one.startswith("parked")
        elif state == "rejected":
            found.rejected += 1
        elif not yes:
            found.no_consent += 1
        kept.append(one is None and state != "rejected" and yes)
    return kept


def _agreed(plan: Plan, batch: Batch) -> list[bool]:
    place = plan.places["consent"]
    if place is None:
        return [True] * len(batch)
    yes = agreeing(plan.root.columns[place], set(batch.columns[place]))
    return [answer in yes for answer in batch.columns[place]]


def _count_repeat(
    found: Counts, home: Mapping[str, Cell], plan: Plan, sheet: Sheet, extract: Extract,
    on_rows: Callable[[str, int], None],
) -> None:  # fmt: skip
    for batch in extract.batches(sheet):
        roots = roots_of(sheet, batch.columns[key_place(sheet)])
        kept = [root in home for root in roots]
        columns = [list(compress(cells, kept)) for cells in batch.columns]
        provinces = [home[root] for root in compress(roots, kept)]
        if provinces:
            _count_answers(found, plan, sheet, columns, len(provinces))
            _count_people(found, plan.people, sheet, columns, provinces)
        on_rows(sheet.name, len(batch))


def _count_answers(
    found: Counts, plan: Plan, sheet: Sheet, columns: Sequence[Sequence[Cell]], size: int
) -> None:
    found.rows[sheet.path] += size
    for asked in plan.questions.get(sheet.path, ()):
        held = found.answers.setdefault((sheet.path, asked.column.path), Counter())
        held.update(columns[asked.place])


def _count_people(
    found: Counts, people: People | None, sheet: Sheet, columns: Sequence[Sequence[Cell]],
    provinces: Sequence[Cell],
) -> None:  # fmt: skip
    if people is None or people.sheet is not sheet:
        return
    size = len(provinces)
    sexes, groups = (_column(columns, people.places.get(t), size) for t in ("sex", "group"))
    ages = _column(columns, people.places.get("age"), size)
    if "age" in people.places and sheet.columns[people.places["age"]].kind is Kind.INTEGER:
        ages = [band_of(value) for value in decimals(ages)[0]]
    found.people.update(
        zip(provinces, sexes, ages, groups, _disabilities(people, columns, size), strict=True)
    )


def band_of(age: float | None) -> Cell:
    if age is None or age < 0:
        return None
    place = sum(edge <= age for edge in AGES) - 1
    return bands()[place]


def bands() -> list[str]:
    pairs = pairwise(AGES)
    return [*(f"{low}-{high - 1}" for low, high in pairs), f"{AGES[-1]}+"]


def _disabilities(people: People, columns: Sequence[Sequence[Cell]], size: int) -> list[Cell]:
    if people.functioning:
        answers = zip(*(columns[n] for n in people.functioning), strict=True)
        return [
            None if not any(row) else "yes" if any(cell in HAS_DISABILITY for cell in row) else "no"
            for row in answers
        ]
    said = _column(columns, people.places.get("disability"), size)
    return [None if cell is None else "yes" if cell in YES else "no" for cell in said]


def _take_quotes(
    found: Counts, plan: Plan, columns: Sequence[Sequence[Cell]], provinces: Sequence[Cell]
) -> None:
    """Only where the same row says that it may be quoted."""
    may, quote = plan.places["may_quote"], plan.places["quote"]
    if may is None or quote is None:
        return
    yes = agreeing(plan.root.columns[may], set(columns[may]))
    each = Counter(one.province for one in found.quotes)
    known = {one.text for one in found.quotes}
    for text, answer, province in zip(columns[quote], columns[may], provinces, strict=True):
        if not text or answer not in yes or text.strip() in known:
            continue
        if each[province] < QUOTES_EACH and _may_stand(text):
            each[province] += 1
            known.add(text.strip())
            found.quotes.append(Quoted(text.strip(), province))


def _may_stand(text: str) -> bool:
    return 0 < len(text.strip()) <= LONGEST and not TELLS_WHO.search(text)


def _column(columns: Sequence[Sequence[Cell]], place: int | None, size: int) -> Sequence[Cell]:
    return [None] * size if place is None else columns[place]


def counted(column: Column, cells: Counter[Cell]) -> tuple[dict[str, int], int]:
    """(code -> how many rows name it, in the form's order; how many answered). What is no choice of the form may be
    somebody's words: it is counted under "", and only if there is any."""
    found = dict.fromkeys(column.values, 0)
    answered = 0
    several = column.kind in (Kind.CHOICES, Kind.RANK)
    for cell, times in cells.items():
        if cell is None:
            continue
        answered += times
        codes = cell.split() if several else (cell,)
        for code in {code if code in column.values else "" for code in codes}:
            found[code] = found.get(code, 0) + times
    return found, answered


def ranked(column: Column, cells: Counter[Cell]) -> dict[str, tuple[int, int]]:
    """code -> (sum of its places, how many placed it)"""
    found = dict.fromkeys(column.values, (0, 0))
    for cell, times in cells.items():
        for place, code in enumerate(dict.fromkeys((cell or "").split()), start=1):
            if code in found:
                total, n = found[code]
                found[code] = total + place * times, n + times
    return found


def numbers(cells: Counter[Cell]) -> list[tuple[float, int]]:
    """(value, how many rows), smallest first; what is no number is left out."""
    texts = [cell for cell in cells if cell is not None]
    values, _ = decimals(texts)
    found = Counter[float]()
    for text, value in zip(texts, values, strict=True):
        if value is not None:
            found[value] += cells[text]
    return sorted(found.items())


def quantile(values: Sequence[tuple[float, int]], share: float) -> float:
    """The value below which that share of the rows lies; the middle of two where it falls between them."""
    total = sum(times for _, times in values)
    below, above = _at(values, share * total, lower=True), _at(values, share * total, lower=False)
    return (below + above) / 2


def _at(values: Sequence[tuple[float, int]], rank: float, *, lower: bool) -> float:
    so_far = 0
    for value, times in values:
        so_far += times
        if so_far >= rank if lower else so_far > rank:
            return value
    return values[-1][0]
