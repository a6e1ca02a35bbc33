"""Promises that every form of the library keeps: bilingual to the last cell, safe to hold, and sampled.

`test_javarosa.py` fills the same forms; here is what needs no Java.
"""

from __future__ import annotations

import csv
import re
import shutil
import time
from datetime import date, datetime
from pathlib import Path
from random import Random

import pytest
from lxml import etree
from openpyxl import load_workbook

from forms import compile as compiling
from forms import gazetteer
from forms.compile import compile_folder, compile_form, validate_with_java
from forms.errors import FormFault
from forms.fields import read_schema
from forms.filling import Filling, Node
from forms.sample_answers import CAMBODIA
from forms.sampling import make_samples, read_form

LIBRARY = Path(compiling.__file__).parent / "library"
FORMS = sorted(folder.parent.name for folder in LIBRARY.glob("*/form.xlsx"))
SAMPLED = [form_id for form_id in FORMS if form_id != "wps_consultation"]  # test_library.py has that one
TESTIMONY = ("focus_group", "key_informant", "follow_up_visit")
ENTITY_LISTS = {"follow_up_visit": ("stakeholders.csv",), "commitment_tracking": ("commitments.csv",)}
KHMER = re.compile("[\u1780-\u17ff]")
STRAY = re.compile("[\u00a0\u00ad\u200b-\u200f\u202a-\u202e\u2060\ufeff]|  |^ | $")
MISORDERED = re.compile(
    "[\u17b6-\u17d1]\u17d2|([\u17b6-\u17d2])\\1|\u17c1[\u17b6\u17b8]|[\u17b6-\u17c8][\u17c9\u17ca]"
)
SENSITIVITIES = {"public", "internal", "restricted", "identifying"}
REFERENCE = re.compile(r"\$\{\w+\}")
SILENT = ("start", "end", "audit", "calculate", "end_group", "end_repeat")
STRUCTURE = ("begin_group", "begin_repeat", "note")

every_form = pytest.mark.parametrize("form_id", FORMS)
every_sampled = pytest.mark.parametrize("form_id", SAMPLED)


def sheets(form_id: str) -> dict[str, list[dict[str, str]]]:
    book = load_workbook(LIBRARY / form_id / "form.xlsx", read_only=True)
    read = {}
    for sheet in book.worksheets:
        header, *rows = sheet.iter_rows(values_only=True)
        read[sheet.title] = [
            dict(zip(header, ["" if c is None else c for c in r], strict=True)) for r in rows
        ]
    return read


def test_the_library_holds_its_forms():
    assert set(FORMS) == {
        *("commitment_tracking", "daily_log", "focus_group", "follow_up_visit", "key_informant"),
        *("stakeholder_register", "workshop_feedback", "wps_consultation"),
    }


def test_the_whole_library_compiles_within_ten_seconds():
    began = time.perf_counter()
    for form_id in FORMS:
        assert compile_form(LIBRARY / form_id / "form.xlsx").warnings == (), form_id
    assert time.perf_counter() - began < 10


@every_form
def test_a_form_is_its_folder_and_has_a_version(form_id: str):
    form = compile_form(LIBRARY / form_id / "form.xlsx")
    assert form.form_id == form_id and re.fullmatch(r"\d{10}", form.version)
    assert KHMER.search(form.title) and " / " in form.title


@pytest.mark.skipif(shutil.which("java") is None, reason="ODK Validate needs Java, which is not here")
@every_form
def test_odk_validate_passes_it(form_id: str):
    assert validate_with_java(compile_form(LIBRARY / form_id / "form.xlsx").xform) == []


@every_form
def test_every_text_stands_in_both_languages(form_id: str):
    book = sheets(form_id)
    for row in book["survey"] + book["choices"]:
        for column in (c for c in row if c.endswith("::Khmer (km)")):
            khmer, english = row[column], row[column.replace("Khmer (km)", "English (en)")]
            assert bool(khmer) == bool(english), row
            assert not khmer or (KHMER.search(khmer) and not KHMER.search(english)), row
            assert sorted(REFERENCE.findall(khmer)) == sorted(REFERENCE.findall(english)), row
        assert row["label::Khmer (km)"] or row["type"] in SILENT, row


@every_form
def test_constraints_and_required_questions_say_why(form_id: str):
    for row in sheets(form_id)["survey"]:
        assert bool(row["constraint"]) == bool(row["constraint_message::Khmer (km)"]), row
        assert bool(row["required"]) == bool(row["required_message::Khmer (km)"]), row


@every_form
def test_no_cell_holds_stray_or_misordered_characters(form_id: str):
    for rows in sheets(form_id).values():
        for cell in (cell for row in rows for cell in row.values()):
            assert not STRAY.search(cell) and not MISORDERED.search(cell), cell


@every_form
def test_every_choice_list_is_used_and_every_used_list_is_there(form_id: str):
    book = sheets(form_id)
    asked = (row["type"].split() for row in book["survey"])
    used = {words[1] for words in asked if words[0] in ("select_one", "select_multiple", "rank")}
    assert used == {row["list_name"] for row in book["choices"]}
    assert all(re.fullmatch(r"[a-z0-9_]+", row["name"]) for row in book["choices"])


@every_form
def test_every_question_says_how_sensitive_it_is(form_id: str):
    for row in sheets(form_id)["survey"]:
        tagged = row["sensitivity"]
        assert tagged in SENSITIVITIES | {""}, row
        assert tagged or row["type"] in SILENT + STRUCTURE, row


def test_names_and_telephone_numbers_of_people_are_asked_by_the_register_alone():
    identifying = {
        (form_id, row["name"])
        for form_id in FORMS
        for row in sheets(form_id)["survey"]
        if row["sensitivity"] == "identifying"
    }
    assert identifying == {("stakeholder_register", f"contact_{what}") for what in ("name", "phone")}


def test_no_entity_carries_what_identifies_a_person():
    """An entity list goes to every tablet that follows up."""
    for form_id in FORMS:
        for row in sheets(form_id)["survey"]:
            assert not row.get("save_to") or row["sensitivity"] in ("", "public", "internal"), row


@pytest.mark.parametrize("form_id", [f for f in FORMS if f != "commitment_tracking"])
def test_everything_lies_behind_consent(form_id: str):
    """A commitment is reported by an institution about itself: it alone asks for no consent."""
    form = compile_form(LIBRARY / form_id / "form.xlsx")
    top = [f for f in read_schema(form.xform).fields if f.path.count("/") == 1]
    asked = [f.name for f in top if f.type == "structure" and f.name != "meta"]
    assert asked[0] == "opening" and len(asked) == 2
    assert {f.name for f in top} - set(asked) <= {"start", "end", "withdrawal_code", "meta"}
    binds = etree.fromstring(form.xform).iterfind(".//{*}bind")
    relevant = {b.get("nodeset"): b.get("relevant", "") for b in binds}
    assert "".join(relevant[f"/data/{asked[1]}"].split()) == "/data/opening/consent='yes'"


@pytest.mark.parametrize("form_id", TESTIMONY)
def test_who_was_heard_gets_a_referral_card_and_a_withdrawal_code(form_id: str):
    rows = {row["name"]: row for row in sheets(form_id)["survey"]}
    assert "១១៧" in rows["referral"]["label::Khmer (km)"] and "117" in rows["referral"]["label::English (en)"]
    assert "${withdrawal_code}" in rows["withdrawal_note"]["label::Khmer (km)"]
    assert "audit" in rows


def fill(form_id: str, **answers: str) -> tuple[Filling, dict[str, Node]]:
    """The form with these answers by question, and its nodes by name."""
    filling = Filling(read_form(LIBRARY / form_id).definition, date(2026, 11, 24), Random(1))
    nodes = {node.tag: node for node in filling.root.iterdescendants(etree.Element)}
    filling.settle(lambda node: setattr(node, "text", answers.get(node.tag)))
    return filling, nodes


@pytest.mark.parametrize(
    ("form_id", "secret", "answers"),
    [
        ("focus_group", "protection_notes", {"protection_discussed": "yes"}),
        ("key_informant", "protection_changes", {"protection_discussed": "yes"}),
        ("follow_up_visit", "trouble", {}),
    ],
)
def test_one_tap_turns_a_sensitive_page_into_harmless_questions(
    form_id: str, secret: str, answers: dict[str, str]
):
    for topic, hidden, shown in (("interview", "dummy_water", secret), ("daily_life", secret, "dummy_water")):
        filling, nodes = fill(form_id, consent="yes", page_topic=topic, **answers)
        assert nodes[shown] in filling.asked and nodes[hidden] not in filling.asked
        assert nodes["page_topic"] in filling.asked  # on the same page, to turn back by


@pytest.mark.parametrize("form_id", [f for f in SAMPLED if f != "commitment_tracking"])
def test_without_consent_nothing_more_is_asked(form_id: str):
    filling, _ = fill(form_id, consent="no")
    controls = {filling.path(node) for node in filling.asked} & set(filling.form.controls)
    assert {path.rpartition("/")[2] for path in controls} == {"consent_text", "consent", "consent_refused"}


def test_refused_consent_makes_and_changes_no_entity():
    for form_id, action in (("stakeholder_register", "create"), ("follow_up_visit", "update")):
        for consent, does in (("yes", "1"), ("no", "0")):
            _, nodes = fill(form_id, consent=consent)
            assert nodes["entity"].get(action) == does


def test_a_visit_counts_on_from_what_the_tablet_knows():
    with (LIBRARY / "follow_up_visit" / "sample_stakeholders.csv").open(encoding="utf-8") as source:
        known = next(csv.DictReader(source))
    _, nodes = fill("follow_up_visit", consent="yes", province=known["province"], stakeholder=known["name"])
    assert nodes["stakeholder_code"].text == known["code"]
    assert nodes["visits"].text == str(int(known["visits"]) + 1)
    assert nodes["entity"].get("id") == known["name"]
    assert nodes["entity"].get("baseVersion") == known["__version"]


def test_a_commitment_is_made_once_and_updated_after_that():
    with (LIBRARY / "commitment_tracking" / "sample_commitments.csv").open(encoding="utf-8") as source:
        known = next(csv.DictReader(source))
    _, new = fill("commitment_tracking", record_kind="new", new_number="2.3", new_text="ក")
    assert (new["entity"].get("create"), new["entity"].get("update")) == ("1", "0")
    assert new["entity"].get("id") == new["new_id"].text and new["label"].text == "2.3 · ក"
    pillar, name = known["pillar"], known["name"]
    _, old = fill("commitment_tracking", record_kind="progress", pillar=pillar, commitment=name)
    assert (old["entity"].get("create"), old["entity"].get("update")) == ("0", "1")
    assert old["entity"].get("id") == known["name"] and old["number"].text == known["number"]


# --- media


@every_form
def test_media_are_the_gazetteers_lists(form_id: str, tmp_path: Path):
    lists = {file.name: file.read_bytes() for file in gazetteer.write_lists(tmp_path)}
    for file in (LIBRARY / form_id / "media").glob("*"):
        assert file.read_bytes() == lists[file.name]
    compiled = compile_folder(LIBRARY / form_id / "form.xlsx", tmp_path / "out")
    assert compiled.missing == ENTITY_LISTS.get(form_id, ())  # which the hub brings, with its entities


# --- the samples


@every_sampled
def test_the_same_seed_makes_the_same_bytes(form_id: str):
    def make(seed: int) -> list[bytes]:
        return [s.xml for s in make_samples(LIBRARY / form_id, seed=seed, n=4, province="25")]

    assert make(1) == make(1) != make(2)


@every_sampled
def test_samples_of_every_province_can_be_made(form_id: str):
    for province in gazetteer.places_in(None, "province"):
        (sample,) = make_samples(LIBRARY / form_id, seed=3, n=1, province=province.code)
        root = etree.fromstring(sample.xml)
        assert root.get("id") == form_id and sample.instance_id.startswith("uuid:")
        assert root.findtext(".//province") in (None, province.code)
        files = {node.text for node in root.iter() if re.fullmatch(r"\d+\.png|audit\.csv", node.text or "")}
        assert files == set(sample.attachments)


@every_sampled
def test_a_sample_put_back_into_its_form_comes_out_the_same(form_id: str):
    """Every rule agrees with what the sample says: nothing more is asked, nothing is worked out anew."""
    for sample in make_samples(LIBRARY / form_id, seed=8, n=25, province="12"):
        root = etree.fromstring(sample.xml)
        start = root.findtext("start")
        today = datetime.fromisoformat(start).astimezone(CAMBODIA).date() if start else date(2026, 11, 24)
        filling = Filling(read_form(LIBRARY / form_id).definition, today, Random(1))
        for path in filling.form.repeats:
            for first in list(filling.turns(path)):
                filling.repeat(first, len(root.findall("." + path.removeprefix("/data"))))
        put_back(filling, root)
        filling.settle()
        assert all(
            filling.holds(node) for node in filling.asked if filling.path(node) in filling.form.controls
        )
        assert spoken(filling.submission()) == spoken(root)


def put_back(filling: Filling, root: Node) -> None:
    tree, theirs = filling.root.getroottree(), root.getroottree()
    for node in filling.root.iterdescendants(etree.Element):
        found = theirs.xpath(tree.getpath(node))
        if found and not len(node):
            node.text = found[0].text
        if found and node.tag == "entity":
            node.attrib.update(found[0].attrib)


def spoken(root: Node) -> list[tuple[str, str, dict[str, str]]]:
    tree = root.getroottree()
    return [(tree.getpath(n), n.text or "", dict(n.attrib)) for n in root.iterdescendants(etree.Element)]


def test_an_unknown_province_is_named():
    with pytest.raises(FormFault) as fault:
        next(make_samples(LIBRARY / "daily_log", seed=1, n=1, province="26"))
    assert fault.value.code == "gazetteer.unknown_place"


def test_a_question_without_a_likely_answer_is_named(tmp_path: Path):
    folder = tmp_path / "daily_log"
    shutil.copytree(LIBRARY / "daily_log", folder)
    lines = (folder / "sample_answers.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    kept = [line for line in lines if not line.startswith("facilitator_code,")]
    (folder / "sample_answers.csv").write_text("".join(kept), encoding="utf-8")
    with pytest.raises(FormFault) as fault:
        list(make_samples(folder, seed=1, n=3, province="07"))
    assert (fault.value.code, fault.value.values) == ("sample.unanswerable", {"question": "facilitator_code"})


# --- the glossary


def test_the_glossary_gives_one_sound_khmer_term_for_each_english_one():
    with (LIBRARY / "glossary.csv").open(encoding="utf-8", newline="") as source:
        rows = list(csv.DictReader(source))
    assert len(rows) >= 80 and list(rows[0]) == ["english", "khmer", "note"]
    assert len({row["english"].lower() for row in rows}) == len(rows)
    for row in rows:
        assert KHMER.search(row["khmer"]) and not KHMER.search(row["english"]), row
        assert not any(STRAY.search(cell) or MISORDERED.search(cell) for cell in row.values()), row
