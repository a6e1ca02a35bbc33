"""How far each quota was reached. A number stands here only where the same stands elsewhere in the report; of finer
groups it is said whether the target was reached, and only where that tells nothing of a few."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from i18n import mark
from server.reports.blocks import Bar, Block, Heading, Paragraph, Said, Table
from server.reports.crossing import Axis, Crowd, table_of
from server.reports.hiding import Cross
from server.reports.quotas import Quota, code_of
from server.reports.wording import Words

PLACES = {"province": 0, "sex": 1, "group": 3}
TABLES = (("province", "sex"), ("group", "sex"))  # those that the report shows, row and column
REACHED, SHORT = mark("reached"), mark("short by {count}")
NOT_YET = mark("not yet reached")


def coverage(quotas: Sequence[Quota], crowd: Crowd, words: Words) -> Iterator[Block]:
    if not quotas:
        return
    yield Heading(words.say(mark("Coverage against quota")))
    rows, unknown = [], []
    shows = _Shown(crowd, words)
    for quota in quotas:
        codes = _codes(quota, crowd)
        if codes is None:
            unknown.append(str(quota.row))
        else:
            rows.append(_row(quota, codes, crowd, shows, words))
    heads = [{}, {}, words.say(mark("Reached")), words.say(mark("Target")), words.say(mark("State"))]
    if rows:
        yield Table(words.say(mark("Reached, of what was planned")), heads, rows)
    if unknown:
        yield Paragraph(
            words.say(
                mark("Rows of the quota file that this form has no answers for: {rows}."),
                rows=", ".join(unknown),
            )
        )


def _codes(quota: Quota, crowd: Crowd) -> dict[str, str] | None:
    """trait -> code, of the traits that the quota names; None when the form does not ask for one of them."""
    found: dict[str, str] = {}
    for trait in PLACES:
        said = getattr(quota, trait)
        if not said:
            continue
        one = crowd.axes.get(trait)
        if trait == "province":
            found[trait] = said
            continue
        labels = {c: one.labels[n] for n, c in enumerate(one.codes) if c} if one else {}
        code = code_of(said, labels)
        if code is None:
            return None
        found[trait] = code
    return found


def _row(quota: Quota, codes: dict[str, str], crowd: Crowd, shows: _Shown, words: Words) -> list[Bar | Said]:
    reached = sum(
        n for traits, n in crowd.people.items() if all(traits[PLACES[t]] == c for t, c in codes.items())
    )
    label = _label(codes, crowd, words)
    goal = words.number(quota.target)
    if shows.exactly(codes) or not reached:
        state = (
            words.say(REACHED)
            if reached >= quota.target
            else words.say(SHORT, count=f"{quota.target - reached:,}")
        )
        return [
            label,
            _bar(reached, quota.target, label, words.number(reached), words),
            words.number(reached),
            goal,
            state,
        ]
    if reached < words.k:
        return [label, Bar(None, _title(label, words.small, words)), words.small, goal, {}]
    if not shows.parents_are_wide(codes, reached):
        return [label, Bar(None, _title(label, words.hidden, words)), words.hidden, goal, {}]
    state = words.say(REACHED if reached >= quota.target else NOT_YET)
    return [label, Bar(None, _title(label, state, words)), words.hidden, goal, state]


def _bar(reached: int, target: int, label: Said, said: Said, words: Words) -> Bar:
    widest = max(reached, target)
    return Bar(reached / widest, _title(label, said, words), goal=target / widest)


def _title(label: Said, said: Said, words: Words) -> Said:
    return words.say(mark("{label}: {number}"), label=dict(label), number=dict(said))


def _label(codes: dict[str, str], crowd: Crowd, words: Words) -> Said:
    parts = [_named(trait, code, crowd, words) for trait, code in codes.items()]
    if not parts:
        return words.say(mark("Everybody"))
    return {lang: " · ".join(part.get(lang, "") for part in parts) for lang in ("km", "en")}


def _named(trait: str, code: str, crowd: Crowd, words: Words) -> Said:
    from forms.gazetteer import place

    one = crowd.axes.get(trait)
    if one and code in one.codes:
        return one.labels[list(one.codes).index(code)]
    found = place(code)
    return {"km": found.name_km, "en": found.name_en}


class _Shown:
    """What the report tells elsewhere."""

    def __init__(self, crowd: Crowd, words: Words) -> None:
        self.crowd, self.words = crowd, words
        self.crosses = {
            pair: Cross(
                table_of(crowd, PLACES[pair[0]], PLACES[pair[1]], down, across),
                words.k, down.shield, across.shield,
            )
            for pair in TABLES
            if (down := crowd.axes.get(pair[0])) and (across := crowd.axes.get(pair[1]))
        }  # fmt: skip

    def exactly(self, codes: dict[str, str]) -> bool:
        """Whether the number of just these stands in another table."""
        if not codes:
            return self.crowd.total >= self.words.k
        if len(codes) == 1:
            ((trait, code),) = codes.items()
            return self._margin(trait, code) is not None
        return self._inner(codes) is not None

    def parents_are_wide(self, codes: dict[str, str], reached: int) -> bool:
        """Whether every number that is told of more people is k larger, so that those between are not few."""
        wider: list[int | None] = [self._margin(trait, code) for trait, code in codes.items()]
        wider += [self._inner({t: codes[t] for t in pair}) for pair in TABLES if set(pair) < set(codes)]
        return all(
            n is None or n - reached >= self.words.k or n == reached for n in [*wider, self.crowd.total]
        )

    def _margin(self, trait: str, code: str) -> int | None:
        one: Axis | None = self.crowd.axes.get(trait)
        if one is None or code not in one.codes:
            return None
        place = list(one.codes).index(code)
        return None if one.shield.hides(place) else one.counts[place]

    def _inner(self, codes: dict[str, str]) -> int | None:
        cross = self.crosses.get(next((pair for pair in TABLES if set(pair) == set(codes)), ("", "")))
        if cross is None:
            return None
        places = [
            list(self.crowd.axes[t].codes).index(codes[t]) if codes[t] in self.crowd.axes[t].codes else -1
            for t in next(pair for pair in TABLES if set(pair) == set(codes))
        ]
        if min(places) < 0 or not cross.shows(*places):
            return None
        return cross.counts[places[0]][places[1]]
