"""Sample submissions of any form of the library, drawn from its own definition.

What is asked, which answers are valid and what is calculated comes from the compiled form
(`forms/filling.py`). Which answers are likely comes from `sample_answers.csv` beside the workbook:

    question,answer,weight
    private_place,yes,9                  a choice; those not named weigh 1
    participant,5..12,1                  a number, or how often a repeat turns: drawn in between
    next_visit,+14..+60,1                a day, so many days after the submission's
    facilitator_code,F###,1              a text; # is a digit by chance
    session_code,{session}-##,1          {session} is the province's letters
    quote,,3                             nothing: the question is left unanswered

The rows that an entity list would bring from the hub are in `sample_<list>.csv`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from random import Random
from xml.sax.saxutils import escape

from lxml import etree

from forms.compile import compile_form
from forms.errors import FormFault
from forms.filling import Control, Definition, Filling, Node, table
from forms.sample_answers import CAMBODIA, FIRST_DAY, FORM_FOLDER, LAST_DAY, read_rows
from forms.sample_media import audit, png, wav
from forms.samples import NAMESPACES, Sample

ANSWERS = "sample_answers.csv"
TRIES = 200  # draws before a question counts as one that no answer fits
BLANK_SHARE = 0.2  # of questions that need no answer, where the form's own file says nothing

SPAN = re.compile(r"[+\d.]+?\.\.[+\d.]+")
MAKERS: Mapping[str, tuple[str, Callable[[Random], bytes]]] = {
    "image/*": ("png", png),
    "audio/*": ("wav", wav),
}

Weighted = dict[str, float]


@dataclass(frozen=True)
class Bundled:
    """A form of the library, ready to be sampled."""

    definition: Definition
    form_id: str
    version: str
    answers: dict[str, Weighted]


def make_samples(folder: Path, *, seed: int, n: int, province: str) -> Iterator[Sample]:
    """`n` submissions of the form in `folder`, from one province.

    province: a two-digit code. The same arguments give the same bytes. Dates lie between 1 September
    and 15 November 2026. Raises FormFault gazetteer.unknown_place, sample.*.
    """
    places = {row["code"]: row for row in read_rows(FORM_FOLDER / "sample_provinces.csv")}
    if province not in places:
        raise FormFault("gazetteer.unknown_place", place=province)
    form = read_form(folder)
    rng = Random(f"{form.form_id} {seed} {province}")  # noqa: S311 - plausible, not secret
    for _ in range(n):
        yield _Draw(form, places[province], rng).sample()


@cache
def read_form(folder: Path) -> Bundled:
    compiled = compile_form(folder / "form.xlsx")
    files = [*(folder / "media").glob("*.csv"), *folder.glob("sample_*.csv")]
    lists = {f.stem.removeprefix("sample_"): table(read_rows(f)) for f in files if f.name != ANSWERS}
    answers: dict[str, Weighted] = {}
    for row in read_rows(folder / ANSWERS):
        answers.setdefault(row["question"], {})[row["answer"]] = float(row["weight"])
    return Bundled(Definition(compiled.xform, lists), compiled.form_id, compiled.version, answers)


@dataclass
class _Draw:
    """One submission being made up."""

    form: Bundled
    place: dict[str, str]
    rng: Random
    answered: set[Node] = field(default_factory=set)
    files: dict[str, bytes] = field(default_factory=dict)

    def sample(self) -> Sample:
        rng = self.rng
        day = FIRST_DAY + timedelta(days=rng.randrange((LAST_DAY - FIRST_DAY).days + 1))
        morning = datetime(day.year, day.month, day.day, 8, tzinfo=CAMBODIA)
        self.start = morning + timedelta(minutes=rng.randrange(480))
        self.end = self.start + timedelta(minutes=rng.randint(15, 110), milliseconds=rng.randrange(60_000))
        self.filling = Filling(self.form.definition, day, rng)
        self._preload()
        self._turn_repeats()
        self.filling.settle(self._answer)
        return self._finish()

    def _preload(self) -> None:
        """What Collect fills in by itself."""
        for node in self.filling.root.iterdescendants(etree.Element):
            bind = self.form.definition.binds.get(self.filling.path(node), {})
            match bind.get("{http://openrosa.org/javarosa}preload"), node.tag:
                case "uid", _:
                    node.text = f"uuid:{self.filling.evaluate(node, 'uuid()')}"
                case "timestamp", name:
                    moment = self.start if name == "start" else self.end
                    node.text = moment.isoformat(timespec="milliseconds")
                case "date", _:
                    node.text = self.filling.today.isoformat()

    def _turn_repeats(self) -> None:
        """How often the repeats turn where a person decides it."""
        for path, count in self.form.definition.repeats.items():
            if not count:
                known = self.form.answers[path.rpartition("/")[2]]
                for node in list(self.filling.turns(path)):
                    self.filling.repeat(node, int(self._between(self._drawn(known))))

    def _answer(self, node: Node) -> None:
        """Draws an answer that the form lets pass, unless one stands already."""
        path = self.filling.path(node)
        if "readonly" in self.form.definition.binds.get(path, {}):
            return  # a note
        if node in self.answered and self.filling.holds(node):
            return
        self.answered.add(node)
        for _ in range(TRIES):
            node.text = self._value(node, self.form.definition.controls[path]) or None
            if self.filling.holds(node):
                return
        raise FormFault("sample.unanswerable", question=node.tag)

    def _value(self, node: Node, control: Control) -> str:
        known = self.form.answers.get(node.tag, {})
        if not known and self.filling.rule(node, "required") is not True and self.rng.random() < BLANK_SHARE:
            return ""
        if control.options:
            return self._choice(self.filling.options(node), control.kind, known)
        if control.kind == "upload":
            return self._file(control.media) if self._drawn(known or {"file": 1}) else ""
        if self.filling.form.at_first.get(self.filling.path(node), "").strip() == "today()":
            return self.filling.today.isoformat()
        if not known:
            raise FormFault("sample.unanswerable", question=node.tag)
        written = self._written(self._drawn(known), known, control)
        decimal = written and self.form.definition.binds[self.filling.path(node)].get("type") == "decimal"
        return str(float(written)) if decimal else written  # "36.0", as Collect writes 36

    def _drawn(self, known: Weighted) -> str:
        return self.rng.choices(list(known), list(known.values()))[0]

    def _choice(self, options: list[str], kind: str, known: Weighted) -> str:
        if kind == "rank":
            return " ".join(self.rng.sample(options, len(options)))
        if self.place["code"] in options:
            return self.place["code"]
        weights = {option: known.get(option, 1.0) for option in options}
        if "" in known:
            weights[""] = known[""]
        if kind == "select1":
            return self._drawn(weights) if weights else ""
        drawn = {self._drawn(weights) for _ in range(self.rng.randint(1, 3))}
        return " ".join(
            option for option in options if option in drawn
        )  # in the list's order, as Collect writes

    def _written(self, answer: str, known: Weighted, control: Control) -> str:
        if SPAN.fullmatch(answer):
            return self._between(answer)
        if answer and control.appearance == "multiline":
            more = [text for text in known if text and text != answer]
            answer = " ".join([answer, *self.rng.sample(more, min(len(more), self.rng.randint(0, 2)))])
        answer = answer.replace("{session}", self.place["session"])
        return "".join(str(self.rng.randrange(10)) if letter == "#" else letter for letter in answer)

    def _between(self, span: str) -> str:
        """From the first to the last of `low..high`: a whole number, one with a decimal, or a day,
        which is written as so many days (+14) from that of the submission."""
        low, high = span.split("..")
        if low.startswith("+"):
            day = self.filling.today + timedelta(days=self.rng.randint(int(low), int(high)))
            return day.isoformat()
        if "." in low:
            return str(round(self.rng.uniform(float(low), float(high)), 1))
        return str(self.rng.randint(int(low), int(high)))

    def _file(self, media: str) -> str:
        suffix, make = MAKERS[media]
        name = f"{self.rng.randrange(1_788_000_000_000, 1_794_700_000_000)}.{suffix}"
        self.files[name] = make(self.rng)
        return name

    def _finish(self) -> Sample:
        """As a tablet sends it: what was not asked left out, the log of the questions beside it."""
        if (log := self.filling.root.find("meta/audit")) is not None:
            shown = (n for n in self.filling.root.iterdescendants(etree.Element) if n in self.filling.asked)
            paths = [p for p in map(self.filling.path, shown) if p in self.form.definition.controls]
            log.text = "audit.csv"
            self.files[log.text] = audit(paths, self.start, self.end)
        root = self.filling.submission()
        named = {node.text for node in root.iter()}
        files = {name: data for name, data in self.files.items() if name in named}
        return Sample(root.findtext("meta/instanceID") or "", self._xml(root), files)

    def _xml(self, root: Node) -> bytes:
        etree.cleanup_namespaces(root)
        inside = "".join(etree.tostring(child, encoding="unicode") for child in root)
        form_id, version = escape(self.form.form_id), escape(self.form.version)
        head = f'<{root.tag} {NAMESPACES} id="{form_id}" version="{version}">'
        return f"<?xml version='1.0' ?>{head}{inside}</{root.tag}>".encode()
