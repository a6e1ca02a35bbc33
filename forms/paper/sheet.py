"""A questionnaire → the blocks of its paper form: head, sections, questions, blank blocks for repeats."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from forms.itext import Texts
from forms.paper.answers import BOX, CODE_DEFAULT, SMALL, TICK, Lists, Room, answer_rows, comb
from forms.paper.boxes import Block, Frame, Ink, Mark, Row, Rule, Shade, Type, beside, gap, moved, paragraph
from forms.paper.emphasis import pieces
from forms.paper.limits import numeral
from forms.paper.typeface import Piece
from forms.paper.typesetting import natural_width
from forms.paper.wording import Wording, in_language, said
from forms.questions import Question, Questionnaire, Section
from i18n import mark, translate

TITLE, MAIN, OTHER, HINT = Type(15), Type(10.5), Type(9), Type(9)
HEADINGS = (Type(13), Type(11.5), Type(10.5))  # by depth
MARGIN = 34.0  # points left of a question, for its number
INNER_BLOCKS = (2, 1)  # blank blocks of a repeat in a repeat, and of one deeper still


@dataclass(frozen=True)
class Sheet:
    """What the whole paper is made for. languages: one or both of "km" and "en", the main one first.
    blocks: how many blank blocks an outer repeat gets."""

    form: Questionnaire
    wording: Wording
    languages: tuple[str, ...]
    lists: Lists
    measure: float
    blocks: int

    def all_blocks(self) -> Iterator[Block]:
        yield Block(tuple(self._head()))
        yield from self._items(self.form.items, 0, 0)

    def room(self, x: float = MARGIN) -> Room:
        return Room(self.languages, x, self.measure - x, self.voices, self.lists)

    def voices(self, texts: Texts) -> list[list[Piece]]:
        """The texts to print, each as pieces, the main language first, none twice. When a form does not say
        it in a language wanted, what it does say stands in: a blank helps nobody."""
        known = {lang: text for lang in self.languages if (text := in_language(texts, lang))}
        if not known and (text := said(texts, self.languages[0])):
            known[self.languages[0]] = text
        chosen: dict[str, str] = {}
        for lang, text in known.items():
            chosen.setdefault(text, lang)
        return [
            pieces(text, lambda path, lang=lang: self.wording.place(path, lang), grey=bool(number))  # type: ignore[misc]
            for number, (text, lang) in enumerate(chosen.items())
        ]

    def _head(self) -> list[Row]:
        known = {"form_id": self.form.form_id, "version": self.form.version}
        about = mark("Form {form_id}, version {version}") if self.form.version else mark("Form {form_id}")
        room = self.room(0)
        return [
            *paragraph([Piece(self.form.title or self.form.form_id, bold=True)], TITLE, 0, self.measure),
            *paragraph(room.words(about, **known), SMALL, 0, self.measure),
            gap(8),
            *self._fill_in(),
            gap(8),
            *self._legend(),
            gap(6),
        ]

    def _fill_in(self) -> Iterator[Row]:
        for name in (mark("Date"), mark("Interviewer's code"), mark("Place")):
            words = [Piece(p.text + " ") for p in self.room(0).words(name)]
            rows = paragraph(words, HINT, 0, self.measure)
            taken = natural_width(words, HINT.size)
            rule = Rule(taken, 18, max(self.measure * 0.7 - taken, 60))
            yield Row(22, (*(moved(m, 0, 3) for row in rows[:1] for m in row.marks), rule))

    def _legend(self) -> Iterator[Row]:
        signs: tuple[tuple[Frame | str, str], ...] = (
            (Frame(0, 0, TICK, TICK, round=True), mark("Choose one answer.")),
            (Frame(0, 0, TICK, TICK), mark("Choose every answer that applies.")),
            ("*", mark("This question must be answered.")),
        )
        for sign, sentence in signs:
            rows = paragraph(self.room(0).words(sentence), HINT, MARGIN, self.measure - MARGIN)
            base = rows[0].marks[0].y
            lead: tuple[Mark, ...]
            if isinstance(sign, Frame):
                lead = (moved(sign, 12, base - TICK + 1),)
            else:
                lead = paragraph([Piece(sign, bold=True)], MAIN, 14, MARGIN)[0].marks
            yield Row(rows[0].height, (*rows[0].marks, *lead))
            yield from rows[1:]

    def _items(self, items: Sequence[Question | Section], depth: int, repeats: int) -> Iterator[Block]:
        for item in items:
            if isinstance(item, Question):
                yield Block(tuple(self._question(item)))
            elif item.repeat:
                yield from self._repeat(item, depth, repeats)
            else:
                yield from self._heading(item, depth)
                yield from self._items(item.items, depth + 1, repeats)

    def _heading(self, section: Section, depth: int) -> Iterator[Block]:
        rows = self._title(section, depth) + self._condition(section, 0)
        if rows:
            yield Block((gap(10), *rows, gap(4)), head=True)

    def _title(self, section: Section, depth: int) -> list[Row]:
        type_ = HEADINGS[min(depth, len(HEADINGS) - 1)]
        rows: list[Row] = []
        for number, voice in enumerate(self.voices(section.labels)):
            bold = [Piece(piece.text, True, piece.grey) for piece in voice]
            rows += paragraph(bold, Type(type_.size - 2) if number else type_, 0, self.measure)
        if rows and depth == 0:
            rows.append(Row(4, (Rule(0, 2, self.measure, heavy=True),)))
        return rows

    def _repeat(self, section: Section, depth: int, repeats: int) -> Iterator[Block]:
        count = self.blocks if not repeats else min(self.blocks, INNER_BLOCKS[min(repeats, 2) - 1])
        rows = [*self._title(section, depth), *self._condition(section, 0), *self._counted(section, count)]
        yield Block((gap(10), *rows, gap(4)), head=True)
        for number in range(1, count + 1):
            yield Block((gap(12), *self._strip(section, number, count), gap(4)), head=True)
            yield from self._items(section.items, depth + 1, repeats + 1)
        yield Block((gap(8), Row(4, (Rule(0, 2, self.measure),))))

    def _counted(self, section: Section, count: int) -> Iterator[Row]:
        for lang in self.languages:
            sentence = translate(
                "Blank blocks here: {count}. Fill in one for each; if there are more, take another sheet.",
                lang, count=numeral(count, lang),
            )  # fmt: skip
            if asked := self.wording.asked_count(section):
                sentence += " " + translate(
                    "As many as the answer to question {n}.", lang, n=numeral(asked, lang)
                )
            yield from paragraph([Piece(sentence, grey=True)], HINT, 0, self.measure)

    def _strip(self, section: Section, number: int, count: int) -> list[Row]:
        names = [
            translate("{name}: {n} of {count}", lang, name=said(section.labels, lang) or _name(section.path),
                      n=numeral(number, lang), count=numeral(count, lang))
            for lang in self.languages
        ]  # fmt: skip
        words = [Piece(" · ".join(dict.fromkeys(names)), bold=True)]
        return self._shaded(paragraph(words, MAIN, 4, self.measure - 8), 0)

    def _condition(self, item: Question | Section, x: float) -> list[Row]:
        rows: list[Row] = []
        for lang in self.languages:
            sentence = self.wording.only_if(item, lang)
            if sentence and isinstance(item, Section):
                sentence += " " + self.wording.otherwise(item, lang)
            rows += paragraph([Piece(sentence)] if sentence else [], HINT, x + 4, self.measure - x - 8)
        return self._shaded(rows, x)

    def _shaded(self, rows: list[Row], x: float) -> list[Row]:
        return [Row(row.height, (Shade(x, 0, self.measure - x, row.height), *row.marks)) for row in rows]

    def _question(self, question: Question) -> Iterator[Row]:
        yield gap(7)
        if condition := self._condition(question, MARGIN):
            yield from (*condition, gap(3))
        asked = list(self._asked(question))
        if question.number:
            yield beside([self._number(question), [_first(asked)]])
            yield from asked[1:]
        else:
            yield from (Row(row.height, (Shade(MARGIN - 8, 0, 3, row.height), *row.marks)) for row in asked)
        yield from self._advice(question)
        answer = answer_rows(question, self.room())
        if answer:
            yield gap(2)
        yield from answer
        yield gap(3)

    def _number(self, question: Question) -> list[Row]:
        number = numeral(question.number, self.languages[0])
        star = "*" if question.rules.required else ""
        return paragraph([Piece(f"{number}. {star}" if star else f"{number}.", bold=True)], MAIN, 0, MARGIN)[
            :1
        ]

    def _asked(self, question: Question) -> Iterator[Row]:
        voices = self.voices(question.labels) or [[Piece(_name(question.path))]]
        for number, voice in enumerate(voices):
            yield from paragraph(voice, OTHER if number else MAIN, MARGIN, self.measure - MARGIN)

    def _advice(self, question: Question) -> Iterator[Row]:
        """Hints, guidance, what to show, and what an answer must be."""
        width = self.measure - MARGIN
        for texts in (question.hints, question.guidance):
            for voice in self.voices(texts):
                yield from paragraph([Piece(p.text, p.bold, True) for p in voice], HINT, MARGIN, width)
        limits = dict.fromkeys(self.wording.limit(question, lang) for lang in self.languages)
        narrowed = [self.wording.narrowed(question, lang) for lang in self.languages]
        for sentence in (*limits, *dict.fromkeys(narrowed)):
            yield from paragraph([Piece(sentence, grey=True)] if sentence else [], HINT, MARGIN, width)
        for name in question.media:
            yield from paragraph(
                self.room().words(mark("Show or play: {name}"), name=name), HINT, MARGIN, width
            )

    def interview_code(self, x_right: float, y: float) -> tuple[list[Mark], float]:
        """The boxes for the interview's code, ending at `x_right`, and where their name begins."""
        left = x_right - CODE_DEFAULT * BOX[0]
        words = [Piece(p.text) for p in self.room(0).words(mark("Interview code"))]
        taken = natural_width(words, SMALL.size) + 6
        marks: list[Mark] = [*comb(left, y, CODE_DEFAULT)]
        for row in paragraph(words, SMALL, left - taken, taken)[:1]:
            marks += (moved(m, 0, y) for m in row.marks if isinstance(m, Ink))
        return marks, left - taken


def _first(rows: list[Row]) -> Row:
    return rows[0] if rows else gap(MAIN.size * 1.5)


def _name(path: str) -> str:
    return path.rpartition("/")[2]
