"""Promises of translation: the round trip loses nothing, the workbook wins, and what went stale is seen."""

from __future__ import annotations

import io
from configparser import ConfigParser
from dataclasses import replace
from importlib import import_module
from pathlib import Path

import pytest
from babel.messages.catalog import Catalog
from babel.messages.frontend import CommandLineInterface
from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from forms.catalogues import (
    TEMPLATE,
    catalogue_path,
    context,
    extract_xlsform,
    read_catalogue,
    template,
    write_catalogue,
)
from forms.cells import CELL_LIMIT, Book
from forms.compile import compile_form
from forms.errors import FormFault
from forms.staleness import STAMPS_SHEET, stamp
from forms.texts import FormTexts, read_file, read_texts
from forms.translations import library_forms, merge, progress, update
from tests.forms.workbooks import HEADER, adorned, book_of, cells_of, parts_of, saved, water

ROOT = Path(__file__).parents[2]
SHEETS = {"survey": "xl/worksheets/sheet1.xml", "choices": "xl/worksheets/sheet2.xml"}
WELL = "water:choices:source/well:label"
RIVER = "water:choices:source/river:label"
SOURCE = "water:survey:source:label"
QUESTION = "Where does the water come from?"


def catalogue(source: bytes, entries: Catalog | None = None) -> Catalog:
    """The Khmer catalogue of a form after an update."""
    return update(entries or Catalog(fuzzy=False), [read_texts(source)], "km")


def through_a_file(entries: Catalog, folder: Path) -> Catalog:
    path = catalogue_path(folder, "km")
    write_catalogue(path, entries, "km")
    return read_catalogue(path)


def khmer(source: bytes) -> dict[str, str]:
    form = read_texts(source)
    return {context(form, t): t.translations["km"] for t in form.texts if "km" in t.translations}


def without_khmer(source: bytes) -> bytes:
    """The workbook with every translation blanked that has an English text."""
    form = read_texts(source)
    made = load_workbook(io.BytesIO(source))
    for text in form.texts:
        if (text.sheet, text.column, "km") in form.columns:
            made[text.sheet].cell(text.row, form.columns[text.sheet, text.column, "km"]).value = None
    return saved(made)


def translated(entries: Catalog, place: str, said: str) -> Catalog:
    """As a translator leaves it: with a text and no longer fuzzy."""
    for message in entries:
        if message.context == place:
            message.string = said
            message.flags.discard("fuzzy")
    return entries


def merged(source: bytes, entries: Catalog) -> bytes:
    return merge(read_texts(source), {"km": entries}).source


# --- the round trip

ANY = st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=40).filter(
    lambda t: not set(t) & {"\ufffe", "\uffff"}
)
TYPED = st.one_of(
    ANY,
    st.sampled_from(
        ["ភ្នំពេញ", "${age} ឆ្នាំ", '"', "\\n", "#~ msgid", "50 % of", "%(x)s {y}", " \tក\nខ ", "_x000D_", "=1+1"]
    ),
    st.tuples(ANY, ANY).map("\n".join),
)
ROWS = st.lists(
    st.tuples(st.sampled_from(["text", "note", "begin_group", "end_group"]), st.sampled_from(["", "a", "b", "c"]),
              TYPED, TYPED, TYPED, TYPED),
    max_size=12,
)  # fmt: skip


@given(rows=ROWS)
@settings(max_examples=60, deadline=None)
def test_random_workbooks_come_back_as_they_were(
    rows: list[tuple[str, ...]], tmp_path_factory: pytest.TempPathFactory
) -> None:
    source = saved(book_of(survey=[HEADER, *([value or None for value in row] for row in rows)]))
    entries = through_a_file(catalogue(source), tmp_path_factory.mktemp("po"))
    assert read_texts(merged(source, entries)).texts == read_texts(source).texts
    back = merged(without_khmer(source), entries)
    assert read_texts(back).texts == read_texts(source).texts
    assert merge(read_texts(back), {"km": entries}).source == back


@pytest.mark.parametrize("path", library_forms(), ids=lambda p: p.parent.name)
def test_library_forms_come_back_as_they_were(path: Path, tmp_path: Path) -> None:
    source, form = path.read_bytes(), read_file(path)
    entries = through_a_file(update(Catalog(fuzzy=False), [form], "km"), tmp_path)
    blank = without_khmer(source)
    assert progress(read_texts(blank), "km").translated == 0
    back = merged(blank, entries)
    assert read_texts(back).texts == form.texts
    assert {s.name: s.texts for s in Book(back).sheets if s.name != STAMPS_SHEET} == {
        s.name: s.texts for s in Book(source).sheets
    }


@pytest.mark.parametrize("path", library_forms(), ids=lambda p: p.parent.name)
def test_most_khmer_texts_of_the_library_keep_to_the_hint_of_length(path: Path) -> None:
    texts = [t for t in read_file(path).texts if "km" in t.translations]
    room = [int(text.about[-1].rpartition(" ")[2]) for text in texts]
    within = sum(len(t.translations["km"]) <= limit for t, limit in zip(texts, room, strict=True))
    assert within >= 0.9 * len(texts)


def test_the_catalogue_of_the_library_is_up_to_date() -> None:
    forms = [read_file(path) for path in library_forms()]
    path = catalogue_path(ROOT / "i18n", "km")
    entries = update(read_catalogue(path), forms, "km")
    held = {(m.id, m.context): m.string for m in read_catalogue(path) if m.id}
    wanted = {(m.id, m.context): m.string for m in entries if m.id}
    assert held == wanted, "run `samleng form translate update`"
    extracted = {(m.id, m.context) for m in read_catalogue(ROOT / "i18n" / TEMPLATE)}
    assert extracted == {(m.id, m.context) for m in template(forms)}, "run `samleng form translate extract`"


# --- what a merge may touch


def test_a_merge_changes_one_cell_and_nothing_else_of_the_workbook() -> None:
    source = adorned(water())
    after, before = parts_of(merged(source, translated(catalogue(source), RIVER, "ទន្លេ"))), parts_of(source)
    ours = {"xl/workbook.xml", "xl/_rels/workbook.xml.rels", "[Content_Types].xml", SHEETS["choices"]}
    assert {name for name in before if before[name] != after[name]} == ours
    assert set(after) - set(before) == {f"xl/worksheets/{STAMPS_SHEET}.xml"}
    old, new = cells_of(before[SHEETS["choices"]]), cells_of(after[SHEETS["choices"]])
    assert {cell for cell in new if old.get(cell) != new[cell]} == {"D3"}
    assert after[SHEETS["choices"]].replace(new["D3"], b"") == before[SHEETS["choices"]]


def test_a_second_merge_changes_no_byte() -> None:
    entries = translated(catalogue(water()), RIVER, "ទន្លេ")
    once = merged(water(), entries)
    assert once != water()
    assert merged(once, entries) == once


def test_pyxform_passes_over_the_stamps() -> None:
    with_stamps = compile_form(merged(water(), catalogue(water())))
    assert with_stamps == compile_form(water())
    assert b"translation_stamps" not in with_stamps.xform


def test_columns_that_are_missing_are_added_at_the_end() -> None:
    source = saved(book_of(survey=[("type", "name", "label"), ("text", "source", "Which water?")]))
    entries = translated(catalogue(source), "form:survey:source:label", "ទឹកអ្វី?")
    sheet = Book(merged(source, entries)).sheets[0]
    assert sheet.texts[1, 4] == "label::Khmer (km)"
    assert sheet.texts[2, 4] == "ទឹកអ្វី?"
    assert "ទឹកអ្វី?".encode() in compile_form(merged(source, entries)).xform


@pytest.mark.parametrize(
    ("said", "reason"), [("ក" * (CELL_LIMIT + 1), "too_long"), ("ទន្លេ\x07", "unwritable")]
)
def test_what_no_cell_can_hold_is_left_out_and_told(said: str, reason: str) -> None:
    entries = translated(
        translated(catalogue(water()), RIVER, said), "water:survey:people:label", "មានប៉ុន្មាននាក់?"
    )
    done = merge(read_texts(water()), {"km": entries})
    assert [(left.context, left.reason) for left in done.left] == [(RIVER, reason)]
    assert done.filled == 1


def test_a_formula_is_left_alone() -> None:
    made = load_workbook(io.BytesIO(water()))
    made["choices"]["D3"] = '=CONCATENATE("ទន្លេ","ធំ")'
    done = merge(read_texts(saved(made)), {"km": translated(catalogue(saved(made)), RIVER, "ទន្លេ")})
    assert [left.reason for left in done.left] == ["formula"]


# --- who wins


def test_a_translation_in_the_workbook_wins_over_the_catalogue() -> None:
    entries = translated(catalogue(water()), WELL, "អណ្ដូងទឹក")
    done = merge(read_texts(water()), {"km": entries})
    assert khmer(done.source)[WELL] == "អណ្តូង"
    assert [(left.context, left.reason) for left in done.left] == [(WELL, "differs")]
    assert catalogue(water(), entries).get("Well", WELL).string == "អណ្តូង"


def test_changed_english_makes_a_translation_stale_and_fuzzy(tmp_path: Path) -> None:
    stamped = merged(water(), catalogue(water()))
    changed = renamed(stamped, "Where does your water come from?")
    form = read_texts(changed)
    assert (progress(form, "km").stale, progress(form, "km").percent) == (1, 50)
    entries = through_a_file(catalogue(changed, catalogue(water())), tmp_path)
    message = entries.get("Where does your water come from?", SOURCE)
    assert message.fuzzy and message.string == "តើយកទឹកពីណា?"
    assert f'#| msgid "{QUESTION}"' in catalogue_path(tmp_path, "km").read_text("utf-8")
    assert merged(changed, entries) == changed, "a fuzzy translation is nobody's word"


def test_a_stale_translation_is_renewed_from_the_catalogue_and_stays_fresh() -> None:
    stamped = merged(water(), catalogue(water()))
    changed = renamed(stamped, "Where does your water come from?")
    entries = translated(catalogue(changed, catalogue(water())), SOURCE, "តើអ្នកយកទឹកពីណា?")
    done = merge(read_texts(changed), {"km": entries})
    assert (done.filled, done.renewed, khmer(done.source)[SOURCE]) == (0, 1, "តើអ្នកយកទឹកពីណា?")
    assert progress(read_texts(done.source), "km").stale == 0


def test_a_translation_that_still_fits_is_confirmed_by_unmarking_it() -> None:
    changed = renamed(merged(water(), catalogue(water())), "Where is the water from?")
    entries = translated(catalogue(changed, catalogue(water())), SOURCE, "តើយកទឹកពីណា?")
    done = merge(read_texts(changed), {"km": entries})
    assert progress(read_texts(done.source), "km").stale == 0
    assert khmer(done.source) == khmer(changed)


def test_a_translation_rewritten_by_hand_is_stale_no_more_and_wins() -> None:
    changed = renamed(merged(water(), catalogue(water())), "Where is the water from?", "តើទឹកមកពីណា?")
    assert progress(read_texts(changed), "km").stale == 0
    entries = translated(catalogue(changed, catalogue(water())), SOURCE, "អ្វីផ្សេង")
    assert khmer(merged(changed, entries))[SOURCE] == "តើទឹកមកពីណា?"


def test_stale_cells_stay_stale_until_somebody_looks() -> None:
    changed = renamed(merged(water(), catalogue(water())), "Where is the water from?")
    again = merged(changed, translated(catalogue(changed), RIVER, "ទន្លេ"))
    assert progress(read_texts(again), "km").stale == 1


def renamed(source: bytes, english: str, translation: str | None = None) -> bytes:
    """As a designer changes the English in the workbook."""
    book = Book(source)
    book.sheets[0].write((2, 3), english)
    if translation:
        book.sheets[0].write((2, 4), translation)
    return book.saved()


def test_a_stamp_is_eight_digits_and_passes_over_white_space() -> None:
    assert stamp("Where from?") == "e4141dd1"
    assert stamp(" Where \n from? ") == stamp("Where from?")
    assert stamp("Where from") != stamp("Where from?")


# --- the catalogue


def test_similar_english_is_proposed_as_fuzzy() -> None:
    book = Book(water())
    book.sheets[1].write((3, 2), "rivers")
    book.sheets[1].write((3, 3), "Wells")
    message = catalogue(book.saved()).get("Wells", "water:choices:source/rivers:label")
    assert (message.string, message.fuzzy, message.previous_id) == ("អណ្តូង", True, ["Well"])


def test_notes_and_other_forms_stay_and_what_is_gone_is_kept_as_obsolete(tmp_path: Path) -> None:
    entries = catalogue(water())
    entries.get("Well", WELL).user_comments.append("សូមសួរអ្នកភូមិ")
    entries.add("Rice", "ស្រូវ", context="rice:survey:rice:label")
    book = Book(water())
    book.sheets[0].write((3, 3), " ")
    entries = through_a_file(catalogue(book.saved(), through_a_file(entries, tmp_path)), tmp_path)
    assert entries.get("Well", WELL).user_comments == ["សូមសួរអ្នកភូមិ"]
    assert entries.get("Rice", "rice:survey:rice:label").string == "ស្រូវ"
    assert [m.string for m in entries.obsolete.values()] == ["ផ្ទះ"]
    entries = through_a_file(catalogue(water(khmer=None), entries), tmp_path)
    assert entries.get("The house", "water:survey:house:label").string == "ផ្ទះ"


def test_each_message_says_type_choices_and_length() -> None:
    message = template([read_texts(water())]).get(QUESTION, SOURCE)
    assert message.auto_comments == [
        "type: select_one source",
        "choices: Well | River",
        "length: 31 characters in English; best no more than 46",
    ]


def test_rows_are_told_apart_by_path_and_without_a_name() -> None:
    rows = [
        HEADER, ("begin_group", "g", "G"), ("text", "a", "One"), ("end_group",), ("begin_group", "h", "H"),
        ("text", "a", "One"), ("end_group",), ("note", None, "Thanks"), ("note", None, "Thanks"), ("text", "b", "Two"),
    ]  # fmt: skip
    keys = [t.key for t in read_texts(saved(book_of(survey=rows))).texts]
    assert keys == ["g", "g/a", "h", "h/a", "@" + stamp("Thanks"), "@" + stamp("Thanks") + "~2", "b"]


@pytest.mark.parametrize(
    "header",
    ["label::Khmer (km)", "Label :: Khmer (km)", "caption::ភាសាខ្មែរ (km)", "label::Khmer", "label::ខ្មែរ"],
)
def test_a_khmer_column_is_known_by_its_code_or_its_name(header: str) -> None:
    rows = [("type", "name", "label::English (en)", header), ("text", "a", "One", "មួយ")]
    assert read_texts(saved(book_of(survey=rows))).texts[0].translations == {"km": "មួយ"}


def test_single_colons_and_names_with_colons_are_understood() -> None:
    rows = [
        ("type", "name", "label:English (en)", "label:Khmer (km)", "jr:constraintMsg:English (en)",
         "jr:constraintMsg:Khmer (km)"),
        ("text", "a", "One", None, "No", "ទេ"),
    ]  # fmt: skip
    form = read_texts(saved(book_of(survey=rows)))
    assert [(t.column, t.translations) for t in form.texts] == [
        ("label", {}),
        ("constraint_message", {"km": "ទេ"}),
    ]


def test_a_broken_catalogue_is_told(tmp_path: Path) -> None:
    path = tmp_path / "forms.po"
    path.write_text('msgid "a"\nmsgstr "ក\nmsgid', "utf-8")
    with pytest.raises(FormFault) as fault:
        read_catalogue(path)
    assert fault.value.code == "po.unreadable"
    assert str(path) in fault.value.text("km")


def test_plain_pybabel_extracts_and_updates_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    pot, po = tmp_path / TEMPLATE, catalogue_path(tmp_path, "km")
    run = CommandLineInterface().run
    run(["pybabel", "--quiet", "extract", "-F", "babel.forms.cfg", "-o", str(pot), "forms/library"])
    forms = [read_file(path) for path in library_forms()]
    assert {(m.id, m.context) for m in read_catalogue(pot)} == {(m.id, m.context) for m in template(forms)}
    write_catalogue(po, update(Catalog(fuzzy=False), forms, "km"), "km")
    before = {(m.id, m.context): m.string for m in read_catalogue(po) if m.id}
    run(["pybabel", "--quiet", "update", "-D", "forms", "-d", str(tmp_path), "-i", str(pot)])
    assert {(m.id, m.context): m.string for m in read_catalogue(po) if m.id} == before


def test_a_form_can_be_named_by_its_file(tmp_path: Path) -> None:
    (tmp_path / "rice.xlsx").write_bytes(saved(book_of(survey=[HEADER, ("text", "a", "One")])))
    form: FormTexts = read_file(tmp_path / "rice.xlsx")
    assert form.form_id == "rice"
    assert replace(form.texts[0], key="b").cell("km") == ("survey", "b", "label", "km")


def test_the_extractor_is_registered_for_babel() -> None:
    config = ConfigParser()
    config.read(ROOT / "setup.cfg", encoding="utf-8")
    name, _, place = config["options.entry_points"]["babel.extractors"].strip().partition(" = ")
    module, _, function = place.partition(":")
    assert name == "xlsform"
    assert getattr(import_module(module), function) is extract_xlsform
