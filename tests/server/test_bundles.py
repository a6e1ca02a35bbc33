"""Data carried between hubs by USB stick: whatever happens to the file, nothing wrong is taken."""

from __future__ import annotations

import io
import json
import random
from collections.abc import Callable, Iterator
from csv import DictReader
from pathlib import Path

import pytest

from server import bundles, review, upkeep
from server.accounts import create_app_user, create_user, delete_app_user, revoke_app_user, rights_of
from server.bundles import Report
from server.carrying import records, way_from
from server.definition import read_definition
from server.errors import Fault
from server.exporting import export
from server.exports.columns import CsvOptions
from server.flow import may_flow
from server.following import reach
from server.hub import Hub
from server.peers import add_peer, make_card, read_card
from server.projects import create_project
from server.publish import publish_definition
from server.store import actors, forms, peers, projects, submissions
from server.store.blobs import record
from server.store.peers import hub_names
from sync.bundle import make_header, read_header, write_bundle
from sync.keys import HubKey, hub_id
from sync.ledger import Entry, make_entry
from sync.messages import pack
from sync.receipt import digest_ids
from tests.server.season import Country, answers, begin, csv, hand_in, publish, rice, stage, told, xform

PASSED = ((0, "0" * 32),)

A, B, C = "uuid:aaaaaaaa-0000-4000-8000-000000000001", "uuid:bbbb", "uuid:cccc"
NATION, KAMPOT, KEP = 0, 1, 2


@pytest.fixture
def country(tmp_path: Path) -> Iterator[Country]:
    """A national hub and two provinces. Only the nation holds the form yet."""
    made = Country(tmp_path, ("ជាតិ", "កំពត", "កែប"))
    begin(made.hubs[NATION])
    yield made
    made.close()


@pytest.fixture
def started(country: Country) -> Country:
    """The form has come to both provinces."""
    country.carry(NATION, KAMPOT)
    country.carry(NATION, KEP)
    return country


def same(country: Country) -> bool:
    first, *others = country.hubs
    return all(told(hub) == told(first) and csv(hub) == csv(first) for hub in others)


# The way down and up


def test_forms_go_down_and_submissions_come_up(started: Country) -> None:
    nation, kampot, kep = started.hubs
    hand_in(kampot, answers(A, "កំពត"))
    hand_in(kep, answers(B, "កែប"))
    started.carry(KAMPOT, NATION)
    started.carry(KEP, NATION)
    table = csv(nation).decode()
    assert table.count(A) == table.count(B) == 2, "once in KEY, once in meta-instanceID"
    assert {s.hub for s, _ in every(nation)} == {kampot.id, kep.id}, "the province it came from is kept"
    started.meet()
    assert same(started)


def every(hub: Hub) -> list[tuple[submissions.Submission, submissions.SubmissionVersion]]:
    rows = submissions.iterate_submissions(hub.read(), rice(hub).id, deleted=False, limit=-1, offset=0)
    return list(rows)


def test_all_that_is_known_of_a_submission_arrives_whole(started: Country) -> None:
    nation, kampot, _ = started.hubs
    xml = answers(A, "ភូមិ​ថ្មី", photo="រូប.jpg").replace(b"<village>", b"<village >")
    hand_in(kampot, xml, **{"រូប.jpg": b"photo"})
    form = rice(kampot)
    by = {"id": "person1", "name": "សុខា"}
    (held, _), *_ = every(kampot)
    review.add_comment(kampot, form, held, "សូមពិនិត្យ", by=by)
    hand_in(kampot, answers(B, "ភូមិចាស់", edits=A, photo="រូប.jpg"))
    review.set_review_state(kampot, form, every(kampot)[0][0], "approved", by=by)
    started.carry(KAMPOT, NATION)
    for hub in (kampot, nation):
        told(hub)
    ((here, _),), ((there, stands),) = every(kampot), every(nation)
    assert (there.instance_id, stands.instance_id, there.review_state) == (A, B, "approved")
    kept = (
        "created_at",
        "updated_at",
        "device_id",
        "user_agent",
        "submitter_id",
        "edits",
        "hub",
        "form_version",
    )
    assert [getattr(there, name) for name in kept] == [getattr(here, name) for name in kept]
    newest, first = submissions.list_versions(nation.read(), there.id)
    assert nation.blobs.read(first.xml) == xml
    assert [a.name for a in submissions.list_attachments(nation.read(), newest.id) if a.sha256] == ["រូប.jpg"]
    (comment,) = submissions.list_comments(nation.read(), there.id)
    author = actors.find_actor(nation.read(), comment.actor_id or 0)
    assert (comment.body, author and author.display_name) == ("សូមពិនិត្យ", "សុខា")


def test_bundles_may_be_read_in_any_order_and_twice(started: Country) -> None:
    nation, kampot, _ = started.hubs
    paths = []
    for number in range(4):
        hand_in(kampot, answers(f"uuid:{number}"))
        paths.append(started.write(KAMPOT, NATION, f"{number}.bundle"))
    for path in (paths[2], paths[0], paths[3], paths[0], paths[1], paths[2]):
        assert path is not None
        bundles.read(nation, path)
    assert sorted(s.instance_id for s, _ in every(nation)) == [f"uuid:{n}" for n in range(4)]
    before = nation.ledger.head()
    assert paths[3] is not None
    report = bundles.read(nation, paths[3])
    assert (report.taken.new, report.taken.blobs) == (0, 0)
    assert nation.ledger.head() == before


def test_edits_made_apart_are_merged_and_shown_the_same_everywhere(started: Country) -> None:
    nation, kampot, kep = started.hubs
    hand_in(kampot, answers(A))
    started.meet()
    hand_in(kampot, answers(B, "ពីកំពត", edits=A))
    hand_in(kep, answers(C, "ពីកែប", edits=A))
    review.set_review_state(nation, rice(nation), every(nation)[0][0], "approved")
    started.meet()
    assert same(started)
    ((held, stands),) = every(nation)
    assert held.rivals == 1
    assert stands.instance_id in (B, C)
    assert {v.instance_id for v in submissions.list_versions(nation.read(), held.id)} == {A, B, C}


def test_an_edit_may_arrive_in_another_bundle_before_its_original(started: Country) -> None:
    nation, kampot, kep = started.hubs
    hand_in(kampot, answers(A))
    started.carry(KAMPOT, KEP)
    hand_in(kep, answers(B, "កែ", edits=A))
    later = started.write(KEP, NATION)
    assert later is not None
    header = bundles.show(later)
    names = 2  # of the two hubs that the submissions passed through
    assert header.entries == names + 2, "what passed through a hub is carried on by it"
    bundles.read(nation, later)
    ((held, stands),) = every(nation)
    assert (held.instance_id, stands.instance_id, held.hub) == (A, B, kampot.id)


def test_a_province_that_never_met_the_nation_gets_everything_through_another(country: Country) -> None:
    country.carry(NATION, KAMPOT)
    country.carry(KAMPOT, KEP)
    hand_in(country.hubs[KEP], answers(A))
    country.carry(KEP, KAMPOT)
    country.carry(KAMPOT, NATION)
    assert [s.instance_id for s, _ in every(country.hubs[NATION])] == [A]


@pytest.mark.parametrize("size", [64 * 1024, 64 * 1024 + 1, 512 * 1024, 512 * 1024 + 1, 3_000_001])
def test_attachments_of_every_size_arrive_whole(started: Country, size: int) -> None:
    nation, kampot, _ = started.hubs
    data = bytes((n * n + n // 256) % 251 for n in range(size))
    hand_in(kampot, answers(A, photo="រូប.jpg"), **{"រូប.jpg": data})
    report = started.carry(KAMPOT, NATION)
    assert report is not None and report.whole
    told(nation)
    ((_, version),) = every(nation)
    (file,) = submissions.list_attachments(nation.read(), version.id)
    assert file.sha256 is not None
    assert nation.blobs.read(file.sha256) == data
    assert upkeep.verify(nation).clean
    assert not list(nation.blobs.folder.glob("part-*"))


def test_media_of_forms_arrive(country: Country) -> None:
    nation, kampot, _ = country.hubs
    publish(nation, projects.list_projects(nation.read())[0], "2")
    country.carry(NATION, KAMPOT)
    (file,) = forms.list_files(kampot.read(), rice(kampot).current_id or 0)
    assert file.sha256 is not None
    assert kampot.blobs.read(file.sha256) == "ភូមិ".encode()


# Only what is not known to be held


def test_the_second_bundle_carries_only_what_is_new(started: Country) -> None:
    nation, kampot, _ = started.hubs
    hand_in(kampot, answers(A, photo="រូប.jpg"), **{"រូប.jpg": b"x" * 300_000})
    started.carry(KAMPOT, NATION)
    started.carry(NATION, KAMPOT)  # brings the receipt back
    hand_in(kampot, answers(B))
    path = started.write(KAMPOT, NATION)
    assert path is not None
    assert bundles.show(path).entries == 1
    assert path.stat().st_size < 5_000
    assert bundles.read(nation, path).taken.new == 1


def test_without_a_receipt_everything_is_carried_again(started: Country) -> None:
    """A bundle that was lost on its way costs nothing but its bytes."""
    _, kampot, _ = started.hubs
    hand_in(kampot, answers(A))
    started.write(KAMPOT, NATION, "lost.bundle")
    hand_in(kampot, answers(B))
    path = started.write(KAMPOT, NATION)
    assert path is not None
    assert bundles.show(path).entries == 3, "the two submissions, and the hub's own name"


def test_when_all_is_held_nothing_is_written(country: Country) -> None:
    country.meet()
    country.meet()
    with pytest.raises(Fault) as fault:
        bundles.write_for(country.hubs[KEP], "គ្មាន", country.folder / "x.bundle")
    assert fault.value.code == "hub.unknown"
    nation = country.hubs[NATION]
    peer = peers.find_by_name(nation.read(), "កំពត")
    assert peer is not None
    assert reach(nation.read(), peer)[0] > 0


def test_a_restored_hub_is_filled_again(started: Country, tmp_path: Path) -> None:
    """A hub that comes back from an old backup has another ledger: its receipts are void."""
    _nation, kampot, _ = started.hubs
    upkeep.backup(kampot, tmp_path / "old.tar")
    hand_in(kampot, answers(A))
    started.carry(KAMPOT, NATION)
    started.carry(NATION, KAMPOT)
    kampot.close()
    upkeep.restore(tmp_path / "old.tar", tmp_path / "again")
    started.hubs[KAMPOT] = Hub(tmp_path / "again", password_cost=4)
    hand_in(started.hubs[KAMPOT], answers(B))
    started.meet()
    assert same(started)
    assert {s.instance_id for s, _ in every(started.hubs[KAMPOT])} == {A, B}


# Damage


def small_bundle(country: Country) -> bytes:
    hand_in(country.hubs[KAMPOT], answers(A))
    path = country.write(KAMPOT, NATION)
    assert path is not None
    return path.read_bytes()


def shared(hub: Hub) -> list[str]:
    """Ids of all entries but the hub's own notes on its peers."""
    return [e.id for _, e in hub.ledger.entries_after(0, 10_000) if not e.kind.startswith("hub.")]


def read_bytes(hub: Hub, folder: Path, data: bytes) -> Report | str:
    """The report, or the code of the fault."""
    path = folder / "stick.bundle"
    path.write_bytes(data)
    try:
        return bundles.read(hub, path)
    except Fault as fault:
        return fault.code


def test_every_changed_byte_is_noticed_and_nothing_wrong_is_taken(started: Country) -> None:
    nation = started.hubs[NATION]
    whole = small_bundle(started)
    before, state = shared(nation), told(nation)
    for place in range(len(whole)):
        spoilt = bytearray(whole)
        spoilt[place] ^= 1 << (place % 8)
        report = read_bytes(nation, started.folder, bytes(spoilt))
        assert isinstance(report, str) or not report.whole, place
        assert shared(nation) == before, place
    assert told(nation) == state
    report = read_bytes(nation, started.folder, whole)
    assert isinstance(report, Report)
    assert (report.whole, report.taken.new) == (True, 2), "the submission, and the hub's own name"


def test_a_bundle_cut_anywhere_is_noticed_and_what_was_whole_is_kept(started: Country) -> None:
    nation, kampot, _ = started.hubs
    for number in range(3):
        noise = bytes((number * 7 + n * n * 31) % 256 for n in range(60_000))
        hand_in(kampot, answers(f"uuid:{number}", photo="a.jpg"), **{"a.jpg": noise * 12})
    path = started.write(KAMPOT, NATION)
    assert path is not None
    whole = path.read_bytes()
    for size in [*range(0, len(whole), len(whole) // 40), len(whole) - 1]:
        report = read_bytes(nation, started.folder, whole[:size])
        assert isinstance(report, str) or report.cut, size
        assert upkeep.verify(nation).damaged == []
    report = read_bytes(nation, started.folder, whole)
    assert isinstance(report, Report) and report.whole
    assert upkeep.verify(nation).clean
    assert told(nation) == told(kampot)


def test_a_damaged_frame_spoils_no_other_and_a_good_copy_makes_it_whole(country: Country) -> None:
    """Also when the damaged part held a form or answers and later parts speak of them."""
    nation, kampot, _ = country.hubs
    publish(nation, projects.list_projects(nation.read())[0], "2")
    for number in range(6):
        noise = bytes((number * 7 + n * n * 31 + n // 251) % 256 for n in range(50_000))
        hand_in(
            nation, answers(f"uuid:{number}", photo="a.jpg", version="12"[number % 2]), **{"a.jpg": noise * 4}
        )
    path = country.write(NATION, KAMPOT)
    assert path is not None
    whole = path.read_bytes()
    damaged: set[int] = set()
    for place in range(2_000, len(whole), len(whole) // 7):
        spoilt = bytearray(whole)
        spoilt[place] ^= 1
        report = read_bytes(kampot, country.folder, bytes(spoilt))
        assert isinstance(report, Report)
        damaged |= set(report.damaged)
        assert not report.whole
        told(kampot)
    assert damaged
    read_bytes(kampot, country.folder, whole)
    assert told(kampot) == told(nation)
    assert csv(kampot) == csv(nation)
    assert upkeep.verify(kampot).clean


def test_frames_cannot_be_moved_dropped_or_mixed(started: Country) -> None:
    nation, kampot, _ = started.hubs
    for number in range(4):
        noise = bytes((number * 7 + n * n * 31) % 256 for n in range(60_000))
        hand_in(kampot, answers(f"uuid:{number}", photo="a.jpg"), **{"a.jpg": noise})
    before = shared(nation)
    one, other = started.write(KAMPOT, NATION, "1.bundle"), started.write(KAMPOT, NATION, "2.bundle")
    assert one is not None and other is not None
    first, second = one.read_bytes(), other.read_bytes()
    head = 21 + int.from_bytes(first[17:21]) + 64  # past the header and its signature
    mixed = read_bytes(nation, started.folder, first[:head] + second[head:])
    assert isinstance(mixed, Report)
    assert not mixed.whole
    assert shared(nation) == before


# Who may


def test_a_bundle_for_another_hub_is_refused(started: Country) -> None:
    hand_in(started.hubs[KAMPOT], answers(A))
    path = started.write(KAMPOT, NATION)
    assert path is not None
    before = started.hubs[KEP].ledger.head()
    with pytest.raises(Fault) as fault:
        bundles.read(started.hubs[KEP], path)
    assert fault.value.code == "bundle.not_for_us"
    assert fault.value.values["hub"] == "ជាតិ"
    assert started.hubs[KEP].ledger.head() == before


def test_a_bundle_of_an_unknown_hub_is_refused(country: Country, tmp_path: Path) -> None:
    nation = country.hubs[NATION]
    stranger = Hub.create(tmp_path / "stranger", "ចម្លែក", password_cost=4)
    begin(stranger)
    add_peer(stranger, make_card(nation))
    path = tmp_path / "stranger.bundle"
    bundles.write_for(stranger, "ជាតិ", path)
    before = nation.ledger.head()
    with pytest.raises(Fault) as fault:
        bundles.read(nation, path)
    assert fault.value.code == "bundle.sender_unknown"
    assert nation.ledger.head() == before
    stranger.close()


def test_a_bundle_tells_a_finder_nothing_of_the_answers(started: Country) -> None:
    hand_in(started.hubs[KAMPOT], answers(A, "សក្ខីកម្មសម្ងាត់"), **{"រូប.jpg": b"photo of a face"})
    path = started.write(KAMPOT, NATION)
    assert path is not None
    data = path.read_bytes()
    for secret in ("សក្ខីកម្មសម្ងាត់".encode(), b"photo of a face", A.encode(), b"village"):
        assert secret not in data


def forged(
    country: Country, entries: list[Entry], sender: int = KAMPOT, blobs: tuple[bytes, ...] = ()
) -> Path:
    """A bundle by hand: properly signed and sealed by a hub that is known, with whatever in it."""
    hub, nation = country.hubs[sender], country.hubs[NATION]
    if blobs:
        hub.write(lambda turn: [record(turn.db, stage(hub, b)) for b in blobs])
    header, key = make_header(
        hub.key, nation.key.public, sender_name=hub.name, receiver_name=nation.name, made_at="2026-11-23",
        ledger=hub.ledger_id, lineage=(), known=None, after=0, upto=999, chain="0" * 32, passed=PASSED, set="0" * 16,
        number=1, files=1, digest=digest_ids(e.id for e in entries), entries=len(entries), blobs=0,
    )  # fmt: skip
    path = country.folder / "forged.bundle"
    with path.open("wb") as file:
        write_bundle(file, header, key, hub.key, pack(records(hub, entries)))
    return path


def local(kind: str, subject: str = "actor:mallory", **body: object) -> Entry:
    return make_entry(kind, subject, hub="x", made_at="2026-11-23T00:00:00.000000Z", body=body)


SMUGGLED = [
    local("user.create", display_name="admin", email="m@x.example", password="x"),
    local("user.assignment.create", role=1),
    local("user.update", password="x"),
    local("user.session.create", token_sha256="0" * 64, csrf="c", expires_at="2099"),
    local("hub.add", "hub:evil", name="evil", card={}),
    local("hub.receipt", "hub:evil", holds=["x", 9]),
    local("project.update", "hub:evil", name="odd room"),
    local("form.update.draft.set", "form:p/rice", version="9", xform="0" * 64, media={}),
]


def test_accounts_and_peers_cannot_be_smuggled_in(started: Country) -> None:
    nation = started.hubs[NATION]
    before, state = nation.ledger.head(), nation.read().execute("SELECT count(*) FROM actor").fetchone()
    report = bundles.read(nation, forged(started, SMUGGLED))
    assert (report.taken.new, report.taken.refused) == (0, len(SMUGGLED))
    assert nation.ledger.entries_of("actor:mallory") == []
    assert nation.read().execute("SELECT count(*) FROM actor").fetchone() == state
    assert [e.kind for _, e in nation.ledger.entries_after(before, 10)] in ([], ["hub.receipt"])


def test_a_role_for_a_tablet_gives_no_power_over_the_hub(started: Country) -> None:
    """App users travel with their project, and so do their assignments; a web user's rights never do."""
    nation = started.hubs[NATION]
    victim = create_user(nation, "viewer@x.example", "ពាក្យសម្ងាត់វែង")
    subject = f"actor:{victim.uid}"
    entries = [
        local("field_key.assignment.create", subject, role=1),
        local("field_key.update", subject, password="x", digest="y"),
        local("field_key.create", subject, display_name="m", project="p", token="B" * 64),
        local("field_key.delete", subject),
        local("field_key.create", "actor:tablet9", display_name="x", project="p", token="A" * 64),
        local("field_key.assignment.create", "actor:tablet9", role=1),
    ]
    bundles.read(nation, forged(started, entries))
    held = actors.find_actor(nation.read(), victim.id)
    assert held is not None
    assert held.password == victim.password
    assert not rights_of(nation.read(), held).may("user.create")
    assert held.type == "user"
    assert held.deleted_at is None
    tablet = actors.find_by_uid(nation.read(), "tablet9")
    assert tablet is not None
    assert not rights_of(nation.read(), tablet).may("user.create")


def test_entries_that_say_too_little_are_held_but_spoil_nothing(started: Country) -> None:
    nation, kampot, _ = started.hubs
    hand_in(kampot, answers(A))
    (own,) = kampot.ledger.entries_of(f"submission:{rice(kampot).project_uid}/rice/{A}")
    subject = own.subject
    broken = [local(kind, subject) for kind in ("submission.create", "submission.update.version",
              "submission.attachment.update", "comment.create", "submission.update")]  # fmt: skip
    broken += [local("submission.create", "submission:nonsense"), local("form.create", "form:x"),
               local("project.create", "project:odd"), local("of.a.later.version", "thing:1")]  # fmt: skip
    xml = kampot.blobs.read(own.blobs[0])
    bundles.read(nation, forged(started, [*broken, own], blobs=(xml,)))
    started.carry(KAMPOT, NATION)
    assert [s.instance_id for s, _ in every(nation)] == [A]
    hand_in(nation, answers(B, edits=A))
    assert [v.instance_id for _, v in every(nation)] == [B]
    assert upkeep.compare(nation) == []


def test_only_the_projects_of_the_pair_flow(tmp_path: Path) -> None:
    nation, kampot = (Hub.create(tmp_path / n, n, password_cost=4) for n in ("ជាតិ", "កំពត"))
    shared = begin(nation)
    secret = create_project(nation, "សម្ងាត់")
    publish(nation, secret)
    add_peer(nation, make_card(kampot), projects_named=[shared.name])
    add_peer(kampot, make_card(nation))
    bundles.write_for(nation, "កំពត", tmp_path / "b")
    bundles.read(kampot, tmp_path / "b")
    assert [p.name for p in projects.list_projects(kampot.read())] == [shared.name]
    # And the other way round: what the pair does not share is not taken either.
    other = create_project(kampot, "របស់កំពត")
    bundles.write_for(kampot, "ជាតិ", tmp_path / "c")
    report = bundles.read(nation, tmp_path / "c")
    assert projects.find_by_uid(nation.read(), other.uid) is None
    assert report.taken.refused == 2  # the project, and its key of pseudonyms
    nation.close()
    kampot.close()


@pytest.mark.parametrize("change", [
    {"public_key": "AAAA"}, {"id": "x" * 26}, {"name": " "}, {"samleng_card": 2}, {"addresses": 7},
    {"public_key": None},
])  # fmt: skip
def test_a_card_that_does_not_fit_itself_is_refused(country: Country, change: dict[str, object]) -> None:
    path = country.folder / "card.json"
    path.write_text(json.dumps({**make_card(country.hubs[KEP]).said(), **change}))
    with pytest.raises(Fault) as fault:
        read_card(path)
    assert fault.value.code == "card.invalid"


NO_BUNDLES = [
    b"", b"PK\x03\x04", b"samleng bundle", b"samleng bundle 9\n" + b"x" * 99,
    b"samleng bundle 1\n\xff\xff\xff\xff", b"samleng bundle 1\n" + bytes(200),
]  # fmt: skip


@pytest.mark.parametrize("data", NO_BUNDLES)
def test_files_that_are_no_bundle_are_refused(country: Country, data: bytes) -> None:
    code = read_bytes(country.hubs[NATION], country.folder, data)
    assert code in ("bundle.not_a_bundle", "bundle.newer", "bundle.damaged")


def test_a_signed_header_that_lies_about_itself_is_refused(started: Country) -> None:
    """Of a hub that is known, but made by a broken program."""
    nation, kampot, _ = started.hubs
    key = HubKey.make()
    file = io.BytesIO()
    header, file_key = make_header(
        key, nation.key.public, sender_name="x", receiver_name="y", made_at="z", ledger="l", lineage=(), known=None,
        after=0, upto=1, chain="0" * 32, passed=PASSED, digest="0" * 64, entries=0, blobs=0, set="s", number=1, files=1,
    )  # fmt: skip
    write_bundle(file, header, file_key, kampot.key, [])  # signed by another key than the one it names
    assert hub_id(key.public) == header.sender
    assert read_bytes(nation, started.folder, file.getvalue()) == "bundle.damaged"


def test_a_bundle_appears_whole_or_not_at_all(started: Country) -> None:
    hand_in(started.hubs[KAMPOT], answers(A))
    with pytest.raises(Fault) as fault:
        bundles.write_for(started.hubs[KAMPOT], "ជាតិ", started.folder / "no such folder" / "b")
    assert fault.value.code == "file.unwritable"
    assert not list(started.folder.rglob("*.part"))


def frames_of(data: bytes) -> list[int]:
    """Where the text of each frame begins."""
    file = io.BytesIO(data)
    read_header(file)
    places = []
    while head := file.read(29):
        places.append(file.tell())
        file.seek(int.from_bytes(head[:4], "big"), io.SEEK_CUR)
    return places


def noise(size: int, seed: int) -> bytes:
    return random.Random(seed).randbytes(size)


def test_what_came_without_its_bytes_is_understood_once_they_come(tmp_path: Path) -> None:
    """Large files and long testimony span frames: the entry may arrive though the frame before was bad."""
    names = tuple(f"ខេត្ត{n}" for n in range(6))
    country = Country(tmp_path, ("ជាតិ", *names))
    nation = country.hubs[NATION]
    project = begin(nation)
    definition = read_definition(nation, xform("2"))
    publish_definition(nation, project, definition, {"ភូមិ.csv": stage(nation, noise(900_000, 1))})
    testimony = noise(300_000, 2).hex()
    hand_in(nation, answers(A, testimony, version="2", photo="a.jpg"), **{"a.jpg": noise(700_000, 3)})
    hand_in(nation, answers(B, version="2"))
    number = 0
    for number in range(6):
        path = country.write(NATION, number + 1)
        assert path is not None
        whole = path.read_bytes()
        places = frames_of(whole)
        if number >= len(places):
            break
        spoilt = bytearray(whole)
        spoilt[places[number] + 20] ^= 1
        province = country.hubs[number + 1]
        report = read_bytes(province, tmp_path, bytes(spoilt))
        assert isinstance(report, Report)
        assert report.damaged == [number]
        told(province)
        csv(province)
        read_bytes(province, tmp_path, whole)
        assert told(province) == told(nation), number
        assert csv(province) == csv(nation), number
        assert upkeep.verify(province).clean
        assert upkeep.verify(province).unfolded == []
    assert number >= 3, "the bundle has several frames"
    country.close()


def test_every_hub_names_where_a_submission_came_in(started: Country) -> None:
    """Also hubs that never met the one that received it."""
    _, kampot, kep = started.hubs
    hand_in(kampot, answers(A))
    hand_in(kep, answers(B))
    started.meet()
    tables = {b"".join(export(hub, rice(hub), "csv", CsvOptions(hub=True))) for hub in started.hubs}
    assert len(tables) == 1, "the same table on every hub"
    rows = list(DictReader(io.StringIO(tables.pop().decode())))
    assert {row["KEY"]: row["Hub"] for row in rows} == {A: kampot.name, B: kep.name}


def test_no_hub_speaks_for_another(started: Country) -> None:
    nation, kampot, _ = started.hubs
    forged = make_entry(
        "hub.introduce", f"hub:{nation.id}", hub=kampot.id, made_at="x", body={"name": "ក្លែង"}
    )
    held = peers.find_peer(nation.read(), kampot.id)
    assert held is not None
    assert not may_flow(forged, way_from(nation, held))
    nation.ledger.append([forged])
    assert hub_names(nation.read())[nation.id] == nation.name


@pytest.mark.parametrize("end", [revoke_app_user, delete_app_user])
def test_an_access_that_ends_here_ends_wherever_it_went(
    tmp_path: Path, end: Callable[[Hub, actors.Actor], None]
) -> None:
    """Also when only some projects flow between the two."""
    nation, kampot = (Hub.create(tmp_path / n, n, password_cost=4) for n in ("ជាតិ", "កំពត"))
    project = begin(nation)
    tablet = create_app_user(nation, project, "ថេប្លេត ៧")
    add_peer(nation, make_card(kampot), projects_named=[project.name])
    add_peer(kampot, make_card(nation))
    bundles.write_for(nation, "កំពត", tmp_path / "1")
    bundles.read(kampot, tmp_path / "1")
    assert actors.find_by_token(kampot.read(), tablet.token or "") is not None
    end(nation, tablet)
    bundles.write_for(nation, "កំពត", tmp_path / "2")
    bundles.read(kampot, tmp_path / "2")
    assert actors.find_by_token(kampot.read(), tablet.token or "") is None
    nation.close()
    kampot.close()
