"""Promises of the bundled consultation form: bilingual to the last cell, its logic right, its lists joined.

The logic is read from the compiled form itself and worked out by lxml's XPath 1.0 with the few XForms
functions that the form uses; nothing here repeats a rule of the form.
"""

from __future__ import annotations

import csv
import io
import re
import shutil
import struct
import wave
import zlib
from collections.abc import Callable, Iterator
from datetime import date
from itertools import pairwise
from pathlib import Path

import pytest
from lxml import etree
from openpyxl import load_workbook

from forms import gazetteer
from forms.compile import CompiledForm, compile_folder, compile_form, validate_with_java
from forms.errors import FormFault
from forms.fields import Schema, read_schema
from forms.samples import make_instances

FOLDER = Path(gazetteer.__file__).parent / "library" / "wps_consultation"
MEDIA = FOLDER / "media"
DATA = Path(__file__).parents[1] / "data" / "wps_consultation"
VERSION = "2026112401"
KHMER = re.compile("[\u1780-\u17ff]")
STRAY = re.compile("[\u00a0\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]|  |^ | $")
MISORDERED = re.compile("[\u17b6-\u17d1]\u17d2|([\u17b6-\u17d2])\\1|\u17c1[\u17b6\u17b8]")


@pytest.fixture(scope="module")
def form() -> CompiledForm:
    return compile_form(FOLDER / "form.xlsx")


@pytest.fixture(scope="module")
def schema(form: CompiledForm) -> Schema:
    return read_schema(form.xform)


@pytest.fixture(scope="module")
def sheets() -> dict[str, list[dict[str, str]]]:
    book = load_workbook(FOLDER / "form.xlsx", read_only=True)
    read = {}
    for sheet in book.worksheets:
        header, *rows = sheet.iter_rows(values_only=True)
        read[sheet.title] = [
            dict(zip(header, ["" if c is None else c for c in r], strict=True)) for r in rows
        ]
    return read


def rows_of(name: str) -> list[dict[str, str]]:
    with (MEDIA / name).open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


# --- the workbook


def test_it_compiles_without_a_warning(form: CompiledForm, schema: Schema):
    assert (form.form_id, form.version, form.warnings) == ("wps_consultation", VERSION, ())
    assert 60 <= sum(f.type not in ("structure", "repeat") for f in schema.fields) <= 100
    assert [t.path for t in schema.tables] == ["", "/consultation/attendance/participant"]


@pytest.mark.skipif(shutil.which("java") is None, reason="ODK Validate needs Java, which is not here")
def test_odk_validate_passes_it(form: CompiledForm):
    assert validate_with_java(form.xform) == []


def test_every_text_stands_in_both_languages(sheets: dict[str, list[dict[str, str]]]):
    silent = ("start", "end", "calculate", "end_group", "end_repeat")
    for title in ("survey", "choices"):
        for row in sheets[title]:
            for column in (c for c in row if c.endswith("::Khmer (km)")):
                khmer, english = row[column], row[column.replace("Khmer (km)", "English (en)")]
                assert bool(khmer) == bool(english), (column, row)
                assert not khmer or (KHMER.search(khmer) and not KHMER.search(english)), row
            assert row["label::Khmer (km)"] or row["type"] in silent, row


def test_constraints_and_required_questions_say_why(sheets: dict[str, list[dict[str, str]]]):
    for row in sheets["survey"]:
        assert bool(row["constraint"]) == bool(row["constraint_message::Khmer (km)"])
        assert bool(row["required"]) == bool(row["required_message::Khmer (km)"])


def test_no_cell_holds_stray_or_misordered_characters(sheets: dict[str, list[dict[str, str]]]):
    for rows in sheets.values():
        for row in rows:
            for cell in row.values():
                assert not STRAY.search(cell) and not MISORDERED.search(cell), cell


def test_every_choice_list_is_used_and_every_used_list_is_there(sheets: dict[str, list[dict[str, str]]]):
    asked = (row["type"].split() for row in sheets["survey"])
    used = {words[1] for words in asked if words[0] in ("select_one", "select_multiple", "rank")}
    assert used == {row["list_name"] for row in sheets["choices"]}


def test_media_are_the_gazetteers_lists(tmp_path: Path):
    for file in gazetteer.write_lists(tmp_path):
        assert (MEDIA / file.name).read_bytes() == file.read_bytes()
    assert compile_folder(FOLDER / "form.xlsx", tmp_path / "out").missing == ()


def test_each_step_of_the_cascade_filters_by_a_column_of_its_list(sheets: dict[str, list[dict[str, str]]]):
    steps = [row for row in sheets["survey"] if row["type"].startswith("select_one_from_file")]
    assert [row["name"] for row in steps] == ["province", "district", "commune", "village"]
    for above, row in pairwise(steps):
        assert row["choice_filter"] == f"{above['name']} = ${{{above['name']}}}"
        assert above["name"] in rows_of(row["type"].split()[1])[0]


# --- the logic


class Logic:
    """The binds of a form, to be worked out over an instance."""

    def __init__(self, xform: bytes) -> None:
        model = etree.fromstring(xform).find(".//{*}model")
        self.binds = {b.get("nodeset"): b.attrib for b in model.iterfind("{*}bind")}
        self.instances = {"communes": _table("communes.csv")}
        self.functions = {
            (None, "if"): lambda _, test, yes, no: yes if test else no,
            (None, "selected"): lambda _, answer, one: one in _text(answer).split(),
            (None, "count-selected"): lambda _, answer: float(len(_text(answer).split())),
            (None, "regex"): lambda _, text, pattern: re.fullmatch(pattern, _text(text)) is not None,
            (None, "date"): lambda _, day: float(date.fromisoformat(_text(day)).toordinal()),
            (None, "today"): lambda _: float(date(2026, 11, 24).toordinal()),
            (None, "form"): lambda _: [self.form],
            (None, "instance"): lambda _, name: [self.instances[name]],
        }

    def rule(self, node: etree._Element, kind: str) -> object:
        """None without such a rule."""
        bind = self.binds.get(re.sub(r"\[\d+\]", "", node.getroottree().getpath(node)), {})
        if kind not in bind:
            return None
        expression = bind[kind].replace("position(..)", "(count(../preceding-sibling::participant) + 1)")
        if bind.get("type") == "date":
            expression = re.sub(r"(?<![\w/.])\.(?![\w/.])", "date(.)", expression)
        # An absolute path means the filled form even inside a predicate over another instance.
        self.form = node.getroottree().getroot()
        result = node.xpath(re.sub(r"(?<![\w.\])])/data/", "form()/", expression), extensions=self.functions)
        return _text(result) if kind == "calculate" else bool(result)


def _table(name: str) -> etree._Element:
    """A list as XForms sees it: an element holding `root/item/column`."""
    top = etree.Element("instance")
    root = etree.SubElement(top, "root")
    for row in rows_of(name):
        item = etree.SubElement(root, "item")
        for column, text in row.items():
            etree.SubElement(item, column).text = text
    return top


def _text(value: object) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, etree._Element):
        return value.text or ""
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def filled(schema: Schema, sample: etree._Element) -> tuple[etree._Element, dict[etree._Element, bool]]:
    """The whole form filled from a sample, blank where the sample is silent; and whether it was silent."""
    root, spoken = etree.Element(schema.root), {}
    children = {f.path: f for f in schema.fields}

    def grow(into: etree._Element, path: str, source: etree._Element | None) -> None:
        for field in (f for p, f in children.items() if p.rpartition("/")[0] == path):
            found = [] if source is None else source.findall(field.name)
            for one in found or [None]:
                node = etree.SubElement(into, field.name)
                spoken[node] = one is not None
                if field.type in ("structure", "repeat"):
                    grow(node, field.path, one)
                elif one is not None:
                    node.text = one.text

    grow(root, "", sample)
    return root, spoken


def samples() -> Iterator[etree._Element]:
    for province in ("07", "12", "16"):
        for sample in make_instances(seed=5, n=20, province=province, version=VERSION, media=MEDIA):
            yield etree.fromstring(sample.xml)
    for file in sorted(DATA.glob("*.xml")):
        yield etree.fromstring(file.read_bytes())


def test_samples_answer_exactly_what_the_form_asks(form: CompiledForm, schema: Schema):
    logic = Logic(form.xform)
    for sample in samples():
        root, spoken = filled(schema, sample)
        for node in root.iterdescendants():
            parent = node.getparent()
            asked = (parent is root or spoken[parent]) and logic.rule(node, "relevant") is not False
            assert spoken[node] == asked, root.getroottree().getpath(node)


def test_samples_hold_to_every_constraint_and_calculation(form: CompiledForm, schema: Schema):
    logic = Logic(form.xform)
    for sample in samples():
        root, spoken = filled(schema, sample)
        for node in (n for n in root.iterdescendants() if spoken[n]):
            where = root.getroottree().getpath(node), node.text
            assert node.text or not logic.rule(node, "required"), where
            assert not node.text or logic.rule(node, "constraint") is not False, where
            assert logic.rule(node, "calculate") in (None, node.text or ""), where


def test_samples_stand_in_the_forms_order_and_choose_its_choices(schema: Schema, form: CompiledForm):
    order = [f.name for f in schema.fields]
    chosen: dict[str, set[str]] = {}
    for sample in samples():
        for node in sample.iter():
            places = [order.index(child.tag) for child in node]
            assert places == sorted(places)
            chosen.setdefault(node.tag, set()).update((node.text or "").split())
    assert {"15_17", "60_over"} <= chosen["age_band"] and chosen["consent"] == {"yes", "no"}
    for name, allowed in _choices(form).items():
        assert chosen.get(name, set()) <= allowed, name


def _choices(form: CompiledForm) -> dict[str, set[str]]:
    """Question -> the values it offers, for choices inside the form."""
    document = etree.fromstring(form.xform)
    lists = {
        i.get("id"): {n.text for n in i.iterfind(".//{*}name")}
        for i in document.iterfind(".//{*}instance")
        if i.get("id") and not i.get("src")
    }
    found = {}
    for itemset in document.iterfind(".//{*}itemset"):
        name = re.match(r"(?:randomize\()?instance\('(\w+)'\)", itemset.get("nodeset"))
        if name and name[1] in lists:
            found[itemset.getparent().get("ref").rpartition("/")[2]] = lists[name[1]]
    return found


def test_everything_lies_behind_consent(form: CompiledForm, schema: Schema):
    top = [f.name for f in schema.fields if f.path.count("/") == 1]
    assert top == ["start", "end", "opening", "consultation", "meta"]
    relevant = Logic(form.xform).binds["/data/consultation"]["relevant"]
    assert "".join(relevant.split()) == "/data/opening/consent='yes'"


def one_answer(form: CompiledForm, schema: Schema, **answers: str) -> Callable[[str, str], object]:
    """Ask a rule of a question in a form that holds nothing but these answers."""
    root, _ = filled(schema, etree.Element(schema.root))
    for name, text in answers.items():
        root.find(f".//{name}").text = text
    logic = Logic(form.xform)
    return lambda name, kind: logic.rule(root.find(f".//{name}"), kind)


@pytest.mark.parametrize(
    "function", ["seeing", "hearing", "walking", "remembering", "selfcare", "communicating"]
)
def test_a_lot_of_difficulty_in_one_domain_is_counted_as_disability(
    form: CompiledForm, schema: Schema, function: str
):
    expected = {"none": "0", "some": "0", "a_lot": "1", "cannot": "1"}
    for answer, indicator in expected.items():
        assert one_answer(form, schema, **{f"wg_{function}": answer})("disability", "calculate") == indicator


@pytest.mark.parametrize(
    ("question", "wrong", "right"),
    [
        ("session_code", "kpt-01", "KPT-01"),
        ("facilitator_code", "សុខា", "F012"),
        ("consultation_date", "2026-11-25", "2026-11-24"),
        ("participants_present", "41", "40"),
        ("guardian_consent", "no", "yes"),
        ("conflicts", "land none", "land debt"),
        ("water_hours", "24.5", "1.5"),
        ("participation_story", "ក" * 20_001, "ក" * 20_000),
    ],
)
def test_constraints_let_through_only_what_they_should(
    form: CompiledForm, schema: Schema, question: str, wrong: str, right: str
):
    assert one_answer(form, schema, **{question: wrong})(question, "constraint") is False
    assert one_answer(form, schema, **{question: right})(question, "constraint") is True


def test_referral_is_shown_when_protection_was_discussed(form: CompiledForm, schema: Schema):
    assert one_answer(form, schema, protection_discussed="yes")("referral", "relevant") is True
    assert one_answer(form, schema, protection_discussed="no")("referral", "relevant") is False


# --- the samples


def test_the_same_seed_makes_the_same_bytes():
    def make(seed: int) -> list[bytes]:
        made = make_instances(seed=seed, n=5, province="25", version=VERSION, media=MEDIA)
        return [sample.xml for sample in made]

    assert make(1) == make(1) != make(2)


def test_samples_of_one_province_lie_in_it():
    for sample in make_instances(seed=3, n=30, province="11", version="9", media=MEDIA):
        root = etree.fromstring(sample.xml)
        assert (root.get("id"), root.get("version")) == ("wps_consultation", "9")
        if root.find(".//province") is not None:
            assert gazetteer.place(root.find(".//commune").text).code.startswith("11")
            assert "2026-09-01" <= root.find(".//consultation_date").text <= "2026-11-15"
            assert root.find("start").text.endswith("+07:00")


def test_every_province_has_a_setting_for_samples():
    with (FOLDER / "sample_provinces.csv").open(encoding="utf-8", newline="") as source:
        codes = [row["code"] for row in csv.DictReader(source)]
    assert codes == [province.code for province in gazetteer.places_in(None, "province")]


def test_an_unknown_province_is_named():
    with pytest.raises(FormFault) as fault:
        next(make_instances(seed=1, n=1, province="26", version=VERSION, media=MEDIA))
    assert fault.value.code == "gazetteer.unknown_place"


def test_attachments_are_the_files_that_the_answers_name():
    made = list(make_instances(seed=4, n=80, province="20", version=VERSION, media=MEDIA))
    files = {name: data for sample in made for name, data in sample.attachments.items()}
    assert {Path(name).suffix for name in files} == {".png", ".wav"} and 10 < len(files) < 60
    for sample in made:
        root = etree.fromstring(sample.xml)
        named = {root.findtext(f".//{name}") for name in ("photo", "recording")} - {None, ""}
        assert named == set(sample.attachments)


def test_photos_and_recordings_open():
    made = make_instances(seed=4, n=80, province="20", version=VERSION, media=MEDIA)
    for name, data in (item for sample in made for item in sample.attachments.items()):
        if name.endswith(".wav"):
            with wave.open(io.BytesIO(data)) as sound:
                assert (sound.getframerate(), sound.getnframes()) == (8000, 3200)
        else:
            width, height = struct.unpack(">II", data[16:24])
            start = data.index(b"IDAT") + 4
            (size,) = struct.unpack(">I", data[start - 8 : start - 4])
            assert len(zlib.decompress(data[start : start + size])) == height * (1 + 3 * width)


def test_names_in_the_data_folder_are_those_of_its_samples():
    texts = "".join(file.read_text(encoding="utf-8") for file in DATA.glob("*.xml"))
    media = [file.name for file in DATA.iterdir() if file.suffix in (".png", ".wav")]
    assert len(media) == 2 and all(f">{name}<" in texts for name in media)
