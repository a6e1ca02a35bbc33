"""How carefully each column is kept: as the form says, else by what it seems to hold. docs/privacy.md, "Levels"."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from forms.checks.sensitive import personal_in
from forms.sensitivity import LEVELS
from server.errors import Fault
from server.extracts.sheets import Column, Kind, Role, Sheet

# What untagged questions seem to hold, and how it is kept unless the project says otherwise. Voices and faces tell
# who somebody is, but whoever writes testimony down has to hear it: the files stay with the working profile.
DEFAULTS: Mapping[str, str] = {
    "names": "identifying",
    "phones": "identifying",
    "devices": "identifying",
    "places": "restricted",
    "recordings": "restricted",
}
DEVICES = frozenset({"deviceid", "subscriberid", "simserial", "phonenumber", "username", "email", "uuid"})
PHONES = frozenset({"phone", "tel", "telephone", "mobile", "whatsapp", "telegram", "email"})
PHONE_LABELS = ("phone", "ទូរស័ព្ទ")
WRITTEN = frozenset({Kind.TEXT, Kind.INTEGER, Kind.DECIMAL, Kind.DATE})
KINDS = {
    Kind.POINT: "places", Kind.LINE: "places", Kind.AREA: "places", Kind.FILE: "recordings",
}  # fmt: skip
SENDER = ("SubmitterName", "DeviceID")  # provenance that tells who somebody is
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
    name = column.path.rpartition("/")[2].lower()
    if column.kind in KINDS:
        return KINDS[column.kind]
    if column.kind not in WRITTEN:
        return ""
    if name in DEVICES:
        return "devices"
    word = personal_in(name, column.labels.values()).lower()
    if not word:
        return ""
    return "phones" if word in PHONES or any(said in word for said in PHONE_LABELS) else "names"


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
    return defaults[found] if found else column.sensitivity


def _spread(columns: Sequence[Column], levels: dict[str, str]) -> None:
    """What is made from an identifying answer identifies too, whatever it says of itself: it may be a copy."""
    readers = [column for column in columns if column.reads]
    changed = True
    while changed:
        changed = False
        for column in readers:
            if levels[column.path] != "identifying" and any(
                levels.get(p) == "identifying" for p in column.reads
            ):
                levels[column.path] = "identifying"
                changed = True


def _with(column: Column, levels: Mapping[str, str]) -> Column:
    if column.role is Role.ANSWER:
        return replace(column, sensitivity=levels[column.path])
    return replace(column, sensitivity="identifying") if column.name in SENDER else column
