"""A submission as a person reads it: its answers in the form's order, under the form's own words.

The form is that of the version which was filled in. What the form fills in by itself comes last. No Flask, no SQL.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from lxml import etree

from forms.columns import language_code
from forms.errors import FormFault
from forms.fields import Schema
from forms.instance import parse_instance
from forms.questions import Question, Questionnaire, Section, read_questionnaire
from forms.sensitivity import SENSITIVE
from server.errors import Fault
from server.hub import Hub
from server.overview import CAMBODIA
from server.store import forms
from server.store.forms import Form, FormVersion
from sync.errors import BlobMissing

POINTS = frozenset({"geopoint", "geotrace", "geoshape"})
MOMENTS = frozenset({"dateTime", "start", "end"})
PLACE = re.compile(r"\$\{[^}]*\}")
IMAGE, AUDIO, VIDEO, FILE = "image", "audio", "video", "file"


@dataclass(frozen=True, slots=True)
class Answer:
    """`label`: the question. `texts`: what was answered, several of several choices; none when it was left empty.
    `file`: kind of the file that `texts` names. `point`: (latitude, longitude, accuracy in metres)."""

    path: str
    label: str
    texts: tuple[str, ...]
    file: str = ""
    point: tuple[float, float, float | None] | None = None
    is_sensitive: bool = False


@dataclass(frozen=True, slots=True)
class Part:
    """A group, or one turn of a repeat (`turn` from 1; of `turns`)."""

    path: str
    label: str
    turn: int = 0
    turns: int = 0
    items: list[Answer | Part] = field(default_factory=list)


@dataclass(slots=True)
class Answered:
    """`others`: what the form filled in by itself. `unread`: why the answers cannot be shown; then there are none."""

    items: list[Answer | Part] = field(default_factory=list)
    others: list[Answer] = field(default_factory=list)
    unread: Fault | None = None


class Told(Protocol):
    """A version of a submission, taking part or set aside."""

    @property
    def xml(self) -> str: ...
    @property
    def form_version(self) -> str: ...
    @property
    def instance_id(self) -> str: ...


def read_answers(hub: Hub, form: Form, version: Told, lang: str) -> Answered:
    """The answers of one version, in this language where the form speaks it."""
    try:
        root, envelope = parse_instance(hub.blobs.read(version.xml, hub.read()))
    except BlobMissing:
        return Answered(unread=Fault("answers.not_here", instance_id=version.instance_id))
    except FormFault as fault:
        return Answered(unread=Fault("answers.unreadable", instance_id=version.instance_id, why=fault.code))
    if envelope.encrypted:
        return Answered(unread=Fault("answers.encrypted", instance_id=version.instance_id))
    published = forms.find_published(hub.read(), form.id, version.form_version)
    if published is None:
        return Answered(unread=Fault("answers.no_form", version=version.form_version))
    reading = _Reading(questionnaire_of(hub, published), hub.schema_of(published), lang)
    items = list(reading.items(reading.asked.items, root))
    return Answered(items, list(reading.others(root)))


def questionnaire_of(hub: Hub, version: FormVersion) -> Questionnaire:
    """Read once: a version never changes."""
    return hub.remember(
        ("questionnaire", version.xform), lambda db: read_questionnaire(hub.blobs.read(version.xform, db))
    )


def text_in(texts: Mapping[str, str], lang: str) -> str:
    """In the language, else in whatever there is; places that are filled in while one asks are left as "…"."""
    by_code = {language_code(name): text for name, text in texts.items()}
    said = by_code.get(lang) or next(filter(None, texts.values()), "")
    return PLACE.sub("…", said)


class _Reading:
    def __init__(self, asked: Questionnaire, schema: Schema, lang: str) -> None:
        self.asked, self.lang = asked, lang
        self.fields = {one.path: one for one in schema.fields}
        self.seen: set[str] = set()

    def items(
        self, items: Iterable[Question | Section], root: etree._Element, above: str = ""
    ) -> Iterator[Answer | Part]:
        """above: the path of `root` itself."""
        for item in items:
            below = item.path.removeprefix(above)
            if isinstance(item, Section):
                yield from self._section(item, root, above, below)
            elif item.number and (found := self._elements(root, below)):
                yield self._answer(item, found[-1])

    def _section(self, item: Section, root: etree._Element, above: str, below: str) -> Iterator[Part]:
        label = text_in(item.labels, self.lang)
        if not item.repeat:
            inside = list(self.items(item.items, root, above))
            if inside:
                yield Part(item.path, label, items=inside)
            return
        turns = self._elements(root, below)
        for number, turn in enumerate(turns, start=1):
            yield Part(item.path, label, number, len(turns), list(self.items(item.items, turn, item.path)))

    def _elements(self, root: etree._Element, below: str) -> list[etree._Element]:
        found = [root]
        for name in below.strip("/").split("/"):
            found = [child for one in found for child in one if _local(child) == name]
        return found

    def _answer(self, item: Question, element: etree._Element) -> Answer:
        self.seen.add(item.path)
        said = "".join(str(text) for text in element.itertext()).strip()
        held = self.fields.get(item.path)
        label = text_in(item.labels, self.lang) or item.path.rpartition("/")[2]
        sensitive = held is not None and held.sensitivity in SENSITIVE
        if item.choices is not None and said:
            return Answer(item.path, label, tuple(self._choices(item, said)), is_sensitive=sensitive)
        if item.control == "upload" and said:
            kind = item.settings.get("mediatype", "").partition("/")[0]
            kind = kind if kind in (IMAGE, AUDIO, VIDEO) else FILE
            return Answer(item.path, label, (said,), file=kind, is_sensitive=sensitive)
        return self._plain(item.path, label, said, item.rules.type, sensitive)

    def _plain(self, path: str, label: str, said: str, kind: str, sensitive: bool) -> Answer:
        if kind in POINTS and said:
            return Answer(path, label, (said,), point=_point(said), is_sensitive=sensitive)
        if kind in MOMENTS and said:
            said = _moment(said)
        return Answer(path, label, (said,) if said else (), is_sensitive=sensitive)

    def _choices(self, item: Question, said: str) -> Iterator[str]:
        assert item.choices is not None
        labels = {choice.name: text_in(choice.labels, self.lang) for choice in item.choices.items}
        for code in said.split() if item.control != "select1" else [said]:
            yield labels.get(code) or code

    def others(self, root: etree._Element) -> Iterator[Answer]:
        """Leaves that nobody was asked for, but for the identifiers."""
        for path, one in self.fields.items():
            if (
                path in self.seen
                or path.startswith("/meta/")
                or one.type in ("structure", "repeat")
                or one.table
            ):
                continue
            for element in self._elements(root, path)[-1:]:
                said = "".join(str(text) for text in element.itertext()).strip()
                if said:
                    yield self._plain(path, one.name, said, one.type, one.sensitivity in SENSITIVE)


def _local(element: etree._Element) -> str:
    return str(element.tag).rpartition("}")[2]


def _point(said: str) -> tuple[float, float, float | None] | None:
    """The first point of a place, a line or an area; None when it is none."""
    try:
        numbers = [float(one) for one in said.partition(";")[0].split()]
    except ValueError:
        return None
    if len(numbers) < 2 or not (-90 <= numbers[0] <= 90 and -180 <= numbers[1] <= 180):
        return None
    return numbers[0], numbers[1], numbers[3] if len(numbers) > 3 else None


def _moment(said: str) -> str:
    """As a clock in Cambodia shows it; what is no moment stays as it is."""
    try:
        read = datetime.fromisoformat(said)
    except ValueError:
        return said
    return read.astimezone(CAMBODIA).strftime("%Y-%m-%d %H:%M") if read.tzinfo else said
