"""Whatever the order in which entries arrive, every hub shows the same, and a rebuild shows it again."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server import conflicts, parked, review, upkeep
from server.errors import Fault
from server.hub import Hub
from server.store import projects, submissions
from server.store.blobs import record
from server.store.forms import Form
from server.store.projects import Project
from server.store.submissions import Submission
from server.taking import take
from server.withdrawal import withdraw
from sync.ledger import Entry, make_entry
from sync.messages import BlobRecord, EntryRecord
from sync.withdrawal import survivors
from tests.server.season import (
    QUICK,
    Country,
    answers,
    begin,
    copied,
    csv,
    hand_in,
    publish,
    rice,
    staged_all,
    told,
    xform,
)
from tests.sync.histories import FORM, PROJECT, History, Step, sha256, steps

LONG = bool(os.environ.get("CI"))
CHECKS = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large]
chances = st.randoms(use_true_random=False)
# The third was published apart from the second under the same version name.
FORMS = (xform("1"), xform("2", title="ស្រូវថ្មី"), xform("2").replace(b"<sound/>", b"<sound/><age/>"))


def examples(everyday: int, long: int) -> settings:
    count = long if LONG else everyday
    return settings(max_examples=count, deadline=None, print_blob=True, suppress_health_check=CHECKS)


@pytest.fixture(scope="module")
def template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an empty hub, closed."""
    folder = tmp_path_factory.mktemp("template") / "hub"
    Hub.create(folder, "ទទេ", **QUICK).close()
    return folder


def season_entries() -> list[Entry]:
    """Project, form, two versions and the tablets, as a national hub writes them."""

    def said(kind: str, subject: str, second: int, body: dict[str, Any], **more: Any) -> Entry:
        made_at = f"2026-11-22T00:00:{second:02}.000000Z"
        return make_entry(kind, subject, hub="nation", made_at=made_at, body=body, **more)

    form = f"form:{PROJECT}/{FORM}"
    first, second, rival = (
        {"version": v, "name": "ស្រូវ", "xform": sha256(x), "media": {}}
        for v, x in zip("122", FORMS, strict=True)
    )
    publish_1 = said("form.update.publish", form, 2, {**first, "first": True}, blobs=[sha256(FORMS[0])])
    publish_2 = said(
        "form.update.publish", form, 3, second, supersedes=[publish_1.id], blobs=[sha256(FORMS[1])]
    )
    publish_3 = said(
        "form.update.publish", form, 4, rival, supersedes=[publish_1.id], blobs=[sha256(FORMS[2])]
    )
    tablets = [
        said(
            "field_key.create",
            f"actor:tablet{n}",
            10 + n,
            {"display_name": f"ថេប្លេត {n}", "project": PROJECT},
        )
        for n in range(2)  # the third is only ever named by what it sent
    ]
    return [
        said("project.create", f"project:{PROJECT}", 0, {"name": "ស្រូវ ២០២៦"}),
        said("form.create", form, 1, {"xml_form_id": FORM}),
        publish_1, publish_2, publish_3, *tablets,
    ]  # fmt: skip


def played(history: list[Step]) -> History:
    made = History(versions=("1", "2", "1", "9")).play(history)
    made.blobs |= {sha256(x): x for x in FORMS}
    made.entries += season_entries()
    return made


def deliver(hub: Hub, entries: list[Entry], chance: Any) -> None:
    """All of them, some twice, in batches of any size and in any order."""
    waiting = entries + chance.choices(entries, k=3)
    chance.shuffle(waiting)
    while waiting:
        size = chance.randrange(1, 8)
        hub.ledger.append(waiting[:size])
        del waiting[:size]


@given(steps, chances)
@examples(150, 600)
def test_entries_in_any_order_show_the_same_on_every_hub(
    template: Path, tmp_path: Path, history: list[Step], chance: Any
) -> None:
    made = played(history)
    with copied(template, tmp_path / "hubs", 3) as hubs:
        for hub in hubs:
            staged_all(hub, made.blobs, record)
            deliver(hub, made.entries, chance)
        first, *others = hubs
        expected, table = told(first), csv(first)
        assert [told(hub) for hub in others] == [expected] * 2
        assert [csv(hub) for hub in others] == [table] * 2
        assert upkeep.compare(first) == []
        assert upkeep.verify(first).unfolded == []


@given(steps, chances)
@examples(60, 300)
def test_reading_in_between_changes_nothing(
    template: Path, tmp_path: Path, history: list[Step], chance: Any
) -> None:
    """A coordinator who looks after every batch sees in the end what one sees who looked once."""
    made = played(history)
    with copied(template, tmp_path / "hubs", 2) as (looked_at, left_alone):
        for hub in (looked_at, left_alone):
            staged_all(hub, made.blobs, record)
        for entry in made.entries:
            looked_at.ledger.append([entry])
            told(looked_at)
        deliver(left_alone, made.entries, chance)
        assert told(looked_at) == told(left_alone)
        assert csv(looked_at) == csv(left_alone)
        upkeep.rebuild(looked_at)
        assert csv(looked_at) == csv(left_alone)


@given(steps, chances)
@examples(60, 300)
def test_bytes_that_come_after_what_names_them_are_read_then(
    template: Path, tmp_path: Path, history: list[Step], chance: Any
) -> None:
    """Damaged copies of bundles bring entries and bytes in any order, and people look in between."""
    made = played(history)
    with copied(template, tmp_path / "hubs", 2) as (torn, whole):
        staged_all(whole, made.blobs, record)
        whole.ledger.append(made.entries)
        received = [EntryRecord(e.header) for e in made.entries] + [
            BlobRecord(b) for b in made.blobs.values()
        ]
        chance.shuffle(received)
        while received:
            size = chance.randrange(1, 8)
            take(torn, received[:size], lambda entry: True, "0" * 16)
            del received[:size]
            told(torn)
        assert told(torn) == told(whole)
        assert csv(torn) == csv(whole)
        assert upkeep.compare(torn) == []


@given(steps, chances)
@examples(60, 400)
def test_a_withdrawn_submission_leaves_what_never_having_it_leaves(
    template: Path, tmp_path: Path, history: list[Step], chance: Any
) -> None:
    """Whether it was there before its withdrawal, came after it, or never came."""
    made = played(history)
    left = survivors(made.entries)
    with copied(template, tmp_path / "hubs", 2) as (wiped, spared):
        for hub, entries in ((wiped, made.entries), (spared, left)):
            staged_all(hub, made.blobs, record)
            deliver(hub, entries, chance)
        assert told(wiped) | {"withdrawn": ""} == told(spared) | {"withdrawn": ""}
        assert csv(wiped) == csv(spared)
        assert upkeep.compare(wiped) == []
        found = upkeep.verify(wiped)
        assert (found.damaged, found.unfolded) == ([], [])
        assert {e.id for e in made.entries} <= held_ids(wiped), "wiped, it still counts as held"


def held_ids(hub: Hub) -> set[str]:
    return {row[0].hex() for row in hub.read().execute("SELECT id FROM entry")}


# Through the use cases of real hubs and the bundles that they carry

deeds = st.lists(
    st.tuples(
        st.sampled_from(
            (
                "post",
                "post",
                "edit",
                "edit",
                "review",
                "comment",
                "delete",
                "restore",
                "carry",
                "carry",
                "publish",
                "pick",
                "take",
                "accept",
                "withdraw",
            )
        ),
        *(st.integers(min_value=0, max_value=11) for _ in range(4)),
    ),
    max_size=14,
)
IDS = ("uuid:ក", "uuid:ខ", "uuid:គ", "uuid:ឃ", "uuid:ង")


def carry_out(country: Country, deed: str, at: int, one: int, other: int, content: int) -> None:
    hub = country.hubs[at % 3]
    if deed == "publish":
        publish_next(country.hubs[0])
    elif deed == "carry":
        country.carry(at % 3, (at + 1 + one % 2) % 3)
    elif deed in ("post", "edit"):
        edits = IDS[other % 5] if deed == "edit" else None
        xml = answers(
            IDS[one % 5], f"ភូមិ{content % 3}", edits=edits, version="12"[content % 2], photo="រូប.jpg"
        )
        if hub.read().execute("SELECT 1 FROM project").fetchone():
            hand_in(hub, xml, **({"រូប.jpg": f"រូប {content % 4}".encode()} if content % 3 else {}))
    else:
        decide(hub, deed, IDS[one % 5], content)


def publish_next(nation: Hub) -> None:
    project = nation_project(nation)
    if len(nation.read().execute("SELECT 1 FROM form_version").fetchall()) == 1:
        publish(nation, project, "2")


def nation_project(nation: Hub) -> Project:
    return projects.list_projects(nation.read())[0]


def decide(hub: Hub, deed: str, instance_id: str, content: int) -> None:
    if not hub.read().execute("SELECT 1 FROM form").fetchone():
        return
    form = rice(hub)
    held = submissions.find_submission(hub.read(), form.id, instance_id)
    if held is None:
        return
    by = {"id": f"person{content % 2}", "name": f"អ្នកសម្របសម្រួល {content % 2}"}
    match deed:
        case "pick" | "take":
            settle(hub, form, held, deed, content)
        case "accept":
            for row in submissions.list_parked(hub.read(), form.project_id)[: 1 + content % 2]:
                if row.reason in parked.DECIDABLE:
                    parked.accept(hub, nation_project(hub), row.entry, by=by)
        case "withdraw":
            withdraw(hub, form, instance_id, by=by)
        case "review":
            review.set_review_state(hub, form, held, review.STATES[content % 5], by=by)
        case "comment":
            review.add_comment(hub, form, held, f"សូមពិនិត្យ {content}", by=by)
        case "delete":
            review.delete_submission(hub, form, held, by=by)
        case "restore":
            review.restore_submission(hub, form, held, by=by)


def settle(hub: Hub, form: Form, held: Submission, deed: str, content: int) -> None:
    conflict = conflicts.read_conflict(hub, form, held)
    if len(conflict.sides) < 2:
        return
    choice = conflict.sides[content % len(conflict.sides)].xml
    if deed == "pick":
        said: dict[str, Any] = {"pick": choice}
    else:
        said = {"take": {"/data/village": choice, "/data/photo": choice}}
    made = f"uuid:{hub.name}{hub.ledger.head()}"
    try:
        conflicts.decide(hub, form, held, said, instance_id=made)
    except Fault as fault:
        assert fault.code in ("conflict.file", "conflict.unread")
    else:
        assert conflicts.read_conflict(hub, form, held).kinds.get("versions") is None


@given(deeds)
@examples(60, 400)
def test_hubs_that_worked_apart_agree_once_their_bundles_met(
    tmp_path_factory: pytest.TempPathFactory, work: list[tuple[str, int, int, int, int]]
) -> None:
    country = Country(tmp_path_factory.mktemp("country"), ("ជាតិ", "កំពត", "កែប"))
    begin(country.hubs[0])
    if len(work) % 2:
        country.meet()
    for deed in work:
        carry_out(country, *deed)
    country.meet()
    country.meet()  # who learned of one more withdrawn instance told it on the way
    nation, *provinces = country.hubs
    expected, table = told(nation), csv(nation)
    assert [told(hub) for hub in provinces] == [expected] * 2
    assert [csv(hub) for hub in provinces] == [table] * 2
    assert [upkeep.compare(hub) for hub in country.hubs] == [[]] * 3
    assert all(upkeep.verify(hub).clean for hub in country.hubs)
    country.close()
