"""What somebody answered while trying a draft out, question by question, in the reader's language. No Flask, no SQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lxml import etree

from forms.errors import FormFault
from forms.instance import parse_instance
from forms.itext import Texts
from forms.questions import Question, read_questionnaire
from forms.texts import language_code
from server.hub import Hub
from server.overview import local_time
from server.store import forms, submissions
from server.store.forms import Form

SHOWN = 20  # of the newest


@dataclass(frozen=True, slots=True)
class Tried:
    """One test submission. answers: (what was asked, what was answered), in the order of the form."""

    at: str | None
    device: str
    answers: tuple[tuple[str, str], ...]


def tried(hub: Hub, trial: Form, lang: str) -> list[Tried]:
    """The newest first, at most SHOWN. trial: as trials.find_trial gives it."""
    db = hub.read()
    version = forms.find_version(db, trial.current_id or 0)
    rows = submissions.iterate_submissions(db, trial.id, deleted=False, limit=SHOWN, offset=0)
    held = [(one, standing.xml) for one, standing in rows]
    if not held or version is None:
        return []
    questions = {one.path: one for one in read_questionnaire(hub.blobs.read(version.xform)).questions()}
    return [
        Tried(local_time(one.created_at), one.device_id or "", _answers(hub.blobs.read(xml), questions, lang))
        for one, xml in held
    ]


def _answers(xml: bytes, questions: dict[str, Question], lang: str) -> tuple[tuple[str, str], ...]:
    try:
        root, _ = parse_instance(xml)
    except FormFault:
        return ()
    return tuple(_walked(root, "", questions, lang))


def _walked(
    element: etree._Element, path: str, questions: dict[str, Question], lang: str
) -> Iterator[tuple[str, str]]:
    for child in element.iterchildren("*"):  # not comments
        name = child.tag.rpartition("}")[2]
        here = f"{path}/{name}"
        if name == "meta" and not path:
            continue
        if len(child):
            yield from _walked(child, here, questions, lang)
        elif said := (child.text or "").strip():
            asked = questions.get(here)
            yield (_in(asked.labels, lang) if asked else "") or name, _worded(asked, said, lang)


def _worded(asked: Question | None, said: str, lang: str) -> str:
    """Choices by their labels, the rest as it was typed."""
    labels = (
        {one.name: _in(one.labels, lang) for one in asked.choices.items} if asked and asked.choices else {}
    )
    if not labels:
        return said
    names = [said] if said in labels else said.split()
    return ", ".join(labels.get(name) or name for name in names)


def _in(texts: Texts, lang: str) -> str:
    """In the reader's language, else in the first there is."""
    by_code = {language_code(language) or language: text for language, text in texts.items()}
    return str(by_code.get(lang) or next(iter(by_code.values()), ""))
