"""Who agreed to take part, and to be quoted. Without consent a submission is in no export.

The question is the one that its form tags (`bind::samleng:consent`: participate or quote), else it is recognised by its
name: one called `consent`, or one whose name has the word and none of those that say to what else. Whoever was asked
and did not say yes has not agreed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping, Sequence

from forms.checks.sensitive import CONSENT
from server.extracts.sheets import Cell, Column, Extract, Kind, Role, Sheet
from server.privacy.roots import key_place

ELSE = re.compile(
    r"(^|_)(quote|quotes|quoted|share|sharing|record|recording|photo|picture|audio|video|contact|publish|"
    r"guardian|parent|follow|data|text|refused|note)(_|$)",
    re.IGNORECASE,
)
QUOTE = re.compile(r"(^|_)(quote|quotes|quoted)(_|$)", re.IGNORECASE)
CAN_AGREE = frozenset({Kind.CHOICE, Kind.TEXT, Kind.FLAG, Kind.INTEGER})
YES = frozenset(
    {"yes", "y", "1", "true", "ok", "agree", "agreed", "agrees", "accept", "accepted", "consent", "given"}
)
NO_WORDS = ("no", "not", "do not", "refuse", "refused", "ទេ", "មិនយល់ព្រម", "មិនព្រម")
YES_WORDS = ("yes", "agree", "i agree", "បាទ", "ចាស", "យល់ព្រម", "ព្រម")


def consent_column(sheet: Sheet) -> int | None:
    """The place of the sheet's question about taking part; None when it has none."""
    return _tagged(sheet, "participate", lambda name: not ELSE.search(name))


def quote_column(sheet: Sheet) -> int | None:
    """The place of the question about being quoted."""
    return _tagged(sheet, "quote", lambda name: bool(QUOTE.search(name)))


def _tagged(sheet: Sheet, use: str, fits: Callable[[str], bool]) -> int | None:
    tags = [column.consent for column in sheet.columns]
    return tags.index(use) if use in tags else _find(sheet, fits)


def _find(sheet: Sheet, fits: Callable[[str], bool]) -> int | None:
    named = [
        (column.path.rpartition("/")[2].lower() != "consent", place)
        for place, column in enumerate(sheet.columns)
        if column.role is Role.ANSWER and column.kind in CAN_AGREE and _is_consent(column, fits)
    ]
    return min(named)[1] if named else None


def _is_consent(column: Column, fits: Callable[[str], bool]) -> bool:
    name = column.path.rpartition("/")[2]
    return not column.consent and bool(CONSENT.search(name)) and fits(name)


def agreeing(column: Column, answers: Collection[Cell]) -> frozenset[Cell]:
    """Those of the answers that say yes, by code or by label."""
    return frozenset(answer for answer in answers if answer and _says_yes(column, answer))


def _says_yes(column: Column, answer: str) -> bool:
    """The words decide where there are any: somewhere "1" is no."""
    labels = [text.strip().lower() for text in column.values.get(answer, {}).values()]
    if any(_begins(label, NO_WORDS) for label in labels):
        return False
    return answer.strip().lower() in YES or any(_begins(label, YES_WORDS) for label in labels)


def _begins(label: str, words: Sequence[str]) -> bool:
    return any(label == word or label.startswith((f"{word} ", f"{word},", f"{word}/")) for word in words)


def refused(extract: Extract, asked: Mapping[str, Collection[int]] | None = None) -> frozenset[str]:
    """Root instanceIDs of the submissions whose form asked for consent and got none. asked: path of a question ->
    numbers of the versions that have it; by default all have it. What could not be read holds no answers, and counts
    as nobody's refusal."""
    root = extract.sheets[0]
    place = consent_column(root)
    if place is None:
        return frozenset()
    having = None if asked is None else asked.get(root.columns[place].path)
    status = next(
        (n for n, c in enumerate(root.columns) if c.name == "Status" and c.role is Role.PROVENANCE), None
    )
    found = set[str]()
    for batch in extract.batches(root):
        answers: Sequence[Cell] = batch.columns[place]
        unread = [None] * len(batch) if status is None else batch.columns[status]
        yes = agreeing(root.columns[place], set(answers))
        rows = zip(batch.columns[key_place(root)], answers, unread, batch.versions, strict=True)
        found |= {
            key or ""
            for key, answer, state, version in rows
            if answer not in yes and _has_answers(state) and (having is None or version in having)
        }
    return frozenset(found)


def _has_answers(state: Cell) -> bool:
    return state is None or state.startswith("parked")
