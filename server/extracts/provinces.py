"""Which province a submission speaks of: the answer to the one question of the root that asks for it.

Such a question chooses from provinces.csv or from the gazetteer's codes, or is called `province`. Its answers are
brought to the gazetteer's codes where they name one of its provinces; else they stay as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from forms.errors import FormFault
from forms.gazetteer import LISTS, Place, province_named, provinces
from server.errors import Fault
from server.extracts.asking import Asked, Values
from server.extracts.merging import Version
from server.extracts.sheets import Cell

UNKNOWN = "unknown"  # how an analyst asks for submissions that name no province


@dataclass(frozen=True, slots=True)
class Provinces:
    """places: id of a form version -> place of its question in the root's record; values: of all versions."""

    places: Mapping[int, int]
    values: Values
    _known: dict[Cell, Cell] = field(default_factory=dict)

    @property
    def labels(self) -> Values:
        """Of the codes in the column."""
        named = {p.code: {"km": p.name_km, "en": p.name_en} for p in provinces()}
        return named | {code: said for code, said in self.values.items() if self.code_of(code) == code}

    def codes(self, answers: Sequence[Cell]) -> list[Cell]:
        """The gazetteer's code of each answer, or the answer."""
        for answer in set(answers) - self._known.keys():
            self._known[answer] = self.code_of(answer)
        return [self._known[answer] for answer in answers]

    def code_of(self, answer: Cell) -> Cell:
        if not answer or not answer.strip():
            return None
        names = (answer, *self.values.get(answer, {}).values())
        return next((found.code for name in names if (found := _place(name)) is not None), answer.strip())

    def answers_of(self, named: Iterable[str]) -> frozenset[str]:
        """What is answered for the provinces that are named, by code or in either language; "" for none.
        Raises Fault export.province."""
        wanted: set[str] = set()
        for name in named:
            found = {"": {}} if name == UNKNOWN else self._answers_of(name)
            if not found:
                raise Fault("export.province", province=name)
            wanted |= set(found)
        return frozenset(wanted)

    def _answers_of(self, name: str) -> set[str]:
        place = _place(name)
        code = place.code if place else name
        answers = {
            raw for raw, said in self.values.items() if self.code_of(raw) == code or name in said.values()
        }
        return answers | ({place.code, place.name_km, place.name_en} if place else set())


def _place(name: str) -> Place | None:
    try:
        return province_named(name)
    except FormFault:
        return None


def find_provinces(versions: Iterable[Version]) -> Provinces:
    """The question is looked for in each version by itself, since it may have been moved."""
    places, values = dict[int, int](), dict[str, Mapping[str, str]]()
    for version in versions:
        fields = version.schema.tables[0].columns
        ranked = [(_rank(f.name, version.asked.get(f.path) or Asked()), n) for n, f in enumerate(fields)]
        best = min(((rank, n) for rank, n in ranked if rank is not None), default=None)
        if best is not None:
            places[version.id] = best[1]
            asked = version.asked.get(fields[best[1]].path) or Asked()
            values |= asked.values
    return Provinces(places, values)


def _rank(name: str, asked: Asked) -> int | None:
    """How surely a question asks for the province, the least first; None: it does not."""
    is_named = name.lower() == "province"
    if asked.control == "select1" and (asked.file == LISTS["province"] or _are_provinces(asked.values)):
        return 0 if is_named else 1
    return 2 if is_named and asked.control != "select" else None


def _are_provinces(values: Values) -> bool:
    return bool(values) and values.keys() <= {p.code for p in provinces()}
