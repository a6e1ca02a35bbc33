"""What a form's versions ask, for the columns of an extract: labels, kinds, and what can be chosen.

Choices that stand in a CSV file of the form count as those that stand in the form itself, by the file that the
version was published with. Lists of entities do not: they change without a new version, and name people.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from forms.codebook import texts_as_written
from forms.columns import language_code, read_header
from forms.fields import SEARCH
from forms.itext import Texts
from forms.questions import Choices, Question, Section, flat, read_questionnaire
from forms.traits import read_traits
from i18n.khmer import has_khmer
from server.extracts.sheets import LANGUAGES, Labels

Values = Mapping[str, Labels]
ReadFile = Callable[[str], bytes | None]
"""The content of a file of the form version, by its name; None when it has none of this name."""


@dataclass(frozen=True, slots=True)
class Asked:
    """What one version says of one field. control: the body's element, "" where nobody is asked; file: of the
    choices, "" when they stand in the form. reads, level, preload, consent: of forms/traits.py."""

    control: str = ""
    labels: Labels = field(default_factory=dict)
    values: Values = field(default_factory=dict)
    file: str = ""
    reads: frozenset[str] = frozenset()
    level: str = ""
    preload: str = ""
    consent: str = ""


def read_asked(xform: bytes, read_file: ReadFile) -> dict[str, Asked]:
    """path -> what this version asks there, questions, groups and repeats. Raises FormFault form.*"""
    reading = _Reading(read_file)
    questionnaire = read_questionnaire(xform)
    found = {item.path: reading.asked(item) for item in flat(questionnaire.items)}
    traits = read_traits(xform)
    for path in {
        *traits.sources,
        *traits.levels,
        *traits.preloads,
        *traits.consents,
    }:  # most are asked of nobody
        found[path] = replace(
            found.get(path, Asked()),
            reads=traits.sources.get(path, frozenset()),
            level=traits.levels.get(path, ""),
            preload=traits.preloads.get(path, ""),
            consent=traits.consents.get(path, ""),
        )
    return found


@dataclass
class _Reading:
    """Each list is read once, however many questions choose from it."""

    read_file: ReadFile
    _files: dict[tuple[str, str, str], Values] = field(default_factory=dict)
    _lists: dict[int, Values] = field(default_factory=dict)

    def asked(self, item: Question | Section) -> Asked:
        labels = labels_of(texts_as_written(item.labels))
        if isinstance(item, Section):
            return Asked("", labels)
        if item.choices is None:
            return Asked(item.control, labels)
        choices = _searched(item, item.choices)
        return Asked(item.control, labels, self._values(choices), choices.file)

    def _values(self, choices: Choices) -> Values:
        if choices.file:
            named = (choices.file, choices.value, choices.label)
            if named not in self._files:
                self._files[named] = _listed(self.read_file(choices.file), choices.value, choices.label)
            return self._files[named]
        if id(choices.items) not in self._lists:
            self._lists[id(choices.items)] = {c.name: labels_of(c.labels) for c in choices.items if c.name}
        return self._lists[id(choices.items)]


def _searched(question: Question, choices: Choices) -> Choices:
    """With the appearance search('file'), the choices in the form only name the columns of a file."""
    found = SEARCH.search(question.settings.get("appearance", ""))
    if found is None or not choices.items:
        return choices
    first = choices.items[0]
    label = next(iter(first.labels.values()), "label")
    return Choices((), found[2] if found[2].endswith(".csv") else f"{found[2]}.csv", first.name, label)


def labels_of(texts: Texts) -> Labels:
    """By the codes of our languages. A form that names no language is taken by its letters."""
    found = dict[str, str]()
    for language, text in texts.items():
        code = language_code(language)
        if code not in LANGUAGES:
            code = "km" if has_khmer(text) else "en"
        if text:
            found.setdefault(code, text)
    return found


def _listed(content: bytes | None, value: str, label: str) -> Values:
    """The choices of a CSV file; none of one that cannot be read. Its languages: `label_km` or `label::Khmer (km)`."""
    try:
        rows = csv.reader(io.StringIO((content or b"").decode("utf-8-sig"), newline=""), strict=True)
        header = next(rows, [])
        if value not in header:
            return {}
        code, places = header.index(value), _label_places(header, label)
        width = max([code, *(place for _, place in places)]) + 1
        whole = (row if len(row) >= width else [*row, *[""] * width] for row in rows)
        return {row[code]: _said(row, places) for row in whole if row[code]}
    except (UnicodeDecodeError, csv.Error):
        return {}


def _said(row: Sequence[str], places: Sequence[tuple[str, int]]) -> Labels:
    return {language: row[place] for language, place in places if row[place]}


def _label_places(header: Sequence[str], label: str) -> list[tuple[str, int]]:
    """(language, place of a column with its labels), for each the best last."""
    plain = [(code, header.index(label)) for code in LANGUAGES] if label in header else []
    own = []
    for place, text in enumerate(header):
        read = read_header("choices", place, text)
        if read.name == "label" and read.code in LANGUAGES:
            own.append((read.code, place))
    named = [
        (code, n) for n, text in enumerate(header) for code in LANGUAGES if text.lower() == f"label_{code}"
    ]
    return [*plain, *own, *named]
