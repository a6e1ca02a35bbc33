"""SPSS and Stata files say what the CSV says, with labels in Khmer, and cut nothing in silence."""

from __future__ import annotations

import math
import re
import shutil
import struct
import subprocess
from datetime import UTC, date, datetime
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.extracts.imprint import Imprint
from server.extracts.options import Options
from server.extracts.sheets import Cell, Column, Kind, Role, Sheet
from server.formats import Work, dta, sav
from server.formats.statistical import clusters, mangled, shortened
from tests.extracts.listed import ListedExtract, consultation

pyreadstat = pytest.importorskip("pyreadstat", reason="pyreadstat is not installed")
IMPRINT = Imprint(
    "0123456789abcdef", "សុខា", datetime(2026, 11, 25, tzinfo=UTC), "កំពត", "ផែនការជាតិ", "wps", "working", "sav"
)
CASES = (pytest.param(sav, "read_sav", id="sav"), pytest.param(dta, "read_dta", id="dta"))


def written(
    module: ModuleType, extract: ListedExtract, folder: Path, language: str = "km"
) -> tuple[dict[str, Path], Work]:
    work = Work(IMPRINT, Options(language=language), folder)
    files = {}
    for part in module.write(extract, work):
        files[part.sheet] = folder / f"form{part.sheet}.{module.__name__.rpartition('.')[2]}"
        files[part.sheet].write_bytes(b"".join(part.pieces))
    return files, work


def read(module: ModuleType, reader: str, extract: ListedExtract, folder: Path, language: str = "km") -> Any:
    files, work = written(module, extract, folder, language)
    frame, about = getattr(pyreadstat, reader)(files[""])
    return frame, about, work


def extract_of(columns: list[Column], rows: list[list[Cell]]) -> ListedExtract:
    return ListedExtract((Sheet("", "wps", None, tuple(columns)),), {"": rows}, size=3)


@pytest.mark.parametrize(("module", "reader"), CASES)
def test_a_consultation_is_read_back_with_its_khmer(module: ModuleType, reader: str, tmp_path: Path) -> None:
    files, work = written(module, consultation(), tmp_path)
    assert set(files) == {"", "person"}
    frame, about = getattr(pyreadstat, reader)(files[""])
    assert list(frame["story"]) == ['គាត់និយាយថា "ទឹក, ដី"\nបន្ទាត់ទីពីរ', "=1+1"]
    assert list(frame["place_province"]) == ["07", "02"]
    assert frame["women"][0] == 12
    assert math.isnan(frame["women"][1])
    assert about.column_names_to_labels["story"] == "រឿងរ៉ាវ"
    labels = about.variable_value_labels
    assert "កំពត" in labels.get("place_province", labels.get("place_province_l", {})).values()
    assert any("0123456789abcdef" in note for note in about.notes)
    people, _about = getattr(pyreadstat, reader)(files["person"])
    assert people["PARENT_KEY"][0] == frame["KEY"][0]
    assert work.losses.rows == {"wps": 2, "person": 3}


@pytest.mark.parametrize(("module", "reader"), CASES)
def test_labels_are_in_the_language_that_was_asked_for(
    module: ModuleType, reader: str, tmp_path: Path
) -> None:
    _frame, about, _work = read(module, reader, consultation(), tmp_path, "en")
    assert about.column_names_to_labels["story"] == "Story"


@pytest.mark.parametrize(("module", "reader"), CASES)
def test_codes_that_are_numbers_are_numbers_with_labels(
    module: ModuleType, reader: str, tmp_path: Path
) -> None:
    values = {"1": {"km": "បាទ", "en": "Yes"}, "2": {"km": "ទេ", "en": "No"}}
    columns = [
        Column("ok", Kind.CHOICE, "/ok", values=values),
        Column("odd", Kind.CHOICE, "/odd", values=values),
    ]
    frame, about, _work = read(
        module, reader, extract_of(columns, [["1", "1"], ["2", "other"], [None, "2"]]), tmp_path
    )
    assert list(frame["ok"])[:2] == [1, 2]
    assert about.variable_value_labels["ok"] == {1: "បាទ", 2: "ទេ"}
    assert list(frame["odd"]) == ["1", "other", "2"]


@pytest.mark.parametrize(("module", "reader"), CASES)
@pytest.mark.parametrize("length", [1, 84, 85, 86, 255, 681, 682, 2000, 20_000, 33_000])
def test_testimony_of_any_length_is_whole(
    module: ModuleType, reader: str, length: int, tmp_path: Path
) -> None:
    story = "".join(chr(0x1780 + n % 33) for n in range(length))
    extract = extract_of([Column("story", Kind.TEXT, "/story"), Column("n", Kind.INTEGER, "/n")],
                         [[story, "1"], ["ខ្លី", "2"], [None, "3"]])  # fmt: skip
    frame, _about, work = read(module, reader, extract, tmp_path)
    pieces = [name for name in frame.columns if name.startswith("story")]
    assert "".join(frame[name][0] or "" for name in pieces) == story
    assert [frame["story"][1], frame["story"][2] or ""] == ["ខ្លី", ""]
    assert list(frame["n"]) == [1, 2, 3]
    assert (len(pieces) > 1) == any(loss.code == "text.continued" for loss in work.losses)


@pytest.mark.parametrize(("module", "reader"), CASES)
def test_a_number_that_would_change_stays_the_text_that_it_is(
    module: ModuleType, reader: str, tmp_path: Path
) -> None:
    columns = [
        Column("id", Kind.INTEGER, "/id"),
        Column("x", Kind.DECIMAL, "/x"),
        Column("n", Kind.INTEGER, "/n"),
    ]
    rows: list[list[Cell]] = [["9007199254740993", "0.12345678901234567", "១២"], ["5", "1.5", "ដប់"]]
    frame, _about, work = read(module, reader, extract_of(columns, rows), tmp_path)
    assert list(frame["id"]) == ["9007199254740993", "5"]
    assert list(frame["x"]) == ["0.12345678901234567", "1.5"]
    assert frame["n"][0] == 12
    assert math.isnan(frame["n"][1])
    assert [(loss.code, loss.column, loss.count) for loss in work.losses] == [("value.not_typed", "n", 1)]


@pytest.mark.parametrize(("module", "reader"), CASES)
def test_dates_and_moments_are_those_of_the_clock_in_cambodia(
    module: ModuleType, reader: str, tmp_path: Path
) -> None:
    columns = [
        Column("day", Kind.DATE, "/day"),
        Column("at", Kind.DATETIME, "/at"),
        Column("t", Kind.TIME, "/t"),
    ]
    rows: list[list[Cell]] = [
        ["2026-02-28", "2026-11-23T23:30:00.000+00:00", "08:15:30.000+07:00"],
        [None, "2026-11-23T08:15:00+07:00", None],
    ]
    frame, _about, _work = read(module, reader, extract_of(columns, rows), tmp_path)
    assert frame["day"][0] == date(2026, 2, 28)
    assert [moment.isoformat() for moment in frame["at"]] == ["2026-11-24T06:30:00", "2026-11-23T08:15:00"]
    said = frame["t"][0]
    seconds = said / 1000 if isinstance(said, float) else (said.hour * 60 + said.minute) * 60 + said.second
    assert seconds == 8 * 3600 + 15 * 60 + 30


@pytest.mark.parametrize(("module", "reader"), CASES)
def test_names_are_ones_that_the_program_takes_and_the_codebook_knows(
    module: ModuleType, reader: str, tmp_path: Path
) -> None:
    names = [
        "place-village",
        "place_village",
        "PLACE-VILLAGE",
        "ភូមិ",
        "1st",
        "all",
        "if",
        "x" * 90,
        "x" * 91,
        "_n",
    ]
    columns = [Column(name, Kind.TEXT, f"/{n}") for n, name in enumerate(names)]
    frame, _about, work = read(module, reader, extract_of(columns, [[str(n) for n in range(10)]]), tmp_path)
    assert list(frame.iloc[0]) == [str(n) for n in range(10)]
    assert [work.names["", name] for name in names] == list(frame.columns)
    assert len({name.lower() for name in frame.columns}) == 10


@pytest.mark.parametrize(("module", "reader"), CASES)
def test_a_label_that_is_too_long_is_shortened_between_letters_and_told(
    module: ModuleType, reader: str, tmp_path: Path
) -> None:
    long = "ស្ត្រីនៅក្នុងសហគមន៍នេះបានចូលរួមធ្វើសេចក្តីសម្រេចចិត្ត" * 4
    columns = [Column("q", Kind.CHOICE, "/q", {"km": long}, {"1": {"km": long}, "2": {"km": "ទេ"}})]
    _frame, about, work = read(module, reader, extract_of(columns, [["1"], ["2"]]), tmp_path)
    label = about.column_names_to_labels["q"]
    assert label.endswith("…")
    held = label.removesuffix("…")
    assert list(clusters(long))[: len(list(clusters(held)))] == list(clusters(held))
    assert "label.shortened" in {loss.code for loss in work.losses}
    if module is sav:
        assert about.variable_value_labels["q"][1].endswith("…")
        assert "value_label.shortened" in {loss.code for loss in work.losses}


@pytest.mark.parametrize("module", [sav, dta])
def test_names_are_none_of_the_words_of_the_program(module: ModuleType, tmp_path: Path) -> None:
    words = ["all", "With", "BYTE", "str12", "if", "strL"]
    extract = extract_of([Column(word, Kind.TEXT, f"/{word}") for word in words], [["x"] * len(words)])
    _files, work = written(module, extract, tmp_path)
    assert not any(module.RESERVED.fullmatch(work.names["", word].upper()) for word in words)


@pytest.mark.parametrize(("module", "reader"), CASES)
def test_names_that_look_like_those_inside_the_file_stay(
    module: ModuleType, reader: str, tmp_path: Path
) -> None:
    names = ["V00002", "V00001", "S0001001"]
    columns = [Column(name, Kind.TEXT, f"/{name}") for name in names]
    frame, _about, _work = read(module, reader, extract_of(columns, [["ក" * 300, "b", "c"]]), tmp_path)
    assert list(frame.columns) == names
    assert list(frame.iloc[0]) == ["ក" * 300, "b", "c"]


@pytest.mark.parametrize(("module", "reader"), CASES)
def test_a_day_that_the_program_does_not_know_is_left_empty_and_told(
    module: ModuleType, reader: str, tmp_path: Path
) -> None:
    columns = [Column("day", Kind.DATE, "/day"), Column("at", Kind.DATETIME, "/at")]
    rows: list[list[Cell]] = [
        ["0026-11-23", "9999-12-31T23:00:00.000+00:00"],
        ["2569-11-23", "0001-01-01T00:00:00.000+14:00"],
    ]
    frame, _about, work = read(module, reader, extract_of(columns, rows), tmp_path)
    assert frame["day"][1] == date(2569, 11, 23)
    assert [bool(told) for told in frame["day"].isna()] == [True, False]
    assert frame["at"].isna().all()
    assert [(loss.column, loss.count) for loss in work.losses] == [("at", 2), ("day", 1)]


@pytest.mark.parametrize(("module", "reader"), CASES)
def test_a_number_near_the_programs_missing_value_is_not_taken_for_one(
    module: ModuleType, reader: str, tmp_path: Path
) -> None:
    extract = extract_of([Column("x", Kind.DECIMAL, "/x")], [["1e308"], ["1.5"]])
    frame, _about, _work = read(module, reader, extract, tmp_path)
    assert list(frame["x"]) == ["1e308", "1.5"]


@pytest.mark.parametrize(("module", "reader"), CASES)
def test_rows_too_wide_to_be_held_together_are_whole(
    module: ModuleType, reader: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("server.formats.statistical.PIECE", 600)
    rows: list[list[Cell]] = [[f"{n}" + "ក" * 100 * (n % 2), "ខ" * 700, str(n)] for n in range(7)]
    columns = [
        Column(name, kind, f"/{name}")
        for name, kind in (("a", Kind.TEXT), ("b", Kind.TEXT), ("n", Kind.INTEGER))
    ]
    frame, _about, _work = read(module, reader, extract_of(columns, rows), tmp_path)
    assert [[a, b, str(int(n))] for a, b, n in frame.itertuples(index=False)] == rows


def test_blanks_where_a_long_text_goes_on_are_kept_and_those_at_its_end_are_told(tmp_path: Path) -> None:
    story = "ក" * 10_919 + "   " + "ខ" * 4000
    extract = extract_of([Column("story", Kind.TEXT, "/story")], [[story], ["ចប់ "]])
    frame, _about, work = read(sav, "read_sav", extract, tmp_path)
    assert "".join(frame.iloc[0]) == story
    assert work.names["", "story"] == "story story_2"
    assert ("text.blanks", 1) in [(loss.code, loss.count) for loss in work.losses]


def test_choices_of_a_question_are_one_set_in_spss(tmp_path: Path) -> None:
    labels = {"km": "ត្រូវការអ្វី?", "en": "What is needed?"}
    columns = [
        Column("g-needs", Kind.CHOICES, "/g/needs", labels),
        *(Column(f"g-needs/{code}", Kind.FLAG, "/g/needs", {"km": code}) for code in ("ទឹក", "food")),
        Column("other", Kind.FLAG, "/other"),
    ]
    rows: list[list[Cell]] = [["ទឹក food", "1", "1", "0"], [None, None, None, "1"], ["food", "0", "1", None]]
    frame, about, work = read(sav, "read_sav", extract_of(columns, rows), tmp_path)
    flags = [work.names["", name] for name in ("g-needs/ទឹក", "g-needs/food")]
    assert [list(frame[flag].fillna(9)) for flag in flags] == [[1, 9, 0], [1, 9, 1]]
    (one,) = about.mr_sets.values()
    assert (one["label"], one["counted_value"], one["variable_list"]) == ("ត្រូវការអ្វី?", 1, flags)


def test_labels_of_a_list_stand_in_statas_order_and_texts_by_their_rows(tmp_path: Path) -> None:
    """Stata looks a label up by halving, and reads long texts row by row: other readers forgive what it does not."""
    values = {code: {"km": f"ចម្លើយ {code}"} for code in ("99", "1", "-3", "20")}
    columns = [
        Column("q", Kind.CHOICE, "/q", values=values), Column("a", Kind.TEXT, "/a"), Column("b", Kind.TEXT, "/b"),
    ]  # fmt: skip
    extract = extract_of(columns, [["99", "ក" * 900, "ខ" * 900], ["-3", "គ" * 900, "ឃ" * 900]])
    files, _work = written(dta, extract, tmp_path)
    content = files[""].read_bytes()
    table = content[content.index(b"<lbl>") + 5 + 4 + 132 :]
    count, length = struct.unpack_from("<ii", table)
    found = struct.unpack_from(f"<{count}i", table, 8 + 4 * count)
    assert (count, found) == (4, (-3, 1, 20, 99))
    assert length < len(table)
    texts = content[content.index(b"<strls>") : content.index(b"</strls>")]
    places = [
        struct.unpack_from("<IQ", found.group(), 3)[::-1] for found in re.finditer(b"GSO.{12}", texts, re.S)
    ]
    assert places == [(1, 2), (1, 3), (2, 2), (2, 3)]


def test_labels_beyond_what_stata_takes_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dta, "LABELS_LIMIT", 2)
    values = {str(n): {"km": f"ភូមិ {n}"} for n in range(1, 6)}
    extract = extract_of([Column("q", Kind.CHOICE, "/q", values=values)], [["5"], ["1"]])
    frame, about, work = read(dta, "read_dta", extract, tmp_path)
    assert list(frame["q"]) == [5, 1]
    assert about.variable_value_labels["q"] == {1: "ភូមិ 1", 2: "ភូមិ 2"}
    assert [(loss.code, loss.column, loss.count) for loss in work.losses] == [
        ("value_label.left_out", "q", 3)
    ]


@pytest.mark.parametrize("size", [40, 2000])
def test_stata_keeps_answers_of_very_different_lengths_without_filling(size: int, tmp_path: Path) -> None:
    rows: list[list[Cell]] = [["ខ្លី", f"uuid:{n}"] for n in range(200)]
    rows[7][0] = "x" * size
    columns = [Column("story", Kind.TEXT, "/story"), Column("KEY", Kind.TEXT, role=Role.KEY)]
    files, _work = written(dta, extract_of(columns, rows), tmp_path)
    frame, _about = pyreadstat.read_dta(files[""])
    assert frame["story"].tolist() == [row[0] for row in rows]
    assert files[""].stat().st_size < 30_000


CELLS = st.one_of(
    st.none(),
    st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=40),
    st.text("កខគ្រា ី់", min_size=1, max_size=400),
)


@pytest.mark.parametrize(("module", "reader"), CASES)
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_any_texts_come_back_as_they_were(
    module: ModuleType, reader: str, data: st.DataObject, tmp_path: Path
) -> None:
    width, length = data.draw(st.integers(1, 6)), data.draw(st.integers(0, 12))
    rows = [[data.draw(CELLS) for _ in range(width)] for _ in range(length)]
    columns = [Column(f"c{n}", Kind.TEXT, f"/c{n}") for n in range(width)]
    frame, _about, _work = read(module, reader, extract_of(columns, rows), tmp_path)
    for n in range(width):
        # A text variable of SPSS has blanks behind it: those at an answer's end cannot be told from them.
        back = [(cell or "").rstrip(" ") if module is sav else cell or "" for cell in frame[f"c{n}"]]
        assert back == [(row[n] or "").rstrip(" ") if module is sav else row[n] or "" for row in rows]


JUNK = "មិនដឹង"
SOUND = {
    Kind.INTEGER: st.integers(-(10**14), 10**14).map(str),
    Kind.DECIMAL: st.decimals(-1000, 1000, places=3).map(str),
    Kind.DATE: st.dates(date(1600, 1, 1), date(2600, 1, 1)).map(str),
    Kind.DATETIME: st.just("2026-11-23T08:15:00.000+07:00"),
    Kind.TIME: st.just("08:15:00.000+07:00"),
    Kind.FLAG: st.sampled_from(["0", "1"]),
    Kind.CHOICE: st.sampled_from(["1", "2", "07", "កំពត", "a" * 300]),
    Kind.TEXT: st.text("កខគ្រា ី់", min_size=1, max_size=900),
}
LISTS = st.sampled_from([
    {}, {"1": {"km": "បាទ"}, "2": {"en": "No"}}, {"07": {"km": "កំពត" * 60}, "a" * 300: {"km": ""}}, {"2": {}, "1": {}},
])  # fmt: skip


@st.composite
def tables(draw: st.DrawFn) -> tuple[list[Column], list[list[Cell]]]:
    """Columns of any kind, up to 300, called anything, with answers that are not of their kind among them."""
    names = draw(st.lists(st.text("ab-_ /ភូម1", max_size=40), unique=True, min_size=1, max_size=6))
    names += [f"q-{n % 2}-{n}" for n in range(draw(st.sampled_from([0, 0, 294])))]
    columns, cells = [], []
    length = draw(st.integers(0, 5))
    for name in names:
        kind = draw(st.sampled_from(list(SOUND)))
        values = draw(LISTS) if kind is Kind.CHOICE else {}
        columns.append(Column(name, kind, f"/{name}", {"km": name}, values))
        some = st.one_of(st.none(), st.just(JUNK), SOUND[kind])
        cells.append(draw(st.lists(some, min_size=length, max_size=length)))
    return columns, [list(row) for row in zip(*cells, strict=True)]


@pytest.mark.parametrize(("module", "reader"), CASES)
@settings(
    deadline=None,
    max_examples=25,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture, HealthCheck.too_slow, HealthCheck.data_too_large,
        HealthCheck.large_base_example,
    ],
)  # fmt: skip
@given(table=tables())
def test_any_columns_are_written_and_what_is_not_of_its_type_is_counted(
    module: ModuleType, reader: str, table: tuple[list[Column], list[list[Cell]]], tmp_path: Path
) -> None:
    columns, rows = table
    frame, about, work = read(module, reader, extract_of(columns, rows), tmp_path)
    assert len(frame) == len(rows)
    assert len({name.lower() for name in frame.columns}) == len(frame.columns)
    told = {loss.column: loss.count for loss in work.losses if loss.code == "value.not_typed"}
    for place, column in enumerate(columns):
        name = work.names["", column.name].split()[0]
        back, given_ = list(frame[name]), [row[place] for row in rows]
        if about.readstat_variable_types[name] == "string":
            assert [cell.rstrip(" ") for cell in back] == [(cell or "").rstrip(" ") for cell in given_]
        else:
            assert told.get(column.name, 0) == given_.count(JUNK)
            empty = [cell is None or cell == JUNK for cell in given_]
            assert [value is None or value != value for value in back] == empty


@given(st.text(max_size=60), st.integers(1, 400))
def test_a_shortened_text_fits(text: str, limit: int) -> None:
    assert len(shortened(text, max(limit, 3)).encode("utf-8", "replace")) <= max(limit, 3)
    assert "".join(clusters(text)) == text


@given(st.lists(st.text(max_size=70), max_size=30))
def test_no_two_names_are_alike(names: list[str]) -> None:
    taken: set[str] = set()
    made = [mangled(name, n, taken, 32, re.compile("ALL")) for n, name in enumerate(names)]
    assert len({name.lower() for name in made}) == len(names)
    assert all(name.isascii() and name[0].isalpha() and len(name) <= 32 for name in made)


PSPP = shutil.which("pspp-convert")


@pytest.mark.skipif(PSPP is None, reason="PSPP is not on this machine")
def test_pspp_reads_the_same_without_a_warning(tmp_path: Path) -> None:
    extract = consultation()
    rows = [list(row) for row in extract.rows[""]]
    rows[0][4] = "ក" * 3000
    extract.rows = {**extract.rows, "": rows}
    files, _work = written(sav, extract, tmp_path)
    out = tmp_path / "back.csv"
    done = subprocess.run([str(PSPP), str(files[""]), str(out)], capture_output=True, text=True, check=True)
    assert done.stderr == ""
    assert "ក" * 3000 in out.read_text(encoding="utf-8")


@pytest.mark.parametrize("module", [sav, dta])
def test_a_cancelled_export_leaves_no_file_behind(module: ModuleType, tmp_path: Path) -> None:
    class Stop(Exception):
        pass

    def stop(_rows: int) -> None:
        raise Stop

    work = Work(IMPRINT, Options(), tmp_path, on_rows=stop)
    with pytest.raises(Stop):
        for part in module.write(consultation(), work):
            b"".join(part.pieces)
    assert list(tmp_path.iterdir()) == []
