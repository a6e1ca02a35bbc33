"""Promises of the gazetteer: whole, clean, and as lists that every client can read."""

from __future__ import annotations

import csv
import re
from collections import Counter
from pathlib import Path

import pytest

from forms.errors import FormFault
from forms.gazetteer import LEVELS, SHIPPED, place, places, places_in, province_named, provinces, write_lists
from forms.gazetteer_source import Correction, clean, write
from i18n.khmer_sorting import sort_key

INVISIBLE = re.compile("[\u00ad\u200b-\u200f\u2060\ufeff]")

PUBLISHED = {
    "Province": ("province", [["12", "រាជធានីភ្នំពេញ", "Phnom Penh"], ["25", "ត្បូងឃ្មុំ", "Tboung Khmum"]]),
    "District": ("district", [["12", "1209", "ពោធិ៍សែនជ័យ", "Pou Saenchey"], ["25", "2503", "មេមត់", "Memut"]]),
    "Commune": (
        "commune",
        [
            ["12", "1209", "120912", "ត្រពាំងក្រសាំង", "Trapeang Krasang"],
            ["25", "2503", "250314", "គគីរ", "Kokir"],
            ["25", "2503", "250315", "គគីរ", "Kokir"],
        ],
    ),
    "Villages": (
        "village",
        [
            ["12", "1209", "120913", "12091301", "ពៅ្ន\u200bលិច", "Pnov  lech"],
            ["12", "1209", "120913", "12091301", "ត្រពាំងក្រសាំង", "TrapeangKrasang"],
            ["12", "1209", "120913", "1209130-", 'ប្រសូត្រ "ក"', 'Prasout "Ka"'],
            ["25", "2503", "250314", "25031401", "ព្រែកពួយ", "Praek Puoy"],
            ["25", "2503", "250315", "25031402", "ក្ងោក", "Kngaok"],
        ],
    ),
}


def published(folder: Path) -> Path:
    above: list[str] = []
    for stem, (level, rows) in PUBLISHED.items():
        header = [*above, f"{level}_code", f"{level}_kh", f"{level}_en"]
        above.append(f"{level}_code")
        with (folder / f"Cambodia{stem}List2025.csv").open("w", encoding="utf-8-sig", newline="") as target:
            csv.writer(target).writerows([header, *rows])
    return folder


def read(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def test_the_country_is_whole():
    assert Counter(p.level for p in places().values()) == {
        "province": 25,
        "district": 210,
        "commune": 1654,
        "village": 14576,
    }


def test_each_place_lies_in_one_of_the_level_above_and_its_code_says_so():
    for one in places().values():
        above = LEVELS.index(one.level)
        assert one.code.isdecimal() and len(one.code) == 2 * above + 2
        assert one.parent == one.code[:-2]
        assert not above or place(one.parent).level == LEVELS[above - 1]


def test_names_hold_nothing_invisible_and_no_khmer_typed_out_of_order():
    for one in places().values():
        for name in (one.name_km, one.name_en):
            assert name and name == " ".join(name.split()) and not INVISIBLE.search(name), one
        assert re.fullmatch(r"[\u1780-\u17ff0-9 ./()-]+", one.name_km), one
        assert not re.search(r"[\u17b6-\u17d1]\u17d2|([\u17b6-\u17d2])\1", one.name_km), one
        assert re.fullmatch(r"[A-Za-z0-9 '()]+", one.name_en), one


def test_every_correction_leads_from_the_published_row_to_ours():
    corrections = read(SHIPPED.with_name("corrections.csv"))
    assert len(corrections) == 208
    for row in corrections:
        if row["code"]:
            ours = place(row["code"])
            assert (ours.name_km, ours.name_en) == (row["name_km"], row["name_en"])
        else:
            assert row["published_code"] not in places()


def test_lists_join_from_village_up_to_province(tmp_path: Path):
    lists = {f.stem.rstrip("s"): read(f) for f in write_lists(tmp_path)}
    assert {level: len(rows) for level, rows in lists.items()} == {
        level: len(places_in(None, level)) for level in LEVELS
    }
    for level, above in zip(LEVELS[1:], LEVELS, strict=False):
        assert {row[above] for row in lists[level]} <= {row["name"] for row in lists[above]}


def test_list_headers_are_xml_names_and_labels_show_both_languages(tmp_path: Path):
    for file in write_lists(tmp_path):
        rows = read(file)
        assert all(re.fullmatch(r"[a-z_]+", header) for header in rows[0])
        assert all(" / " in row["label"] for row in rows)
        assert not file.read_bytes().startswith(b"\xef\xbb\xbf")
    assert "ភ្នំពេញ / Phnom Penh" in [row["label"] for row in read(tmp_path / "provinces.csv")]


def test_lists_of_two_provinces_hold_nothing_of_the_others(tmp_path: Path):
    for file in write_lists(tmp_path, ["07", "23"]):
        assert {row["name"][:2] for row in read(file)} == {"07", "23"}


def test_lists_are_in_the_order_of_a_khmer_dictionary_within_what_a_cascade_shows(tmp_path: Path):
    for file, above in zip(write_lists(tmp_path), ("", *LEVELS), strict=False):
        shown: dict[str, list[str]] = {}
        for row in read(file):
            shown.setdefault(row.get(above, ""), []).append(place(row["name"]).name_km)
        assert all(names == sorted(names, key=sort_key) for names in shown.values())
        assert len(shown) > 20 or above in ("", "province")


def test_a_province_is_known_by_code_and_by_either_name():
    assert [*provinces()] == places_in(None, "province")
    assert {province_named(said).code for said in ("07", "កំពត", "Kampot", "kam pot")} == {"07"}
    with pytest.raises(FormFault) as fault:
        province_named("0701")
    assert fault.value.values == {"place": "0701"}


def test_the_lists_of_the_bundled_form_are_these(tmp_path: Path):
    bundled = SHIPPED.parents[1] / "wps_consultation" / "media"
    for file in write_lists(tmp_path):
        assert (bundled / file.name).read_bytes() == file.read_bytes(), "run `samleng form gazetteer`"


def test_an_unknown_province_is_named(tmp_path: Path):
    with pytest.raises(FormFault) as fault:
        write_lists(tmp_path, ["26"])
    assert (fault.value.code, fault.value.values) == ("gazetteer.unknown_place", {"place": "26"})


def test_villages_stay_small_enough_for_a_bad_link(tmp_path: Path):
    assert (write_lists(tmp_path)[-1]).stat().st_size < 800_000


def test_cleaning_mends_the_published_codes(tmp_path: Path):
    codes = [p.code for p in clean(published(tmp_path)).places]
    assert codes == [
        *("12", "25", "1209", "2503", "120912", "250314"),
        *("12091201", "12091202", "12091203", "25031401", "25031402"),
    ]


def test_cleaning_mends_names_and_records_each_change(tmp_path: Path):
    result = clean(published(tmp_path))
    villages = [(p.name_km, p.name_en) for p in result.places if p.level == "village"]
    assert villages[:3] == [
        ("ព្នៅលិច", "Pnov Lech"),
        ("ត្រពាំងក្រសាំង", "Trapeang Krasang"),
        ("ប្រសូត្រ ក", "Prasout Ka"),
    ]
    assert result.corrections[0] == Correction(
        "province", "12", "12", "រាជធានីភ្នំពេញ", "ភ្នំពេញ", "Phnom Penh", "Phnom Penh"
    )
    assert [c.published_code for c in result.corrections if not c.code] == ["250315"]


def test_a_cleaned_gazetteer_is_written_as_it_is_read(tmp_path: Path):
    result = clean(published(tmp_path))
    write(result, tmp_path)
    rows = read(tmp_path / "gazetteer.csv")
    assert [tuple(r.values()) for r in rows] == [
        (p.code, p.parent, p.level, p.name_km, p.name_en) for p in result.places
    ]
