"""A small form and submissions of it, read as the hub reads them, behind `Source` in memory."""

from __future__ import annotations

import io
import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import BinaryIO

import pytest

from forms.fields import Schema, read_schema
from forms.instance import InstanceReader, parse_instance
from server.exports.rows import Head, Media

A = "uuid:aaaaaaaa-0000-4000-8000-000000000001"
B = "uuid:bbbbbbbb-0000-4000-8000-000000000002"

RICE = """<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"
    xmlns:jr="http://openrosa.org/javarosa" xmlns:orx="http://openrosa.org/xforms">
 <h:head><h:title>ស្រូវ</h:title><model>
  <instance><data id="rice" version="7">
   <farm><name/><gps/><plot jr:template=""><area/><crop jr:template=""><kind/></crop></plot>
    <plot><area/><crop><kind/></crop></plot></farm>
   <pests/><orx:meta><orx:instanceID/></orx:meta></data></instance>
  <bind nodeset="/data/farm/name" type="string"/><bind nodeset="/data/farm/gps" type="geopoint"/>
  <bind nodeset="/data/farm/plot/area" type="decimal"/>
  <bind nodeset="/data/farm/plot/crop/kind" type="string"/>
  <bind nodeset="/data/pests" type="string"/><bind nodeset="/data/orx:meta/orx:instanceID" type="string"/>
 </model></h:head>
 <h:body><input ref="/data/farm/name"/><input ref="/data/farm/gps"/>
  <group ref="/data/farm/plot"><repeat nodeset="/data/farm/plot"><input ref="/data/farm/plot/area"/>
   <group ref="/data/farm/plot/crop"><repeat nodeset="/data/farm/plot/crop">
    <input ref="/data/farm/plot/crop/kind"/></repeat></group></repeat></group>
  <select ref="/data/pests"/></h:body></h:html>"""

RICE_A = f"""<data id="rice" version="7"><farm><name>សុខ</name><gps>11.5 104.9 12 4.8</gps>
 <plot><area>1.5</area></plot><plot><area>2</area><crop><kind>jasmine</kind></crop></plot></farm>
 <pests>bph stem_borer</pests><meta><instanceID>{A}</instanceID></meta></data>"""
RICE_B = f"""<data id="rice" version="7"><farm><name>ចាន់</name></farm><pests>rat</pests>
 <meta><instanceID>{B}</instanceID></meta></data>"""


@dataclass
class MemorySource:
    """What the store does, over lists. heads: newest first."""

    versions: list[Schema]
    heads: list[Head] = field(default_factory=list)
    records: dict[str, dict[str, bytes]] = field(default_factory=dict)
    files: list[Media] = field(default_factory=list)

    def add(self, xml: str, version: int = -1, **known: object) -> Head:
        """Takes in a submission: it becomes the newest."""
        schema = self.versions[version]
        root, envelope = parse_instance(xml.encode())
        tables = InstanceReader(schema).read(root).tables
        self.records[envelope.instance_id] = {
            table.path: json.dumps(rows, ensure_ascii=False, separators=(",", ":")).encode()
            for table, rows in zip(schema.tables, tables, strict=True)
            if rows
        }
        head = Head(
            envelope.instance_id, "2026-11-23T01:15:00.000Z", None, None, 42, "Tablet 7",
            "collect:AbCdEfGhIjKlMnOp", None, 0, schema.version, 0, 0, None, "hub-kampot",
            version % len(self.versions),
        )  # fmt: skip
        self.heads.insert(0, replace(head, **known))
        return self.heads[0]

    def attach(self, instance_id: str, name: str, content: bytes) -> None:
        def opened() -> BinaryIO:
            return io.BytesIO(content)

        self.files.append(Media(instance_id, name, opened))

    def submissions(self) -> Iterator[tuple[Head, bytes | None]]:
        for head in self.heads:
            yield head, None if head.status else self.records[head.instance_id][""]

    def repeats(self, path: str) -> Iterator[tuple[str, int, bytes]]:
        for head in self.heads:
            if not head.status and path in self.records[head.instance_id]:
                yield head.instance_id, head.schema, self.records[head.instance_id][path]

    def schemas(self) -> Mapping[int, Schema]:
        return dict(enumerate(self.versions))

    def media(self) -> Iterator[Media]:
        return (f for f in self.files if f.name != "audit.csv")

    def audits(self) -> Iterator[Media]:
        return (f for f in self.files if f.name == "audit.csv")

    def alone(self, instance_id: str) -> MemorySource:
        return replace(self, heads=[h for h in self.heads if h.instance_id == instance_id])


@pytest.fixture
def make_source() -> Callable[..., MemorySource]:
    """XForms, oldest first -> an empty source."""

    def make(*xforms: str) -> MemorySource:
        return MemorySource([read_schema(xform.encode()) for xform in xforms])

    return make


@pytest.fixture
def make_form() -> Callable[..., str]:
    return form


@pytest.fixture
def rice(make_source: Callable[..., MemorySource]) -> MemorySource:
    """The example of the export rules: A, and before it B elsewhere."""
    source = make_source(RICE)
    source.add(RICE_B, submitted_at="2026-11-22T01:00:00.000Z")
    source.add(RICE_A)
    return source


def form(
    instance: str,
    *,
    repeats: tuple[str, ...] = (),
    selects: tuple[str, ...] = (),
    types: dict[str, str] | None = None,
    form_id: str = "wps",
    version: str = "1",
) -> str:
    """An XForm with this inside its primary instance; paths without the root, as in `Field.path`."""
    binds = "".join(f'<bind nodeset="/data{p}" type="{t}"/>' for p, t in (types or {}).items())
    body = "".join(f'<repeat nodeset="/data{p}"/>' for p in repeats)
    body += "".join(f'<select ref="/data{p}"/>' for p in selects)
    return (
        '<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head>'
        f'<h:title>f</h:title><model><instance><data id="{form_id}" version="{version}">{instance}'
        f"<meta><instanceID/></meta></data></instance>{binds}</model></h:head><h:body>{body}</h:body></h:html>"
    )
