"""What publishing a version does to the data, for the people who decide it: the version that is out against the one
to come, question by question.

What may go wrong is told by `forms/checks/compared.py`; this adds what only becomes more or reads otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from forms.checks.compared import Labels, Version, check_compared, read_version, successors
from forms.checks.findings import CODES, ERROR
from forms.design import read_design
from forms.workbook import Workbook
from i18n import mark, translate

REFUSED, ADDED, ENDED, KINDS, CHOICES, TEXTS = "refused", "added", "ended", "kinds", "choices", "texts"
# In the order in which they matter.
GROUPS: Mapping[str, str] = {
    REFUSED: mark("Cannot be published like this"),
    ENDED: mark("Columns that end"),
    ADDED: mark("New columns"),
    KINDS: mark("Questions of another kind"),
    CHOICES: mark("Choices"),
    TEXTS: mark("Texts"),
}
_OURS = {
    "added": (ADDED, mark("“{path}” is new: {label}. Exports get a column for it, empty for earlier ones.")),
    "added_silent": (ADDED, mark("“{path}” is new; the form fills it in by itself. Exports get a column for it.")),
    "added_repeat": (ADDED, mark("“{path}” is new and can be filled in several times: exports get a table for it.")),
    "choice_added": (CHOICES, mark("“{path}” now also offers “{choice}”: {label}.")),
    "label_changed": (TEXTS, mark("“{path}” said “{old}” and says “{new}” now. Its answers stay in the same column.")),
}  # fmt: skip
_COMPARED = {
    "compared.removed": ENDED,
    "compared.renamed": ENDED,
    "compared.changed_case": ENDED,
    "compared.moved": ENDED,
    "compared.became_text": KINDS,
    "compared.select_changed": KINDS,
    "compared.choice_removed": CHOICES,
    "compared.choice_renamed": CHOICES,
    "compared.choice_changed": CHOICES,
}
NO_PLACES = read_design(Workbook(()))  # two compiled forms have no rows to point at


@dataclass(frozen=True, slots=True)
class Change:
    """code: of _OURS or forms/checks/findings.py. group: a key of GROUPS."""

    code: str
    values: Mapping[str, str] = field(default_factory=dict)

    @property
    def group(self) -> str:
        if self.code in _OURS:
            return _OURS[self.code][0]
        return REFUSED if CODES[self.code][0] == ERROR else _COMPARED[self.code]

    def text(self, lang: str) -> str:
        message = _OURS[self.code][1] if self.code in _OURS else CODES[self.code][1]
        return translate(message, lang, **self.values)


def changes(old_xform: bytes, new_xform: bytes) -> list[Change]:
    """In the order of GROUPS, within one as the forms have them. Both are versions of one form.

    Raises FormFault when one of them is no form.
    """
    old, new = read_version(old_xform), read_version(new_xform)
    found = [
        Change(one.code, dict(one.values))
        for one in check_compared(NO_PLACES, old_xform, new_xform)
        if one.code != "compared.same_version"  # it is given another when it is published
    ]
    found += [*_added(old, new), *_choices(old, new), *_texts(old, new)]
    order = list(GROUPS)
    return sorted(found, key=lambda change: order.index(change.group))


def grouped(found: list[Change]) -> dict[str, list[Change]]:
    """By group, those without any left out."""
    return {group: said for group in GROUPS if (said := [one for one in found if one.group == group])}


def _added(old: Version, new: Version) -> Iterator[Change]:
    known = {*old.fields, *successors(old, new).values()}
    for path, one in new.fields.items():
        if path in known or one.type == "structure":
            continue
        label = _said(new.labels.get(path, ()))
        if one.type == "repeat":
            yield Change("added_repeat", {"path": path})
        elif label:
            yield Change("added", {"path": path, "label": label})
        else:
            yield Change("added_silent", {"path": path})


def _choices(old: Version, new: Version) -> Iterator[Change]:
    for path, after in new.choices.items():
        before = old.choices.get(path)
        if before is None or before == after:
            continue
        taken = {label for labels in before.values() for label in labels if label}
        for name, labels in after.items():
            if name not in before and not taken.intersection(labels):  # else it was renamed
                yield Change("choice_added", {"path": path, "choice": name, "label": _said(labels) or name})


def _texts(old: Version, new: Version) -> Iterator[Change]:
    for path, now in new.labels.items():
        was = old.labels.get(path, ())
        if path in old.fields and was and was != now:
            before = tuple(text for text in was if text not in now) or was
            after = tuple(text for text in now if text not in was) or now
            yield Change("label_changed", {"path": path, "old": _said(before), "new": _said(after)})


def _said(labels: Labels) -> str:
    return " / ".join(dict.fromkeys(label for label in labels if label))
