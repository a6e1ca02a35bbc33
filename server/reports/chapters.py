"""Counts → the blocks of a report. Everything that a reader sees of a number goes through hiding.py here."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from i18n import mark
from server.extracts.imprint import Imprint
from server.extracts.sheets import Extract, Kind, Labels
from server.reports.blocks import Block, Facts, Heading, Paragraph, Quote, Report, Said
from server.reports.counting import QUOTES_LIMIT, Counts, Traits, bands
from server.reports.coverage import coverage
from server.reports.crossing import Axis, Crowd, axis, cross_table, one_way
from server.reports.finding import Plan
from server.reports.mapping import province_map
from server.reports.questions import Shown, question_blocks, reading
from server.reports.quotas import Quota
from server.reports.wording import Words, same

DAYS_LIMIT = 400 * 7  # of weeks in a row that are shown; a tablet whose clock is off must not make a thousand


# fmt: off
RULE = mark("Numbers below {k} are hidden, and others with them where they would give one away. No name, no contact and no exact place is in this report.")  # noqa: E501
SIGNS = mark("“{small}” stands for a number from 1 to {last}. “{hidden}” stands for a number that is hidden because a small one could be worked out from it. A zero is a zero.")  # noqa: E501
PERCENTAGES = mark("Percentages are of all who answered the question where that number is shown, else of all whom the form could ask. Where several answers were possible they add up to more than 100.")  # noqa: E501
MEDIANS = mark("Half of the answers lie at or below the median; the middle half lies between the quartiles. They are shown only where at least {k} answers lie in each part.")  # noqa: E501
COMPARING = mark("Compare with an earlier report with care: the difference between two of them may be a small group. Hand on few of them.")  # noqa: E501
# fmt: on


@dataclass(frozen=True, slots=True)
class Wishes:
    """languages: one or two of km, en, in order. sections: what groups are called, by path. quotas: () for none."""

    languages: tuple[str, ...] = ("km", "en")
    khmer_digits: bool = True
    quotas: Sequence[Quota] = ()
    sections: Mapping[str, Labels] | None = None


def make_report(
    extract: Extract, plan: Plan, found: Counts, wishes: Wishes, imprint: Imprint, k: int
) -> Report:
    words = Words(wishes.languages, wishes.khmer_digits, k)
    title = dict.fromkeys(("km", "en"), extract.title)
    crowd = _crowd(plan, found, words)
    blocks: list[Block] = [
        *_title_page(extract, found, plan, imprint, words),
        *_who(plan, found, words, crowd),
        *coverage(wishes.quotas, crowd, words),
        *_weeks(found, words),
        *_questions(plan, found, words),
        *_quotes(plan, found, words),
        *_reading(words, plan),
    ]
    return Report(title, wishes.languages, imprint.id, wishes.khmer_digits, blocks)


def progress_blocks(plan: Plan, found: Counts, wishes: Wishes, k: int) -> list[Block]:
    """How far a consultation has come: the amounts, the quotas, who took part, and when it came."""
    words = Words(wishes.languages, wishes.khmer_digits, k)
    crowd = _crowd(plan, found, words)
    amounts = [(words.say(mark("Submissions that take part")), _amount(found.submissions, words))]
    if plan.people:
        amounts.append((words.say(mark("People in them")), _amount(sum(found.people.values()), words)))
    left_out = (
        (mark("Left out: no consent"), found.no_consent),
        (mark("Left out: rejected"), found.rejected),
        (mark("Left out: set aside"), found.set_aside),
        (mark("Left out: cannot be read"), found.unread),
    )
    amounts += [(words.say(message), _amount(number, words)) for message, number in left_out if number]
    return [
        Facts(amounts),
        *coverage(wishes.quotas, crowd, words),
        *_who(plan, found, words, crowd),
        *_weeks(found, words),
        Paragraph(words.say(RULE, k=words.k), soft=True),
        Paragraph(
            words.say(SIGNS, small=words.small, hidden=words.hidden, last=words.k - 1, k=words.k), soft=True
        ),
    ]


def _crowd(plan: Plan, found: Counts, words: Words) -> Crowd:
    """Who took part: people where the form asks of each, else submissions by their province."""
    people = found.people
    if plan.people is None:
        people = Counter[Traits]({(p, None, None, None, None): n for p, n in found.provinces.items()})
    place = plan.places["province"]
    provinces = plan.root.columns[place].values if place is not None else {}
    labels: dict[str, Mapping[str, Labels]] = {"province": provinces}
    if plan.people:
        for trait, number in plan.people.places.items():
            column = plan.people.sheet.columns[number]
            is_number = trait == "age" and column.kind is Kind.INTEGER
            labels[trait] = (
                {band: {"km": band, "en": band} for band in bands()} if is_number else column.values
            )
    labels["disability"] = {"yes": words.say(mark("With a disability")), "no": words.say(mark("Without"))}
    axes = {trait: axis(people, n, labels.get(trait, {}), words) for n, trait in enumerate(TRAITS)}
    return Crowd(people, {trait: one for trait, one in axes.items() if one is not None}, sum(people.values()),
                 plan.people is not None)  # fmt: skip


TRAITS = ("province", "sex", "age", "group", "disability")


def _title_page(
    extract: Extract, found: Counts, plan: Plan, imprint: Imprint, words: Words
) -> Iterator[Block]:
    yield Heading(same(extract.title), 1)
    if not found.submissions:
        yield Paragraph(words.say(mark("No submission takes part in this report yet.")))
    yield Facts([row for row in _facts(extract, found, plan, imprint, words) if any(row[1].values())])
    yield Paragraph(
        words.say(
            RULE,
            k=words.k,
        )
    )


def _facts(
    extract: Extract, found: Counts, plan: Plan, imprint: Imprint, words: Words
) -> Iterator[tuple[Said, Said]]:
    days = sorted(found.days)
    yield words.say(mark("Project")), same(imprint.project)
    if days:
        yield (
            words.say(mark("Received")),
            words.figure(f"{days[0]} – {days[-1]}" if len(days) > 1 else days[0]),
        )
    hubs = ", ".join(sorted(hub for hub in found.hubs if hub))
    yield words.say(mark("Hubs that contributed")), same(hubs)
    yield words.say(mark("Submissions that take part")), _amount(found.submissions, words)
    if plan.people:
        yield words.say(mark("People in them")), _amount(sum(found.people.values()), words)
    versions = ", ".join(name for name in extract.versions.values() if name)
    yield (
        words.say(mark("Form")),
        same(" · ".join(part for part in (extract.form_id, versions) if part)),
    )
    for message, number in (
        (mark("Left out: no consent"), found.no_consent),
        (mark("Left out: rejected"), found.rejected),
        (mark("Left out: set aside"), found.set_aside),
        (mark("Left out: cannot be read"), found.unread),
    ):
        if number:
            yield words.say(message), _amount(number, words)
    yield words.say(mark("Made by")), dict.fromkeys(("km", "en"), imprint.by)
    yield words.say(mark("Made at")), words.figure(f"{imprint.made_at:%Y-%m-%d}")
    yield words.say(mark("Hub")), dict.fromkeys(("km", "en"), imprint.hub)
    yield (
        words.say(mark("Profile")),
        words.say(mark("Report: numbers from {k} on, no personal data"), k=words.k),
    )
    yield words.say(mark("Number of this export")), dict.fromkeys(("km", "en"), imprint.id)


def _amount(number: int, words: Words) -> Said:
    return words.small if 0 < number < words.k else words.number(number)


def _who(plan: Plan, found: Counts, words: Words, crowd: Crowd) -> Iterator[Block]:
    if not crowd.axes or not crowd.total:
        return
    yield Heading(words.say(mark("Who took part")), new_page=True)
    unit = mark("People") if crowd.are_people else mark("Submissions")
    titles = {
        "province": words.say(mark("By province")), "sex": words.say(mark("By sex")),
        "age": words.say(mark("By age")), "group": words.say(mark("By group")),
        "disability": words.say(mark("By disability")),
    }  # fmt: skip
    for trait, one in crowd.axes.items():
        if trait == "province":
            yield from province_map(one, words)
        yield from one_way(titles[trait], one, words.say(unit), words)
    for row, column, title in (
        ("province", "sex", mark("Province and sex")), ("group", "sex", mark("Group and sex")),
        ("group", "age", mark("Group and age")), ("age", "sex", mark("Age and sex")),
    ):  # fmt: skip
        if row in crowd.axes and column in crowd.axes:
            yield from cross_table(
                words.say(title), crowd, TRAITS.index(row), TRAITS.index(column), row, column, words
            )


def _weeks(found: Counts, words: Words) -> Iterator[Block]:
    weeks = Counter[date]()
    for day, times in found.days.items():
        try:
            moment = date.fromisoformat(day)
        except ValueError:
            continue
        weeks[moment - timedelta(days=moment.weekday())] += times
    if not weeks:
        return
    first, last = min(weeks), max(weeks)
    if (last - first).days <= DAYS_LIMIT:
        weeks.update({first + timedelta(days=n): 0 for n in range(0, (last - first).days, 7)})
    order = sorted(weeks)
    labels: list[Said] = [words.figure(day.isoformat()) for day in order]
    yield Heading(words.say(mark("When they came")))
    whole = Axis([day.isoformat() for day in order], labels, [weeks[day] for day in order], words)
    yield from one_way(
        words.say(mark("Submissions received a week, by its Monday")),
        whole,
        words.say(mark("Submissions")),
        words,
    )


def _questions(plan: Plan, found: Counts, words: Words) -> Iterator[Block]:
    shown = [
        Shown(asked, found.answers.get((path, asked.column.path), Counter()), found.rows[path])
        for path, several in plan.questions.items()
        for asked in several
    ]
    if not shown or not found.submissions:
        return
    yield Heading(words.say(mark("Answers, question by question")), new_page=True)
    here: tuple[str, ...] = ()
    known = reading(shown, words)
    for one in shown:
        sections = [path for path, _ in one.asked.sections][-2:]
        for path, labels in one.asked.sections[-2:]:
            if path not in here:
                yield Heading(words.labelled(labels, path.rpartition("/")[2]), 3)
        here = tuple(sections)
        yield from question_blocks(one, known[one.asked.column.path], words)


def _quotes(plan: Plan, found: Counts, words: Words) -> Iterator[Block]:
    if not found.quotes:
        return
    place = plan.places["province"]
    yield Heading(words.say(mark("In their own words")))
    yield Paragraph(
        words.say(mark("Quoted with the consent of who said it, as it was written down.")), soft=True
    )
    for one in found.quotes[:QUOTES_LIMIT]:
        source: Said = {}
        if place is not None and one.province and found.provinces[one.province] >= words.k:
            source = words.labelled(plan.root.columns[place].values.get(one.province, {}), one.province)
        yield Quote(one.text, source)


def _reading(words: Words, plan: Plan) -> Iterator[Block]:
    yield Heading(words.say(mark("How to read this report")))
    for message in (
        SIGNS,
        PERCENTAGES,
        MEDIANS,
        COMPARING,
    ):
        yield Paragraph(
            words.say(message, small=words.small, hidden=words.hidden, last=words.k - 1, k=words.k), soft=True
        )
    if plan.left_out:
        yield Paragraph(
            words.say(
                mark("Questions with texts, places, files or personal data are not shown: {count}."),
                count=plan.left_out,
            ),
            soft=True,
        )
