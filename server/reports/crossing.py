"""Tables of who took part, in one direction and in two."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from i18n import mark
from server.extracts.sheets import Cell, Labels
from server.reports.blocks import Bar, Block, Said, Table
from server.reports.counting import Traits
from server.reports.hiding import Cross, Shield, protect
from server.reports.wording import Words

TOO_FEW = mark("Too few answers to show.")
TOTAL, SHARE = mark("Total"), mark("Percent")


@dataclass
class Axis:
    """The values of one trait with their numbers, those without an answer last, under None."""

    codes: Sequence[Cell]
    labels: Sequence[Said]
    counts: Sequence[int]
    words: Words
    shield: Shield = field(init=False)

    def __post_init__(self) -> None:
        self.shield = protect(self.counts, self.words.k)

    def shown(self, place: int) -> Said:
        """The number, or the word that stands for it."""
        if not self.shield.hides(place):
            return self.words.number(self.counts[place])
        return self.words.small if place in self.shield.small else self.words.hidden


@dataclass(frozen=True, slots=True)
class Crowd:
    """axes: by the name of the trait. total: how many people or, without any, submissions."""

    people: Counter[Traits]
    axes: Mapping[str, Axis]
    total: int
    are_people: bool


def axis(people: Counter[Traits], trait: int, labels: Mapping[str, Labels], words: Words) -> Axis | None:
    """None when nobody said anything. Provinces in which nobody was heard are left out."""
    found = Counter[Cell]()
    for traits, times in people.items():
        found[traits[trait]] += times
    if not any(code is not None for code in found):
        return None
    known = [code for code in labels if trait or found[code]]
    codes: list[Cell] = [*known]
    named: list[Said] = [words.labelled(labels[code], code) for code in known]
    counts = [found[code] for code in known]
    other = sum(times for code, times in found.items() if code is not None and code not in labels)
    if other:
        codes.append("")
        named.append(words.say(mark("Other")))
        counts.append(other)
    if found[None]:
        codes.append(None)
        named.append(words.say(mark("No answer")))
        counts.append(found[None])
    return Axis(codes, named, counts, words)


def one_way(title: Said, one: Axis, unit: Said, words: Words) -> Iterator[Block]:
    total = sum(one.counts)
    if one.shield.whole or total < words.k:
        yield Table(title, [], [[words.say(TOO_FEW)]])
        return
    most = (
        max(n for place, n in enumerate(one.counts) if not one.shield.hides(place)) if _any_shown(one) else 1
    )
    rows: list[list[Said | Bar]] = [
        [one.labels[place], _bar(one, place, most, words), one.shown(place), _share(one, place, total, words)]
        for place in range(len(one.counts))
    ]
    sums: list[Said | Bar] = [words.say(TOTAL), {}, words.number(total), {}]
    yield Table(title, [{}, {}, unit, words.say(SHARE)], [*rows, sums], sums=1)


def _any_shown(one: Axis) -> bool:
    return any(not one.shield.hides(place) for place in range(len(one.counts)))


def _bar(one: Axis, place: int, most: int, words: Words) -> Bar:
    title = words.say(mark("{label}: {number}"), label=dict(one.labels[place]), number=dict(one.shown(place)))
    return Bar(None if one.shield.hides(place) else one.counts[place] / max(most, 1), title)


def _share(one: Axis, place: int, total: int, words: Words) -> Said:
    return {} if one.shield.hides(place) else words.percent(one.counts[place], total)


def cross_table(
    title: Said, crowd: Crowd, row: int, column: int, row_name: str, column_name: str, words: Words
) -> Iterator[Block]:
    """row, column: places of the traits."""
    down, across = crowd.axes[row_name], crowd.axes[column_name]
    cross = Cross(table_of(crowd, row, column, down, across), words.k, down.shield, across.shield)
    if cross.whole or crowd.total < words.k:
        yield Table(title, [], [[words.say(TOO_FEW)]])
        return
    rows = [
        [down.labels[r], *(_cell(cross, r, c, words) for c in range(len(across.counts))), down.shown(r)]
        for r in range(len(down.counts))
    ]
    sums = [
        words.say(TOTAL),
        *(across.shown(c) for c in range(len(across.counts))),
        words.number(crowd.total),
    ]
    yield Table(title, [{}, *across.labels, words.say(TOTAL)], [*rows, sums], sums=1)


def table_of(crowd: Crowd, row: int, column: int, down: Axis, across: Axis) -> list[list[int]]:
    rows, columns = _places(down), _places(across)
    counts = [[0] * len(across.counts) for _ in down.counts]
    for traits, times in crowd.people.items():
        counts[_place(rows, traits[row])][_place(columns, traits[column])] += times
    return counts


def _places(one: Axis) -> dict[Cell, int]:
    return {code: place for place, code in enumerate(one.codes)}


def _place(places: Mapping[Cell, int], code: Cell) -> int:
    return places[code] if code in places else places[""]


def _cell(cross: Cross, row: int, column: int, words: Words) -> Said:
    if cross.shows(row, column):
        return words.number(cross.counts[row][column])
    return words.small if cross.is_small(row, column) else words.hidden
