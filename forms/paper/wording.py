"""Conditions in words: "question 12 is ‘Yes’". Khmer and English, each a whole sentence of the catalogues.

A condition that cannot be said is shown as it is written, with `${name}` for a path.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from forms.itext import Texts, absolute
from forms.paper.expressions import Call, Compared, Joined, Node, Path, Value, read_expression
from forms.paper.limits import Unsaid, bounds, numeral
from forms.questions import Question, Section, leaves
from i18n import mark, translate

PATH = re.compile(r"(?<![\w'\"])(?:current\(\)/)?(?:(?:\.\.?/)+|/)[A-Za-z_][\w:-]*(?:/[\w:.-]+)*")
TAG = re.compile(r"\(\s*([A-Za-z]{2,3})(?:[-_][\w-]+)?\s*\)\s*$")
NAMES = {
    "khmer": "km",
    "ខ្មែរ": "km",
    "ភាសាខ្មែរ": "km",
    "km": "km",
    "english": "en",
    "អង់គ្លេស": "en",
    "en": "en",
}


def tag(language: str) -> str:
    """ "km" or "en" for a form's name of a language, "" for any other: "Khmer (km)" gives "km"."""
    found = TAG.search(language)
    return NAMES.get((found[1] if found else language).strip().lower(), "")


def in_language(texts: Texts, lang: str) -> str | None:
    """What is said in `lang`; None when nothing is."""
    return next((text for language, text in texts.items() if tag(language) == lang and text), None)


def said(texts: Texts, lang: str) -> str:
    """What is said in `lang`, else in the first language that says anything: a blank helps nobody."""
    return in_language(texts, lang) or next((text for text in texts.values() if text), "")


@dataclass(frozen=True)
class Wording:
    """Says conditions of one form. `root`: the name of its root element, with which paths begin."""

    root: str
    questions: Mapping[str, Question]
    labels: dict[str, dict[str, Texts]] = field(default_factory=dict)

    def only_if(self, item: Question | Section, lang: str) -> str:
        """When to ask a question or fill in a section; "" for always."""
        if item.rules.relevant in ("", "true()"):
            return ""
        condition = self.condition(item.rules.relevant, item.path, lang)
        if isinstance(item, Section):
            return translate("Fill in this part only if {condition}.", lang, condition=condition)
        if not item.number:
            return translate("Only if {condition}.", lang, condition=condition)
        return translate("Ask only if {condition}.", lang, condition=condition)

    def otherwise(self, section: Section, lang: str) -> str:
        """Where to go on when a section is not filled in."""
        last = max((one.number for one in leaves(section.items)), default=0)
        if not last:
            return ""
        if last == max(one.number for one in self.questions.values()):
            return translate("If not, go on to the end.", lang)
        return translate("If not, go on with question {n}.", lang, n=numeral(last + 1, lang))

    def asked_count(self, section: Section) -> int:
        """The number of the question whose answer says how often a repeat is filled in; 0 for none."""
        path = absolute(section.count, section.path, self.root) if section.count else None
        question = self.questions.get(path or "")
        return question.number if question is not None else 0

    def narrowed(self, question: Question, lang: str) -> str:
        """Which answers narrow the choices of this one; "" for none that is asked."""
        if question.choices is None or not question.choices.depends:
            return ""
        found = (
            absolute(path[0], question.path, self.root) for path in PATH.finditer(question.choices.depends)
        )
        asked = dict.fromkeys(
            self.questions[path].number for path in found if path and path in self.questions
        )
        numbers = ", ".join(numeral(number, lang) for number in asked if number)
        return translate("Only what fits the answer to question {n}.", lang, n=numbers) if numbers else ""

    def condition(self, expression: str, where: str, lang: str) -> str:
        tree = read_expression(expression)
        try:
            if tree is None:
                raise Unsaid
            return self._clause(tree, where, lang)
        except Unsaid:
            return self.as_written(expression)

    def as_written(self, expression: str) -> str:
        return " ".join(PATH.sub(lambda path: "${" + path[0].rpartition("/")[2] + "}", expression).split())

    def limit(self, question: Question, lang: str) -> str:
        """What an answer must be: in words, else by the form's own message – which may only say what went
        wrong – else as written."""
        constraint = question.rules.constraint
        if constraint in ("", "true()"):
            return ""
        tree = read_expression(constraint)
        try:
            if tree is None:
                raise Unsaid
            return bounds(tree, lang)
        except Unsaid:
            return said(question.rules.constraint_messages, lang) or translate(
                "The answer must fit: {condition}", lang, condition=self.as_written(constraint)
            )

    def place(self, expression: str, lang: str) -> str:
        """What stands for a `${…}` inside a label: which answer to read out, or room to write."""
        question = self.questions.get(expression)
        if question is not None and question.number:
            return translate("[answer to question {n}]", lang, n=numeral(question.number, lang))
        return "________"

    def _clause(self, node: Node, where: str, lang: str) -> str:
        if isinstance(node, Joined):
            parts = [self._bracketed(part, node, where, lang) for part in node.parts]
            return self._listed(parts, node.word, lang)
        if isinstance(node, Compared):
            return self._compared(node, where, lang)
        if isinstance(node, Call) and node.name == "selected":
            return self._selected(node, where, lang, True)
        if isinstance(node, Call) and node.name == "not" and len(node.arguments) == 1:
            inner = node.arguments[0]
            if isinstance(inner, Call) and inner.name == "selected":
                return self._selected(inner, where, lang, False)
        raise Unsaid

    def _bracketed(self, part: Node, within: Joined, where: str, lang: str) -> str:
        clause = self._clause(part, where, lang)
        return f"({clause})" if isinstance(part, Joined) and part.word != within.word else clause

    def _listed(self, parts: list[str], word: str, lang: str) -> str:
        listed = parts[0]
        for part in parts[1:]:
            if word == "and":
                listed = translate("{first}, and {second}", lang, first=listed, second=part)
            else:
                listed = translate("{first}, or {second}", lang, first=listed, second=part)
        return listed

    def _asked(self, node: Node, where: str) -> Question:
        path = absolute(node.steps, where, self.root) if isinstance(node, Path) else None
        question = self.questions.get(path or "")
        if question is None or not question.number:
            raise Unsaid
        return question

    def _answer(self, question: Question, value: str, lang: str) -> str:
        """The label of a choice, or the value itself."""
        if question.choices is not None and question.choices.items:
            known = self.labels.setdefault(question.path, {})
            if not known:
                known.update((choice.name, choice.labels) for choice in question.choices.items)
            return said(known.get(value, {}), lang) or value
        return value

    def _selected(self, node: Call, where: str, lang: str, chosen: bool) -> str:
        if len(node.arguments) != 2 or not isinstance(node.arguments[1], Value):
            raise Unsaid
        question = self._asked(node.arguments[0], where)
        values = {
            "n": numeral(question.number, lang),
            "answer": self._answer(question, node.arguments[1].text, lang),
        }
        if chosen:
            return translate("‘{answer}’ is chosen in question {n}", lang, **values)
        return translate("‘{answer}’ is not chosen in question {n}", lang, **values)

    def _compared(self, node: Compared, where: str, lang: str) -> str:
        if not isinstance(node.right, Value):
            raise Unsaid
        if (
            isinstance(node.left, Call)
            and node.left.name == "count-selected"
            and len(node.left.arguments) == 1
        ):
            return self._counted(node, node.left.arguments[0], where, lang)
        question = self._asked(node.left, where)
        values = {
            "n": numeral(question.number, lang),
            "answer": self._answer(question, node.right.text, lang),
        }
        if node.right.number and question.choices is None:
            values["answer"] = numeral(node.right.text, lang)
        if not node.right.text:
            values.pop("answer")
        return translate(_sentence(node), lang, **values)

    def _counted(self, node: Compared, counted: Node, where: str, lang: str) -> str:
        question = self._asked(counted, where)
        if node.sign not in (">", ">=") or not isinstance(node.right, Value) or not node.right.text.isdigit():
            raise Unsaid
        least = int(node.right.text) + (node.sign == ">")
        n = numeral(question.number, lang)
        return translate(
            "at least {count} answers are chosen in question {n}", lang, n=n, count=numeral(least, lang)
        )


def _sentence(node: Compared) -> str:
    empty = isinstance(node.right, Value) and not node.right.text
    sentences = {
        "=": mark("question {n} is ‘{answer}’"),
        "!=": mark("question {n} is not ‘{answer}’"),
        "<": mark("the answer to question {n} is less than {answer}"),
        ">": mark("the answer to question {n} is more than {answer}"),
        "<=": mark("the answer to question {n} is {answer} or less"),
        ">=": mark("the answer to question {n} is {answer} or more"),
    }
    if not empty:
        return sentences[node.sign]
    if node.sign == "=":
        return mark("question {n} has no answer")
    if node.sign == "!=":
        return mark("question {n} has an answer")
    raise Unsaid
