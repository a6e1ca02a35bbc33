"""Parquet, read back by other programs than ours: pyarrow's data sets, pandas, DuckDB."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import date, time
from pathlib import Path

import orjson
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from server.extracts.sheets import Batch, Cell, Column, Kind, Role, Sheet
from server.formats import Work
from server.formats.parquet import write
from tests.extracts import works
from tests.extracts.listed import A, B, ListedExtract, consultation
from tests.extracts.works import counted


def make_work(folder: Path, **options: str) -> Work:
    return works.make_work(folder, "parquet", **options)


def written(extract: ListedExtract, work: Work, **settings: int) -> dict[tuple[str, str], bytes]:
    return {(part.sheet, part.inside): b"".join(part.pieces) for part in write(extract, work, **settings)}


def laid_out(extract: ListedExtract, folder: Path, **options: str) -> Path:
    """The main sheet in a folder of its own, as the command line lays it out."""
    for (sheet, inside), content in written(extract, make_work(folder, **options)).items():
        path = folder / (sheet or "wps") / inside
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder / "wps"


def read(content: bytes) -> pa.Table:
    return pq.read_table(io.BytesIO(content))


def one_column(kind: Kind, *texts: Cell) -> ListedExtract:
    sheet = Sheet("", "wps", None, (Column("x", kind, "/x"), Column("KEY", Kind.TEXT, role=Role.KEY)))
    return ListedExtract((sheet,), {"": [[text, f"uuid:{n}"] for n, text in enumerate(texts)]})


def column_of(extract: ListedExtract, work: Work) -> pa.ChunkedArray:
    (content,) = written(extract, work).values()
    return read(content)["x"]


def test_each_province_has_its_files_and_repeats_go_with_their_submission(tmp_path: Path) -> None:
    work = make_work(tmp_path)
    files = written(consultation(), work)
    assert list(files) == [
        ("", "province=02/part-0.parquet"), ("", "province=07/part-0.parquet"),
        ("person", "province=02/part-0.parquet"), ("person", "province=07/part-0.parquet"),
    ]  # fmt: skip
    kampot = read(files["", "province=07/part-0.parquet"]).to_pylist()
    assert [row["KEY"] for row in kampot] == [A]
    assert kampot[0]["story"] == 'គាត់និយាយថា "ទឹក, ដី"\nបន្ទាត់ទីពីរ'
    people = read(files["person", "province=07/part-0.parquet"])
    assert people["PARENT_KEY"].to_pylist() == [A, A]
    assert people["age"].to_pylist() == [34, None]
    assert work.losses.rows == {"wps": 2, "person": 3}
    assert not work.losses


TYPED = [
    (Kind.INTEGER, pa.int64(), "១២", 12),
    (Kind.DECIMAL, pa.float64(), "1.50", 1.5),
    (Kind.FLAG, pa.int8(), "1", 1),
    (Kind.DATE, pa.date32(), "2026-11-23", date(2026, 11, 23)),
    (Kind.TIME, pa.time32("ms"), "08:15:30.250+07:00", time(8, 15, 30, 250_000)),
    (Kind.CHOICE, pa.string(), "07", "07"),
    (Kind.CHOICES, pa.list_(pa.string()), "water land", ["water", "land"]),
    (Kind.TEXT, pa.string(), "007", "007"),
]


@pytest.mark.parametrize(("kind", "type_", "text", "value"), TYPED)
def test_answers_have_their_type(
    kind: Kind, type_: pa.DataType, text: str, value: object, tmp_path: Path
) -> None:
    work = make_work(tmp_path)
    made = column_of(one_column(kind, text, None), work)
    assert made.type == type_
    assert made.to_pylist() == [value, None]
    assert not work.losses


def test_a_moment_is_one_whatever_its_offset(tmp_path: Path) -> None:
    made = column_of(
        one_column(Kind.DATETIME, "2026-11-23T08:15:00.250+07:00", "2026-11-23T01:15:00.250Z"),
        make_work(tmp_path),
    )
    assert made.type == pa.timestamp("ms", "Asia/Phnom_Penh")
    assert made[0] == made[1]
    assert made[0].as_py().isoformat() == "2026-11-23T08:15:00.250000+07:00"


def test_times_as_recorded_are_strings(tmp_path: Path) -> None:
    said = "2026-11-23T01:15:00.000Z"
    assert column_of(one_column(Kind.DATETIME, said), make_work(tmp_path, times="recorded")).to_pylist() == [
        said
    ]


def test_a_point_is_four_numbers(tmp_path: Path) -> None:
    made = column_of(
        one_column(Kind.POINT, "11.5 104.9 12 4.8", "11.5 104.9"), make_work(tmp_path)
    ).to_pylist()
    assert made[0] == {"latitude": 11.5, "longitude": 104.9, "altitude": 12.0, "accuracy": 4.8}
    assert made[1]["altitude"] is None


def test_what_is_not_of_the_type_is_null_and_counted(tmp_path: Path) -> None:
    work = make_work(tmp_path)
    made = column_of(one_column(Kind.INTEGER, "12", "many", None, "many", "1.5"), work)
    assert made.to_pylist() == [12, None, None, None, None]
    assert counted(work) == {("value.not_typed", "wps", "x"): 3}


@settings(max_examples=60, deadline=None)
@given(
    texts=st.lists(
        st.none() | st.text(st.characters(exclude_categories=["Cs"]), min_size=1), min_size=1, max_size=9
    )
)
def test_every_text_survives_exactly(
    texts: list[str | None], tmp_path_factory: pytest.TempPathFactory
) -> None:
    work = make_work(tmp_path_factory.getbasetemp())
    assert column_of(one_column(Kind.TEXT, *texts), work).to_pylist() == texts


def test_an_unknown_province_and_rows_without_their_submission_have_a_folder(tmp_path: Path) -> None:
    extract = consultation()
    extract.rows[""][0][7] = None  # type: ignore[index]
    extract.rows["/person"].append(["9", "uuid:gone", "uuid:gone/person[1]"])  # type: ignore[attr-defined]
    files = written(extract, make_work(tmp_path))
    assert read(files["", "province=unknown/part-0.parquet"])["Province"].to_pylist() == [None]
    assert read(files["person", "province=unknown/part-0.parquet"])["age"].to_pylist() == [34, None, 9]


def test_repeats_of_repeats_go_with_their_submission(tmp_path: Path) -> None:
    extract = consultation()
    deeper = Sheet("/person/child", "child", "/person", (Column("KEY", Kind.TEXT, role=Role.KEY),))
    extract.sheets += (deeper,)
    keys = [[f"{key}/person[1]/child[{n}]"] for key in (A, B) for n in (1, 2)]
    extract.rows |= {"/person/child": keys}  # type: ignore[operator]
    files = written(extract, make_work(tmp_path))
    assert read(files["child", "province=02/part-0.parquet"])["KEY"].to_pylist() == [keys[2][0], keys[3][0]]


def test_a_form_without_answers_still_says_its_columns(tmp_path: Path) -> None:
    extract = ListedExtract(consultation().sheets, {"": [], "/person": []})
    files = written(extract, make_work(tmp_path))
    assert list(files) == [
        ("", "province=unknown/part-0.parquet"),
        ("person", "province=unknown/part-0.parquet"),
    ]
    assert read(files["person", "province=unknown/part-0.parquet"]).schema.names == [
        "age",
        "PARENT_KEY",
        "KEY",
    ]


def test_labels_values_and_imprint_are_in_the_metadata(tmp_path: Path) -> None:
    schema = read(written(consultation(), make_work(tmp_path))["", "province=07/part-0.parquet"]).schema
    told = schema.field("place-province").metadata
    assert told[b"label_km"].decode() == "ខេត្ត" and told[b"sensitivity"] == b"public"
    assert orjson.loads(told[b"values"])["07"] == {"km": "កំពត", "en": "Kampot"}
    said = orjson.loads(schema.metadata[b"samleng"])
    assert said["imprint"]["export"] == "00f1e2d3c4b5a697" and said["versions"] == {"1": "2026112401"}


def test_memory_holds_a_row_group_and_not_a_form(tmp_path: Path) -> None:
    rows = [str(n) for n in range(9000)]
    extract = one_column(Kind.INTEGER, *rows)
    extract.size = 1000
    (content,) = written(extract, make_work(tmp_path), group_bytes=40_000).values()
    assert pq.read_metadata(io.BytesIO(content)).num_row_groups == 3
    assert read(content)["x"].to_pylist() == list(range(9000))


def test_the_same_rows_are_the_same_bytes(tmp_path: Path) -> None:
    one, other = (written(consultation(), make_work(tmp_path)) for _ in range(2))
    assert one == other


def test_nothing_is_left_in_the_folder_also_when_it_is_canceled(tmp_path: Path) -> None:
    work = make_work(tmp_path)
    written(consultation(), work)

    def cancel(rows: int) -> None:
        raise InterruptedError

    work.on_rows = cancel
    with pytest.raises(InterruptedError):
        written(consultation(), work)
    parts = write(consultation(), make_work(tmp_path))
    next(parts)
    parts.close()  # type: ignore[attr-defined]
    assert list(tmp_path.iterdir()) == []


class Overtaking(ListedExtract):
    """Submissions stand in another order than their repeats."""

    def batches(self, sheet: Sheet) -> Iterator[Batch]:
        made = list(super().batches(sheet))
        return iter(made if sheet.path else made[::-1])


def test_a_repeat_finds_its_province_in_any_order(tmp_path: Path) -> None:
    listed = consultation()
    extract = Overtaking(listed.sheets, listed.rows, size=1)
    people = read(written(extract, make_work(tmp_path))["person", "province=07/part-0.parquet"])
    assert people["PARENT_KEY"].to_pylist() == [A, A]


def test_a_data_set_of_pyarrow_is_whole(tmp_path: Path) -> None:
    table = ds.dataset(laid_out(consultation(), tmp_path), partitioning="hive").to_table()
    assert sorted(table["Province"].to_pylist()) == ["02", "07"]


def test_pandas_reads_the_province_as_text_beside_the_folders_number(tmp_path: Path) -> None:
    pandas = pytest.importorskip("pandas")
    frame = pandas.read_parquet(laid_out(consultation(), tmp_path)).sort_values("Province")
    assert frame["Province"].tolist() == ["02", "07"]
    assert str(frame["SubmissionDate"].dtype) == "datetime64[ms, Asia/Phnom_Penh]"


def test_duckdb_reads_the_province_as_text(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    folder = laid_out(consultation(), tmp_path)
    said = duckdb.sql(
        f"SELECT Province, women, epoch_ms(SubmissionDate) FROM '{folder}/*/*.parquet' ORDER BY Province"
    ).fetchall()
    assert said == [("02", None, 1795310100000), ("07", 12, 1795396500000)]


def test_duckdb_reads_a_province_named_in_khmer(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    extract = consultation()
    extract.rows[""][0][7] = "កំពត/១"  # type: ignore[index]
    folder = laid_out(extract, tmp_path)
    assert duckdb.sql(f"SELECT Province FROM '{folder}/*/*.parquet' WHERE women = 12").fetchall() == [
        ("កំពត/១",)
    ]


def test_a_question_called_province_is_not_overwritten_by_the_folder(tmp_path: Path) -> None:
    duckdb = pytest.importorskip("duckdb")
    root = Sheet("", "wps", None, (
        Column("province", Kind.CHOICE, "/province"), Column("KEY", Kind.TEXT, role=Role.KEY),
        Column("Home", Kind.CHOICE, role=Role.PROVINCE),
    ))  # fmt: skip
    folder = laid_out(ListedExtract((root,), {"": [["12", A, "07"]]}), tmp_path)
    assert [path.name for path in folder.iterdir()] == ["province_of_row=07"]
    assert duckdb.sql(f"SELECT province, Home FROM '{folder}/*/*.parquet'").fetchall() == [("12", "07")]
    assert ds.dataset(folder, partitioning="hive").to_table()["province"].to_pylist() == ["12"]
