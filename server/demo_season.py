"""The season that the demonstration shows: three provinces consult, the nation merges.

Everything goes through the same use cases as in a real season; only the clocks are set to the days of
the made-up answers. The answers come from a seed; keys, tokens and passwords are made anew each time.
"""

from __future__ import annotations

import io
import re
import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

from forms.sample_answers import FORM_FOLDER
from forms.samples import Sample, make_instances
from i18n import mark
from server import intake, review
from server.accounts import assign, by_of, create_user
from server.bundles import read, write_for
from server.clock import Clock
from server.hub import Hub
from server.intake import Post
from server.peers import add_peer, make_card
from server.projects import create_project
from server.publish import publish_file
from server.roles import ADMIN, role_named
from server.store import forms, projects, submissions
from server.store.actors import Actor
from server.store.forms import Form
from server.store.projects import Project
from server.tablets import add_tablet

SEED = 2026
FORM_ID = "wps_consultation"
PROJECT = "ស្ត្រី សន្តិភាព និងសន្តិសុខ · WPS 2026"
NATION = "ថ្នាក់ជាតិ · Nation"
TRIAL_TABLET = "ថេប្លេតសាកល្បង · Trial tablet"
EMAIL = "admin@samleng.example"
AGENT = "org.odk.collect.android/v2026.1.1 Dalvik/2.1.0 (Linux; U; Android 14)"
TO_NATION, TO_PROVINCE = "to-nation", "to-province"

OPENING = datetime(2026, 8, 17, 2, tzinfo=UTC)  # 9 in the morning in Cambodia
PAIRING = datetime(2026, 8, 24, 2, tzinfo=UTC)
MIDDLE = datetime(2026, 10, 12, 10, tzinfo=UTC)
CLOSING = datetime(2026, 11, 17, 2, tzinfo=UTC)
WAY_HOME = timedelta(hours=3)  # from the end of a consultation to the hub's Wi-Fi

NOT_CLEAR = "សូមទូរស័ព្ទទៅអ្នកសម្របសម្រួល៖ ចំនួនអ្នកចូលរួមមិនត្រូវគ្នានឹងបញ្ជីវត្តមាន។"
NOTED = "បានអាន។ អនុសាសន៍នេះត្រូវដាក់ក្នុងរបាយការណ៍ខេត្ត។"
BY_TABLET = "អ្នកសម្របសម្រួលបានបន្ថែមអនុសាសន៍នេះ ក្រោយអានឱ្យអ្នកចូលរួមស្តាប់ម្ដងទៀត។"
BY_NATION = "ថ្នាក់ជាតិបានកែពាក្យក្នុងអនុសាសន៍នេះ ក្រោយពិភាក្សាជាមួយខេត្ត។"
OTHER_ANSWERS = "ចម្លើយផ្សេង ដែលថេប្លេតផ្ញើមកក្រោមលេខដដែល។"


@dataclass(frozen=True)
class Province:
    folder: str
    name: str
    code: str
    consultations: int


PROVINCES = (
    Province("kampot", "កំពត · Kampot", "07", 80),
    Province("battambang", "បាត់ដំបង · Battambang", "02", 100),
    Province("mondulkiri", "មណ្ឌលគិរី · Mondulkiri", "11", 60),
)


@dataclass
class Place:
    """One hub of the season. `by` is its coordinator, `tablets` those that send to it."""

    hub: Hub
    by: dict[str, str]
    tablets: list[Actor] = field(default_factory=list)
    samples: list[Sample] = field(default_factory=list)

    @property
    def project(self) -> Project:
        found = projects.find_by_name(self.hub.read(), PROJECT)
        assert found is not None
        return found

    @property
    def form(self) -> Form:
        found = forms.find_form(self.hub.read(), self.project.id, FORM_ID)
        assert found is not None
        return found


class Season:
    """Makes the hubs in `folder`. `tell` gets a sentence and its values for each step."""

    def __init__(self, folder: Path, password: str, tell: Callable[..., None]) -> None:
        self.folder, self.password, self.tell = folder, password, tell
        self.moment = OPENING
        self.rng = Random(SEED)  # noqa: S311 - plausible, not secret

    def play(self) -> None:
        with ExitStack() as hubs:
            self.tell(mark("Making the national hub and publishing the form …"))
            nation = hubs.enter_context(self._place("nation", NATION))
            version = self._open_nation(nation)
            provinces = {p: hubs.enter_context(self._place(p.folder, p.name)) for p in PROVINCES}
            for province, place in provinces.items():
                self._pair(nation, place)
                self._prepare(province, place, version)
            self._gather(provinces, None, MIDDLE)
            self._merge_up(nation, list(provinces.values()))
            self._decide(nation)
            self._edit_apart(nation, provinces[PROVINCES[0]])
            self._gather(provinces, MIDDLE, CLOSING)
            self._hand_over_the_odd(provinces)
            self.moment = CLOSING
            self._merge_up(nation, list(provinces.values()))
            self.tell(mark("Carrying decisions back to the provinces …"))
            for place in provinces.values():
                self._carry(nation, place, TO_PROVINCE)

    # Hubs

    @contextmanager
    def _place(self, folder: str, name: str) -> Iterator[Place]:
        hub = Hub.create(self.folder / folder, name, clock=Clock(lambda: self.moment))
        try:
            admin = create_user(hub, EMAIL, self.password, f"អ្នកសម្របសម្រួល {name}")
            assign(hub, admin, role_named(ADMIN))
            yield Place(hub, by_of(admin))
        finally:
            hub.close()

    def _open_nation(self, nation: Place) -> str:
        """Returns the version of the form that is published."""
        project = create_project(nation.hub, PROJECT, by=nation.by)
        published = publish_file(nation.hub, project, FORM_FOLDER / "form.xlsx", by=nation.by)
        add_tablet(nation.hub, project, TRIAL_TABLET, by=nation.by)
        return published.version

    def _pair(self, nation: Place, place: Place) -> None:
        self.moment = PAIRING
        self.tell(mark("Pairing {name} with the national hub …"), name=place.hub.name)
        for number in (1, 2):
            name = f"{place.hub.name} {number}"
            place.tablets.append(add_tablet(nation.hub, nation.project, name, by=nation.by))
        add_peer(nation.hub, make_card(place.hub))
        add_peer(place.hub, make_card(nation.hub))
        self._carry(nation, place, TO_PROVINCE)

    def _carry(self, sender: Place, receiver: Place, name: str) -> None:
        """By the same bundle that a USB stick would bring."""
        path = self.folder / f"{name}.bundle"
        write_for(sender.hub, receiver.hub.name, path)
        read(receiver.hub, path)
        path.unlink()

    def _merge_up(self, nation: Place, provinces: list[Place]) -> None:
        self.tell(mark("Merging the provinces into the national hub …"))
        for place in provinces:
            self._carry(place, nation, TO_NATION)

    # Tablets

    def _prepare(self, province: Province, place: Place, version: str) -> None:
        made = make_instances(
            seed=SEED, n=province.consultations, province=province.code, version=version,
            media=FORM_FOLDER / "media",
        )  # fmt: skip
        place.samples = sorted(made, key=ended_at)

    def _gather(self, provinces: dict[Province, Place], after: datetime | None, upto: datetime) -> None:
        for place in provinces.values():
            due = [s for s in place.samples if (after is None or ended_at(s) > after) and ended_at(s) <= upto]
            self.tell(mark("{name}: {n} consultations come in …"), name=place.hub.name, n=len(due))
            for sample in due:
                self.moment = ended_at(sample) + WAY_HOME
                self._send(place, sample.xml, sample.attachments)
        self.moment = upto

    def _send(self, place: Place, xml: bytes, files: dict[str, bytes] | None = None) -> None:
        tablet = self.rng.choice(place.tablets)
        staged = {name: place.hub.blobs.stage(io.BytesIO(data)) for name, data in (files or {}).items()}
        device = f"collect:{tablet.uid[:16]}"
        intake.accept(place.hub, Post(place.project, xml, staged, by_of(tablet), device, AGENT))

    def _hand_over_the_odd(self, provinces: dict[Province, Place]) -> None:
        """What ODK Central would refuse: kept, and shown to coordinators."""
        _, battambang, mondulkiri = provinces.values()
        told = next(s for s in battambang.samples if is_full(s))
        self._send(battambang, with_recommendation(told.xml, OTHER_ANSWERS))
        early = next(s for s in mondulkiri.samples if is_full(s))
        newer = re.sub(rb' version="[^"]+"', b' version="2027010100"', early.xml, count=1)
        self._send(mondulkiri, newer.replace(early.instance_id.encode(), self._new_id().encode()))

    # Coordinators

    def _decide(self, nation: Place) -> None:
        self.moment = MIDDLE + timedelta(hours=20)
        self.tell(mark("The national coordinators review …"))
        db, form = nation.hub.read(), nation.form
        rows = list(submissions.iterate_submissions(db, form.id, deleted=False, limit=-1, offset=0))
        for held, _ in rows:
            chance = self.rng.random()
            if chance < 0.55:
                review.set_review_state(nation.hub, form, held, "approved", by=nation.by)
            elif chance < 0.63:
                review.set_review_state(nation.hub, form, held, "hasIssues", by=nation.by)
                review.add_comment(nation.hub, form, held, NOT_CLEAR, by=nation.by)
            elif chance < 0.70:
                review.add_comment(nation.hub, form, held, NOTED, by=nation.by)

    def _edit_apart(self, nation: Place, place: Place) -> None:
        """Three corrections by tablets, one of them of what the nation corrects in the same days."""
        full = [s for s in place.samples if is_full(s) and ended_at(s) <= MIDDLE][:3]
        for sample in full:
            self._send(place, self._edit(sample, BY_TABLET))
        edit = self._edit(full[0], BY_NATION)
        intake.accept(nation.hub, Post(nation.project, edit, {}, nation.by))

    def _edit(self, sample: Sample, text: str) -> bytes:
        old = f"<instanceID>{sample.instance_id}</instanceID>"
        new = f"<instanceID>{self._new_id()}</instanceID><deprecatedID>{sample.instance_id}</deprecatedID>"
        return with_recommendation(sample.xml, text).replace(old.encode(), new.encode())

    def _new_id(self) -> str:
        return f"uuid:{uuid.UUID(int=self.rng.getrandbits(128), version=4)}"


_END = re.compile(rb"<end>([^<]+)</end>")
_RECOMMENDATIONS = re.compile(rb"(<recommendations>[^<]+)</recommendations>")


def ended_at(sample: Sample) -> datetime:
    found = _END.search(sample.xml)
    assert found is not None
    return datetime.fromisoformat(found[1].decode())


def is_full(sample: Sample) -> bool:
    """Whether the consultation took place: without consent nothing else is answered."""
    return _RECOMMENDATIONS.search(sample.xml) is not None


def with_recommendation(xml: bytes, text: str) -> bytes:
    return _RECOMMENDATIONS.sub(rb"\1\n" + text.encode() + b"</recommendations>", xml)
