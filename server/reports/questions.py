"""Answers to one question: bars with their numbers, or a median, or mean ranks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

from i18n import mark
from server.extracts.sheets import Cell, Column, Kind
from server.reports.blocks import Bar, Block, Said, Table
from server.reports.counting import counted, numbers, quantile, ranked
from server.reports.crossing import SHARE, TOO_FEW
from server.reports.finding import Asked
from server.reports.hiding import Shield, chosen, is_small, protect
from server.reports.wording import Words

ANSWERS = mark("Answers")
OF_ANSWERED = mark("Of {base} who answered.")
OF_ALL = mark("Of all {base}; who did not answer is counted with them.")


@dataclass(frozen=True, slots=True)
class Shown:
    """rows: of the question's table, whether it was answered there or not."""

    asked: Asked
    cells: Counter[Cell]
    rows: int


@dataclass(frozen=True, slots=True)
class Reading:
    """How a question is told. base: of the percentages. blank: how many did not answer, where that is a row of the
    table; None where the base is who answered. codes, counts: as they stand."""

    base: int
    blank: int | None
    codes: Sequence[str]
    counts: Sequence[int]
    shield: Shield

    def hidden(self) -> set[int]:
        """The numbers that must not be told anywhere."""
        return {n for place, n in enumerate(self.counts) if self.shield.hides(place) and n}


def reading(shown: Sequence[Shown], words: Words) -> Mapping[str, Reading]:
    """Of every question, by path. Who is asked a question is often who chose something in another: the base of
    one may be the hidden number of the other. Where it is, it is not told."""
    found = {one.asked.column.path: _read(one, words.k, told=True) for one in shown}
    for _ in range(len(shown)):
        secret = {(one.rows, n) for one in shown for n in found[one.asked.column.path].hidden()}
        again = {
            one.asked.column.path: _read(
                one, words.k, told=False, secret={n for rows, n in secret if rows == one.rows}
            )
            for one in shown
            if found[one.asked.column.path].blank is None
            and _tells(one, found[one.asked.column.path], secret)
        }
        if not again:
            break
        found.update(again)
    return found


def _tells(one: Shown, read: Reading, secret: set[tuple[int, int]]) -> bool:
    return (one.rows, read.base) in secret or (one.rows, one.rows - read.base) in secret


def _read(one: Shown, k: int, *, told: bool, secret: Collection[int] = ()) -> Reading:
    """secret: numbers that must not be told of these rows."""
    column = one.asked.column
    counts, answered = counted(column, one.cells)
    codes = list(counts)
    blank = one.rows - answered
    is_told = told and not is_small(blank, k) and not is_small(answered, k)
    base = answered if is_told else one.rows
    if column.kind is Kind.CHOICES or column.kind is Kind.RANK:
        small = frozenset(n for n, code in enumerate(codes) if is_small(counts[code], k))
        others = {
            n
            for n, code in enumerate(codes)
            if not (chosen(counts[code], answered, k) and chosen(counts[code], base, k))
            or counts[code] in secret
            or one.rows - counts[code] in secret
        }
        shield = Shield(small, frozenset(others - small))
        return Reading(base, None if is_told else blank, codes, list(counts.values()), shield)
    if is_told:
        return Reading(base, None, codes, list(counts.values()), protect(list(counts.values()), k))
    values = [*counts.values(), blank]
    forced = frozenset() if told or not blank else frozenset({len(codes)})
    return Reading(base, blank, codes, values, protect(values, k, forced))


def question_blocks(one: Shown, read: Reading, words: Words) -> Iterator[Block]:
    column = one.asked.column
    title = words.labelled(column.labels, column.path.rpartition("/")[2])
    answered = sum(n for cell, n in one.cells.items() if cell is not None)
    if answered < words.k or (read.shield.whole and column.kind not in (Kind.INTEGER, Kind.DECIMAL)):
        yield Table(title, [], [[words.say(TOO_FEW)]])
    elif column.kind is Kind.RANK:
        yield _ranks(title, one, read, words)
    elif column.kind in (Kind.INTEGER, Kind.DECIMAL):
        yield _numbers(title, one, words)
    else:
        yield _bars(title, column, read, words)


def _bars(title: Said, column: Column, read: Reading, words: Words) -> Table:
    rows: list[list[Said | Bar]] = []
    for place, count in enumerate(read.counts):
        is_blank = place == len(read.codes)
        if is_blank and not count:
            continue
        code = "" if is_blank else read.codes[place]
        label = _label(column, code, words) if not is_blank else words.say(mark("No answer"))
        hides = read.shield.hides(place)
        said = words.number(count)
        if hides:
            said = words.small if place in read.shield.small else words.hidden
        share = None if hides else count / max(read.base, 1)
        picture = Bar(share, words.say(mark("{label}: {number}"), label=dict(label), number=dict(said)))
        rows.append([label, picture, said, {} if hides else words.percent(count, read.base)])
    return Table(title, [{}, {}, words.say(ANSWERS), words.say(SHARE)], rows, note=_note(read, words))


def _label(column: Column, code: str, words: Words) -> Said:
    return words.labelled(column.values[code], code) if code in column.values else words.say(mark("Other"))


def _note(read: Reading, words: Words) -> Said:
    return words.say(OF_ANSWERED if read.blank is None else OF_ALL, base=f"{read.base:,}")


def _ranks(title: Said, one: Shown, read: Reading, words: Words) -> Table:
    column = one.asked.column
    found = [(code, total / n) for code, (total, n) in ranked(column, one.cells).items() if n >= words.k]
    most = max(1, len(column.values))
    rows: list[list[Said | Bar]] = []
    for code, mean in sorted(found, key=lambda pair: pair[1]):
        label = _label(column, code, words)
        said = words.number(round(mean, 1))
        share = (most - mean + 1) / most
        picture = Bar(share, words.say(mark("{label}: {number}"), label=dict(label), number=dict(said)))
        rows.append([label, picture, said])
    heads = [{}, {}, words.say(mark("Mean rank"))]
    first = words.say(mark("1 is what was put first; the longer the bar, the nearer to it."))
    note = {lang: f"{first[lang]} {text}" for lang, text in _note(read, words).items()}
    return Table(title, heads, rows or [[words.say(TOO_FEW)]], note=note)


def _numbers(title: Said, one: Shown, words: Words) -> Table:
    """A median where each half holds enough, quartiles where each quarter does."""
    values = numbers(one.cells)
    total, k = sum(times for _, times in values), words.k
    rows: list[list[Said]] = []
    if not is_small(one.rows - total, k) and total >= k:
        rows.append([words.say(ANSWERS), words.number(total)])
    if total >= 4 * k:
        rows.append([words.say(mark("Lower quartile")), words.number(quantile(values, 0.25))])
    if total >= 2 * k:
        rows.append([words.say(mark("Median")), words.number(quantile(values, 0.5))])
    if total >= 4 * k:
        rows.append([words.say(mark("Upper quartile")), words.number(quantile(values, 0.75))])
    return Table(title, [], rows or [[words.say(TOO_FEW)]])
