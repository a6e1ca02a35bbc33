"""From the gazetteer as published to the one that we ship: the recipe, as functions.

Needed only when the ministry publishes anew; nothing calls it while a hub runs. Input: a folder with
the four CSV files of data.mef.gov.kh. Each rule says which fault of the published files it mends,
and each correction is kept, so that anyone can check it or join on the published code.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from forms.gazetteer import LEVELS, Place

FILES = {"province": "Province", "district": "District", "commune": "Commune", "village": "Villages"}
INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")
QUOTES = re.compile("[\"'`‹›«»“”]")  # an apostrophe stands only in English names, and stays there
LATIN_DIGITS = str.maketrans("0123456789", "០១២៣៤៥៦៧៨៩")
ENCODING = (
    (re.compile("^ក្ដី្ករុន$"), "ក្ដីរុន"),  # a stray subscript; published beside it as Kdei Run
    (re.compile(r"([\u17b6-\u17d1])\1+"), r"\1"),  # the same sign typed twice
    (re.compile(r"([\u17b6-\u17d1]+)(\u17d2[\u1780-\u17a2])"), r"\2\1"),  # vowel before the subscript
    (re.compile(r"(\u17d2\u179a)(\u17d2[\u1780-\u17a2])"), r"\2\1"),  # subscript RO comes last
    (re.compile(r"\u17bb\u17c6\u17bb"), "\u17bb\u17c6"),  # the vowel on both sides of NIKAHIT
    (re.compile(r"\u17c6([\u17b6\u17bb])"), "\\1\u17c6"),  # NIKAHIT before the vowel
    (re.compile(r"(?<=[\u1780-\u17d3])\.(?=[\u1780-\u17d3])"), ""),  # a full stop inside a word
)


@dataclass(frozen=True, slots=True)
class Correction:
    """One published row that we changed; `code` is "" when the row was dropped."""

    level: str
    published_code: str
    code: str
    published_km: str
    name_km: str
    published_en: str
    name_en: str


@dataclass
class Gazetteer:
    places: list[Place] = field(default_factory=list)
    corrections: list[Correction] = field(default_factory=list)


def clean(folder: Path) -> Gazetteer:
    """The cleaned gazetteer of the files `Cambodia…List<year>.csv` in `folder`."""
    result = Gazetteer()
    rows = {level: list(_published(folder, level)) for level in LEVELS}
    moved = {**dict(_repeated_communes(rows["commune"])), **dict(_renumbered_communes(rows))}
    for level in LEVELS:
        taken: dict[str, list[str]] = {}
        for row in rows[level]:
            _keep(result, level, row, moved, taken)
    result.places.sort(key=lambda p: (len(p.code), p.code))
    return result


def write(gazetteer: Gazetteer, folder: Path) -> None:
    """`gazetteer.csv` and `corrections.csv`, UTF-8, `\\n` line ends."""
    _write(folder / "gazetteer.csv", Place, gazetteer.places)
    _write(folder / "corrections.csv", Correction, gazetteer.corrections)


def _published(folder: Path, level: str) -> Iterator[dict[str, str]]:
    (file,) = folder.glob(f"Cambodia{FILES[level]}List*.csv")
    with file.open(encoding="utf-8-sig", newline="") as source:
        for row in csv.DictReader(source):
            above = LEVELS[: LEVELS.index(level)]
            yield {
                "code": row[f"{level}_code"],
                "parent": row[f"{above[-1]}_code"] if above else "",
                "km": row[f"{level}_kh"],
                "en": row[f"{level}_en"],
            }


def _repeated_communes(communes: Iterable[dict[str, str]]) -> Iterator[tuple[str, str]]:
    """Communes that stand under several running codes (one for each of their villages)."""
    first: dict[tuple[str, str], str] = {}
    for row in communes:
        kept = first.setdefault((row["parent"], row["km"]), row["code"])
        if kept != row["code"]:
            yield row["code"], kept


def _renumbered_communes(rows: dict[str, list[dict[str, str]]]) -> Iterator[tuple[str, str]]:
    """Communes that villages name and the commune list does not: taken to be the commune of the
    same district that has no villages and bears the name of one of those villages."""
    listed = {row["code"] for row in rows["commune"]}
    settled = {row["parent"] for row in rows["village"]}
    for code in sorted(settled - listed):
        names = {row["km"] for row in rows["village"] if row["parent"] == code}
        for row in rows["commune"]:
            if row["parent"] == code[:4] and row["code"] not in settled and row["km"] in names:
                yield code, row["code"]


def _keep(
    result: Gazetteer, level: str, row: dict[str, str], moved: dict[str, str], taken: dict[str, list[str]]
) -> None:
    parent = moved.get(row["parent"], row["parent"])
    code = "" if row["code"] in moved else row["code"]
    if level == "village":
        code = parent + _number(row["code"], taken.setdefault(parent, []))
    name_km, name_en = _khmer(row["km"]), _english(row["en"], row["km"])
    if (code, name_km, name_en) != (row["code"], row["km"], row["en"]):
        result.corrections.append(
            Correction(level, row["code"], code, row["km"], name_km, row["en"], name_en)
        )
    if code:
        result.places.append(Place(code, parent, level, name_km, name_en))


def _number(code: str, taken: list[str]) -> str:
    """A village's two digits in its commune: its own, or its place in the list when they are none
    (`0506140-`, `04061500`) or another's (codes of nine digits cut to eight all end in 01)."""
    number = code[6:8]
    if not re.fullmatch(r"\d\d", number) or number == "00" or number in taken:
        number = f"{len(taken) + 1:02d}"
    taken.append(number)
    return number


def _khmer(name: str) -> str:
    name = QUOTES.sub("", INVISIBLE.sub("", name)).translate(LATIN_DIGITS)
    for pattern, right in ENCODING:
        name = pattern.sub(right, name)
    name = name.removeprefix("រាជធានី")  # the other 24 are published without ខេត្ត
    return " ".join(name.split())


def _english(name: str, khmer: str) -> str:
    name = INVISIBLE.sub("", name).replace('"', " ")
    if "(" not in khmer:
        name = name.replace("(", " ").replace(")", " ")
    name = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).replace(" )", ")")
    return " ".join(word[:1].upper() + word[1:] for word in name.split())


def _write(file: Path, kind: type, rows: Iterable[object]) -> None:
    columns = list(kind.__dataclass_fields__)  # type: ignore[attr-defined]
    with file.open("w", encoding="utf-8", newline="") as target:
        out = csv.writer(target, lineterminator="\n")
        out.writerow(columns)
        out.writerows([getattr(row, column) for column in columns] for row in rows)
