"""What a report is made of, before it is drawn: the same blocks become a page and paper."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

Said = Mapping[str, str]
"""{"km": …, "en": …}; what is the same in both languages is told once."""


@dataclass(frozen=True, slots=True)
class Heading:
    said: Said
    level: int = 2
    new_page: bool = False


@dataclass(frozen=True, slots=True)
class Paragraph:
    said: Said
    soft: bool = False


@dataclass(frozen=True, slots=True)
class Facts:
    """What stands on the title page: name and value."""

    rows: Sequence[tuple[Said, Said]]


@dataclass(frozen=True, slots=True)
class Bar:
    """share: 0…1 of the room that a bar has; None: hidden, nothing is drawn. goal: where a mark stands, 0…1.
    title: what the picture says, in words."""

    share: float | None
    title: Said
    goal: float | None = None


Cell = Said | Bar


@dataclass(frozen=True, slots=True)
class Table:
    """heads and cells: left the words, then bars and numbers. last: the rows at the end that are sums."""

    caption: Said
    heads: Sequence[Said]
    rows: Sequence[Sequence[Cell]]
    sums: int = 0
    note: Said = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Tile:
    row: int
    column: int
    name: Said
    said: Said
    shade: int  # 0…4; 0: nothing, or hidden


@dataclass(frozen=True, slots=True)
class Tiles:
    """A map of squares, one a province."""

    title: Said
    tiles: Sequence[Tile]


@dataclass(frozen=True, slots=True)
class Quote:
    text: str
    source: Said


Block = Heading | Paragraph | Facts | Table | Tiles | Quote


@dataclass(frozen=True, slots=True)
class Report:
    """languages: one or two of km, en. export: number of the export, at the foot of each page."""

    title: Said
    languages: tuple[str, ...]
    export: str
    khmer_digits: bool
    blocks: Sequence[Block]


def voices(said: Said, languages: Sequence[str]) -> list[tuple[str, str]]:
    """(language, text) for those languages, what is the same once."""
    found: list[tuple[str, str]] = []
    for lang in languages:
        text = said.get(lang) or next((said[other] for other in said if said[other]), "")
        if text and text not in [known for _, known in found]:
            found.append((lang, text))
    return found
