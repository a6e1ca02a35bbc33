"""A consultation in two form versions on a real hub: what an extract is gathered from in tests."""

from __future__ import annotations

import uuid
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

from server.clock import Clock
from server.definition import read_definition
from server.extracts.gathering import gathered
from server.extracts.options import Choosing
from server.extracts.sheets import Cell, Extract
from server.hub import Hub
from server.projects import create_project
from server.publish import publish_definition
from server.store import projects
from server.store.forms import Form
from tests.server.season import QUICK, hand_in, stage

PROVINCES = (
    "name,label,label_km,label_en\n07,កំពត / Kampot,កំពត,Kampot\n02,បាត់ដំបង / Battambang,បាត់ដំបង,Battambang\n"
)
NEEDS_1 = {"water": ("ទឹក", "Water"), "land": ("ដី", "Land"), "school": ("សាលា", "School")}
NEEDS_2 = {"school": ("សាលារៀន", "A school"), "water": ("ទឹក", "Water"), "health": ("សុខភាព", "Health")}


class HandClock:
    """A clock that a test sets."""

    def __init__(self, moment: str = "2026-11-23T01:15:00+00:00") -> None:
        self.moment = datetime.fromisoformat(moment)

    def __call__(self) -> datetime:
        return self.moment.astimezone(UTC)


def make_hub(folder: Path, clock: HandClock | None = None, name: str = "កំពត") -> Hub:
    return Hub.create(folder / name, name, clock=Clock(clock or HandClock()), **QUICK)  # type: ignore[arg-type]


def xform(version: str, needs: Mapping[str, tuple[str, str]], questions: Sequence[str] = ("story",)) -> str:
    """Asks for consent, a province out of provinces.csv, a place, needs, plain questions, and people with their
    jobs: a repeat in a repeat, in a group."""
    texts = {"needs": ("តម្រូវការ", "Needs"), "age": ("អាយុ", "Age"), "prov": ("ខេត្ត", "Province"),
             "person": ("អ្នកចូលរួម", "Participant"), "yes": ("បាទ/ចាស", "Yes"), "no": ("ទេ", "No"),
             **{f"needs-{code}": said for code, said in needs.items()}}  # fmt: skip
    itext = "".join(
        f'<translation lang="{lang}">'
        + "".join(f'<text id="{name}"><value>{said[n]}</value></text>' for name, said in texts.items())
        + "</translation>"
        for n, lang in enumerate(("Khmer (km)", "English (en)"))
    )
    items = "".join(
        f"<item><label ref=\"jr:itext('needs-{code}')\"/><value>{code}</value></item>" for code in needs
    )
    nodes = "".join(f"<{name}/>" for name in questions)
    asked = "".join(f'<input ref="/data/{name}"><label>{name}</label></input>' for name in questions)
    return f"""<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
  xmlns:jr="http://openrosa.org/javarosa"><h:head><h:title>ការពិគ្រោះយោបល់</h:title><model>
  <itext>{itext}</itext>
  <instance><data id="wps" version="{version}"><start/><day/><consent/><place><province/><gps/></place><needs/>{nodes}
   <count/><photo/><people><person jr:template=""><age/><job jr:template=""><title/></job></person></people>
   <meta><instanceID/></meta></data></instance>
  <instance id="provinces" src="jr://file-csv/provinces.csv"/>
  <bind nodeset="/data/start" type="dateTime"/><bind nodeset="/data/day" type="date"/>
  <bind nodeset="/data/place/gps" type="geopoint"/><bind nodeset="/data/count" type="int"/>
  <bind nodeset="/data/photo" type="binary"/><bind nodeset="/data/people/person/age" type="int"/></model></h:head>
 <h:body><select1 ref="/data/consent"><label>?</label>
   <item><label ref="jr:itext('yes')"/><value>yes</value></item>
   <item><label ref="jr:itext('no')"/><value>no</value></item></select1>
  <group ref="/data/place"><select1 ref="/data/place/province"><label ref="jr:itext('prov')"/>
   <itemset nodeset="instance('provinces')/root/item"><value ref="name"/><label ref="label"/></itemset></select1>
   <input ref="/data/place/gps"/></group>
  <select ref="/data/needs"><label ref="jr:itext('needs')"/>{items}</select>{asked}<input ref="/data/count"/>
  <upload ref="/data/photo" mediatype="image/*"/>
  <group ref="/data/people"><group ref="/data/people/person"><label ref="jr:itext('person')"/>
   <repeat nodeset="/data/people/person"><input ref="/data/people/person/age"><label ref="jr:itext('age')"/></input>
    <group ref="/data/people/person/job"><repeat nodeset="/data/people/person/job">
     <input ref="/data/people/person/job/title"/></repeat></group></repeat></group></group></h:body></h:html>"""


def publish(hub: Hub, xml: str, provinces: str = PROVINCES) -> Form:
    held = projects.list_projects(hub.read())
    project = held[0] if held else create_project(hub, "ការពិគ្រោះយោបល់ ២០២៦")
    files = {"provinces.csv": stage(hub, provinces.encode())} if "provinces.csv" in xml else {}
    return publish_definition(hub, project, read_definition(hub, xml.encode()), files)


def consultation(folder: Path, clock: HandClock | None = None) -> tuple[Hub, Form]:
    """A hub with both versions published."""
    hub = make_hub(folder, clock)
    publish(hub, xform("1", NEEDS_1, ("village", "story")))
    return hub, publish(hub, xform("2", NEEDS_2, ("story", "hope")))


def name_of(number: int) -> str:
    return f"uuid:{uuid.UUID(int=number)}"


def submit(hub: Hub, number: int, inside: str, version: str = "2", edits: int = 0, **files: bytes) -> str:
    """inside: the XML of the answers. edits: number of the instance that it replaces. Its instanceID."""
    replaced = f"<deprecatedID>{name_of(edits)}</deprecatedID>" if edits else ""
    xml = (
        f'<data id="wps" version="{version}">{inside}'
        f"<meta>{replaced}<instanceID>{name_of(number)}</instanceID></meta></data>"
    )
    hand_in(hub, xml.encode(), None, **files)
    return name_of(number)


def rows_of(extract: Extract, path: str = "") -> list[dict[str, Cell]]:
    """The rows of a sheet, by the names of its columns."""
    sheet = next(s for s in extract.sheets if s.path == path)
    names = [column.name for column in sheet.columns]
    return [
        dict(zip(names, cells, strict=True))
        for batch in extract.batches(sheet)
        for cells in zip(*batch.columns, strict=True)
    ]


def gathered_rows(hub: Hub, form: Form, path: str = "", **choosing: object) -> list[dict[str, Cell]]:
    with gathered(hub, form, Choosing(**choosing)) as extract:  # type: ignore[arg-type]
        return rows_of(extract, path)
