"""The last stage: an extract as the analyst's options would have it.

Columns first (moments, points, choices), then sheets (repeats joined), then what columns are called.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from server.exports.columns import POINT
from server.extracts.cambodian import in_cambodia
from server.extracts.heading import headed, named
from server.extracts.joining import joined
from server.extracts.options import Options
from server.extracts.sheets import Batch, Cell, Column, Extract, Kind, Role, Sheet
from server.extracts.stages import Stage
from server.extracts.wording import DERIVED, Wording, derived, within

CHOICES_LIMIT = 200  # of a list that is longer, only what was answered gets columns of its own
REMEMBERED = 10_000  # different answers of one question: people choose the same few things, but not always
Divide = Callable[[Sequence[Cell], Sequence[int]], list[Sequence[Cell]]]
"""The cells of one column and their versions -> the cells of those that it becomes."""


def arranged(extract: Extract, options: Options) -> Extract:
    plain = named(extract, group_names=options.group_names)
    return headed(joined(Divided(plain, options), options.repeats, group_names=options.group_names), options)


@dataclass(frozen=True, slots=True)
class Part:
    """What one column becomes."""

    columns: tuple[Column, ...]
    divide: Divide


class Divided(Stage):
    """An Extract with its moments, points and choices as the options say."""

    def __init__(self, extract: Extract, options: Options) -> None:
        super().__init__(extract)
        self._parts = {sheet.path: _parts(extract, sheet, options) for sheet in extract.sheets}
        self.sheets = tuple(
            replace(sheet, columns=tuple(c for part in self._parts[sheet.path] for c in part.columns))
            for sheet in extract.sheets
        )

    def batches(self, sheet: Sheet) -> Iterator[Batch]:
        parts = self._parts[sheet.path]
        for batch in super().batches(sheet):
            pairs = zip(parts, batch.columns, strict=True)
            yield Batch(
                [c for part, cells in pairs for c in part.divide(cells, batch.versions)], batch.versions
            )


def _parts(extract: Extract, sheet: Sheet, options: Options) -> list[Part]:
    seen = _answered(extract, sheet) if options.selects != "column" else {}
    return [_part(column, options, seen.get(n, ())) for n, column in enumerate(sheet.columns)]


def _part(column: Column, options: Options, answered: Collection[str]) -> Part:
    if column.kind in (Kind.DATETIME, Kind.TIME) and options.times == "cambodia":
        return _clock(column)
    if column.kind is Kind.POINT and options.points == "split":
        return _point(column)
    if column.kind is Kind.CHOICES and options.selects != "column":
        return _split(column, options, answered)
    if column.kind in (Kind.CHOICE, Kind.CHOICES, Kind.RANK):
        return _chosen(column, options)
    return Part((column,), _as_it_is)


def _as_it_is(cells: Sequence[Cell], versions: Sequence[int]) -> list[Sequence[Cell]]:
    return [cells]


def _beside(column: Column, ending: str, **more: object) -> Column:
    """A column made of another, with its own name and label."""
    labels = derived(DERIVED[ending], column.labels)
    return replace(column, name=f"{column.name}-{ending}", labels=labels, **more)  # type: ignore[arg-type]


def _clock(column: Column) -> Part:
    recorded = _beside(column, "recorded", kind=Kind.TEXT, role=Role.ORIGINAL)

    def divide(cells: Sequence[Cell], versions: Sequence[int]) -> list[Sequence[Cell]]:
        return [in_cambodia(column.kind, cells), cells]

    return Part((column, recorded), divide)


def _point(column: Column) -> Part:
    columns = tuple(_beside(column, part, kind=Kind.DECIMAL) for part in POINT)

    def divide(cells: Sequence[Cell], versions: Sequence[int]) -> list[Sequence[Cell]]:
        return list(zip(*[_four(cell) if cell else (None,) * 4 for cell in cells], strict=True))

    return Part(columns, divide)


def _four(text: str) -> list[Cell]:
    """Latitude, longitude, altitude, accuracy. What is no point stays whole, in the first."""
    said: list[Cell] = [*text.split()]
    return [*said, None, None][:4] if 2 <= len(said) <= 4 else [text, None, None, None]


def _chosen(column: Column, options: Options) -> Part:
    if options.values == "codes" or not column.values:
        return Part((column,), _as_it_is)
    words = Wording(column, options.language, collected=options.labels_as == "collected")
    said = words.one if column.kind is Kind.CHOICE else words.several
    plain = {"kind": Kind.TEXT, "values": {}, "values_by_version": {}}
    if options.values == "labels":
        return Part((replace(column, **plain),), lambda cells, versions: [said(cells, versions)])  # type: ignore[arg-type]
    role = column.role if column.role is Role.ANSWER else Role.PROVENANCE
    label = _beside(column, "label", role=role, **plain)
    return Part((column, label), lambda cells, versions: [cells, said(cells, versions)])


def _split(column: Column, options: Options, answered: Collection[str]) -> Part:
    """A column a choice with 1 or 0, empty where the question is unanswered."""
    codes = _codes(column.values, answered)
    columns = tuple(
        replace(
            column, name=f"{column.name}/{code}", kind=Kind.FLAG, values={}, values_by_version={},
            labels=within(column.labels, column.values.get(code) or {"en": code}),
        )
        for code in codes
    )  # fmt: skip
    whole = _chosen(column, options) if options.selects == "both" or not codes else None
    known: dict[Cell, tuple[Cell, ...]] = {}
    unanswered = (None,) * len(codes)

    def divide(cells: Sequence[Cell], versions: Sequence[int]) -> list[Sequence[Cell]]:
        if len(known) > REMEMBERED:
            known.clear()
        for cell in set(cells) - known.keys():
            chosen = set((cell or "").split())
            known[cell] = tuple("1" if code in chosen else "0" for code in codes) if chosen else unanswered
        flags = list(zip(*[known[cell] for cell in cells], strict=True)) if codes else []
        return [*(whole.divide(cells, versions) if whole else ()), *flags]

    return Part((*(whole.columns if whole else ()), *columns), divide)


def _codes(values: Mapping[str, object], answered: Collection[str]) -> list[str]:
    """The choices of all versions in form order, then what was answered besides."""
    listed = [code for code in values if code in answered] if len(values) > CHOICES_LIMIT else list(values)
    return [*listed, *sorted(set(answered) - values.keys())]


def _answered(extract: Extract, sheet: Sheet) -> dict[int, frozenset[str]]:
    """place of each question with several choices -> the codes that are answered anywhere."""
    places = [n for n, column in enumerate(sheet.columns) if column.kind is Kind.CHOICES]
    found: dict[int, set[str]] = {place: set() for place in places}
    for batch in extract.batches(sheet) if places else ():
        for place in places:
            found[place].update(*(cell.split() for cell in set(batch.columns[place]) if cell))
    return {place: frozenset(codes) for place, codes in found.items()}
