"""The extract that formats are tried on has the shape that it promises."""

from __future__ import annotations

import pytest

from server.errors import Fault
from server.extracts.options import Options
from server.formats import format_named
from tests.extracts.listed import consultation


def test_every_batch_is_as_wide_as_its_sheet_and_as_long_as_its_versions() -> None:
    extract = consultation()
    for sheet in extract.sheets:
        for batch in extract.batches(sheet):
            assert len(batch.columns) == len(sheet.columns)
            assert {len(cells) for cells in batch.columns} == {len(batch)}


def test_an_option_that_does_not_exist_is_refused_with_those_that_do() -> None:
    with pytest.raises(Fault) as refused:
        Options(values="numbers")
    assert refused.value.code == "export.option"
    assert "codes, labels, both" in refused.value.text("en")


def test_an_unknown_format_is_refused_with_the_known_ones() -> None:
    with pytest.raises(Fault) as refused:
        format_named("docx")
    assert "csv.zip" in refused.value.text("km")
