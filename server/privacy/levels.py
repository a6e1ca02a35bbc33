"""How carefully each column is kept: as the form says, else by what it seems to hold. docs/privacy.md, "Levels".

A question's own tag holds. Otherwise it has the stricter of what its group or form says and of the project's default
for what it seems to hold: a form that is `restricted` as a whole does not make its names any less names.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from forms.personal import personal_word
from forms.sensitivity import LEVELS
from server.errors import Fault
from server.extracts.sheets import Column, Kind, Role, Sheet

IDENTIFYING = "identifying"
# What untagged questions seem to hold, and how it is kept unless the project says otherwise. A place is needed to work
# with. A recording too: whoever writes testimony down must hear it, and would take everything for it otherwise, with
# names; one that tells who somebody is, a form tags as identifying.
DEFAULTS: Mapping[str, str] = {
    "names": IDENTIFYING,
    "phones": IDENTIFYING,
    "identifiers": IDENTIFYING,
    "devices": IDENTIFYING,
    "recordings": "restricted",
    "places": "restricted",
}
SORTS = {"names": "names", "phones": "phones", "emails": "phones", "identifiers": "identifiers"}
# What forms call the device's own data, punctuation aside: XLSForm metadata, old and new.
DEVICES = frozenset(
    [
        "deviceid",
        "devicephonenum",
        "phonenumber",
        "simserial",
        "simserialnumber",
        "simid",
        "subscriberid",
        "imei",
        "username",
        "uuid",
    ]
)
AUDIT = "/meta/audit"  # every question opened, with times, places and, if asked for, the answers
PROPERTY = "property"  # what a bind preloads from the device: its id, its number, the user's name and e-mail
WRITTEN = frozenset({Kind.TEXT, Kind.INTEGER, Kind.DECIMAL, Kind.DATE})
KINDS = {
    Kind.POINT: "places", Kind.LINE: "places", Kind.AREA: "places", Kind.FILE: "recordings",
}  # fmt: skip
SENDER = ("SubmitterID", "SubmitterName", "DeviceID")  # provenance that tells who somebody is
INSTANCE_NAME = "/meta/instanceName"  # made of answers, often of a name


def checked_defaults(said: Mapping[str, str]) -> dict[str, str]:
    """DEFAULTS with what a project says otherwise. Raises Fault privacy.level."""
    for name, level in said.items():
        if name not in DEFAULTS or level not in LEVELS:
            raise Fault(
                "privacy.level", name=name, level=level, names=", ".join(DEFAULTS), levels=", ".join(LEVELS)
            )
    return {**DEFAULTS, **said}


def sound(said: Mapping[object, object]) -> dict[str, str]:
    """What of a mapping from anywhere names a default and a level."""
    return {str(name): str(level) for name, level in said.items() if name in DEFAULTS and level in LEVELS}


def seems(column: Column) -> str:
    """What a column seems to hold, by a name of DEFAULTS; "" for nothing particular."""
    name = column.path.rpartition("/")[2]
    plain = "".join(sign for sign in name.lower() if sign.isalnum())
    if column.path == AUDIT or plain in DEVICES or column.preload.partition(" ")[0] == PROPERTY:
        return "devices"
    if column.kind in KINDS:
        return KINDS[column.kind]
    if column.path == INSTANCE_NAME:
        # Worked out, it is what its sources are; typed by hand, it is what people call a form: by a name.
        return "" if column.reads else "names"
    # Whoever chooses out of a list that is not in the form chooses a person as often as not.
    if column.kind in WRITTEN or (column.kind is Kind.CHOICE and not column.values):
        return SORTS.get(personal_word(name, column.labels.values())[0], "")
    return ""


def levelled(sheets: Sequence[Sheet], defaults: Mapping[str, str]) -> tuple[Sheet, ...]:
    """The sheets with the level of each column, calculations made from more careful answers included."""
    columns = [column for sheet in sheets for column in sheet.columns if column.role is Role.ANSWER]
    levels = {column.path: _own(column, defaults) for column in columns}
    _spread(columns, levels)
    return tuple(
        replace(sheet, columns=tuple(_with(column, levels) for column in sheet.columns)) for sheet in sheets
    )


def _own(column: Column, defaults: Mapping[str, str]) -> str:
    found = "" if column.tagged else seems(column)
    return strictest((column.sensitivity, defaults[found])) if found else column.sensitivity


def strictest(levels: Iterable[str]) -> str:
    return max(levels, key=LEVELS.index)


def _spread(columns: Sequence[Column], levels: dict[str, str]) -> None:
    """What is made from an identifying answer identifies too, and from a copy of it. Only a calculation whose own tag
    says otherwise does not: its designer knows that it tells no name."""
    readers = [column for column in columns if column.reads and not column.tagged]
    changed = True
    while changed:
        changed = False
        for column in readers:
            if levels[column.path] != IDENTIFYING and any(levels.get(p) == IDENTIFYING for p in column.reads):
                levels[column.path] = IDENTIFYING
                changed = True


def _with(column: Column, levels: Mapping[str, str]) -> Column:
    if column.role is Role.ANSWER:
        return replace(column, sensitivity=levels[column.path])
    return replace(column, sensitivity=IDENTIFYING) if column.name in SENDER else column
