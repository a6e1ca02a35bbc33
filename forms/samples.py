"""Sample submissions of the bundled consultation form, as a tablet would send them.

For the demonstration, for tests and for trying an export before a season. Made from a seed: the same
arguments give the same bytes.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from xml.sax.saxutils import escape

from forms.compile import compile_form
from forms.errors import FormFault
from forms.fields import Field, Schema, read_schema
from forms.sample_answers import FORM_FOLDER, RELEVANT, Answers, draw, read_setting
from forms.sample_media import png, wav

NAMESPACES = (
    'xmlns:h="http://www.w3.org/1999/xhtml" xmlns:jr="http://openrosa.org/javarosa"'
    ' xmlns:odk="http://www.opendatakit.org/xforms" xmlns:orx="http://openrosa.org/xforms"'
    ' xmlns:xsd="http://www.w3.org/2001/XMLSchema"'
)


@dataclass(frozen=True)
class Sample:
    """One submission: its XML, and its files by the name that the XML gives them."""

    instance_id: str
    xml: bytes
    attachments: dict[str, bytes]


def make_instances(*, seed: int, n: int, province: str, version: str, media: Path) -> Iterator[Sample]:
    """`n` submissions from one province, true to the form's relevance and constraints.

    province: a two-digit code; version: the form version that they name; media: the folder with the
    form's lists. Dates lie between 1 September and 15 November 2026. About one in six has a photo,
    one in eight a recording, one in fifty no consent.
    Raises FormFault gazetteer.unknown_place.
    """
    schema = read_schema(compile_form(FORM_FOLDER / "form.xlsx").xform)
    try:
        setting = read_setting(province, media)
    except KeyError:
        raise FormFault("gazetteer.unknown_place", place=province) from None
    rng = Random(f"{seed} {province}")  # noqa: S311 - plausible, not secret
    for number in range(n):
        answers, people = draw(rng, setting, number)
        files = _files(rng, answers)
        answers["instanceID"] = f"uuid:{uuid.UUID(int=rng.getrandbits(128), version=4)}"
        answers["instanceName"] = _instance_name(answers)
        xml = _Writer(schema, people).write(answers, version)
        yield Sample(answers["instanceID"], xml, {k: v for k, v in files.items() if f">{k}<".encode() in xml})


def _instance_name(answers: Answers) -> str:
    if answers["consent"] == "no":
        return "គ្មានការយល់ព្រម / No consent"
    return " · ".join((answers["session_code"], answers["commune_name"], answers["consultation_date"]))


def _files(rng: Random, answers: Answers) -> dict[str, bytes]:
    """Names go into the answers; whether they are asked for is up to the form's relevance."""
    files = {}
    for name, suffix, share, make in (("photo", "png", 0.25, png), ("recording", "wav", 0.2, wav)):
        answers[name] = ""
        if rng.random() < share:
            answers[name] = f"{rng.randrange(1_788_000_000_000, 1_794_700_000_000)}.{suffix}"
            files[answers[name]] = make(rng)
    return files


class _Writer:
    """Writes answers in the order of the form's fields, leaving out what it would not have asked."""

    def __init__(self, schema: Schema, people: list[Answers]) -> None:
        self.root, self.form_id, self.people = schema.root, schema.form_id, people
        self.children: dict[str, list[Field]] = {}
        for field in schema.fields:
            self.children.setdefault(field.path.rpartition("/")[0], []).append(field)

    def write(self, answers: Answers, version: str) -> bytes:
        inside = "".join(self._fields("", dict(answers)))
        head = f'<{self.root} {NAMESPACES} id="{self.form_id}" version="{escape(version)}">'
        return f"<?xml version='1.0' ?>{head}{inside}</{self.root}>".encode()

    def _fields(self, path: str, answers: Answers) -> Iterator[str]:
        for field in self.children[path]:
            if field.name in RELEVANT and not RELEVANT[field.name](answers):
                answers[field.name] = ""  # later relevance sees an unasked question as blank
            elif field.type == "repeat":
                for person in self.people:
                    yield self._wrap(field, answers | person)
            elif field.type == "structure":
                yield self._wrap(field, answers)
            else:
                yield _leaf(field.name, answers.get(field.name, ""))

    def _wrap(self, field: Field, answers: Answers) -> str:
        return f"<{field.name}>{''.join(self._fields(field.path, answers))}</{field.name}>"


def _leaf(name: str, text: str) -> str:
    return f"<{name}>{escape(text)}</{name}>" if text else f"<{name}/>"
