"""SPSS and Stata files say what the CSV says, with labels in Khmer, and cut nothing in silence."""

from __future__ import annotations

import math
import shutil
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
from server.extracts.sheets import Cell, Column, Kind, Sheet
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


@given(st.text(max_size=60), st.integers(1, 400))
def test_a_shortened_text_fits(text: str, limit: int) -> None:
    assert len(shortened(text, max(limit, 3)).encode("utf-8", "replace")) <= max(limit, 3)
    assert "".join(clusters(text)) == text


@given(st.lists(st.text(max_size=70), max_size=30))
def test_no_two_names_are_alike(names: list[str]) -> None:
    taken: set[str] = set()
    made = [mangled(name, n, taken, 32, frozenset({"ALL"})) for n, name in enumerate(names)]
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
