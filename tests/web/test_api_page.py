"""docs/central-api.md, the OpenAPI document and the page to read: each names all that is served."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from server.problems import PROBLEMS
from server.web.api.page import PAGE, renewed
from server.web.api.parameters import QUERY
from server.web.api.table import ROWS

ROOT = Path(__file__).parents[2]
TEXT = PAGE.read_text(encoding="utf-8")
NEVER = TEXT.partition("## Problem codes that are never raised here")[2]


def test_the_table_of_the_page_is_the_one_that_is_served() -> None:
    assert renewed(TEXT) == TEXT, "python -m server.web.api.page"
    for row in ROWS:
        assert f"`{row.method} {row.path.removeprefix('/v1')}`" in TEXT


def test_no_difference_is_said_to_be_partly_there() -> None:
    assert "partly" not in TEXT


def test_the_page_to_read_shows_every_call_and_asks_no_other_server(client: FlaskClient) -> None:
    answer = client.get("/v1/docs", headers={"Accept-Language": "km"})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 200
    for row in ROWS:
        assert f"{row.method} {row.path}" in page
    assert "ចំណុចប្រទាក់" in page
    assert not re.findall(r'(?:src|href)="(?!#|/(?!/))', page)
    assert "<script" not in page
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]


def test_no_parameter_is_explained_that_nobody_takes() -> None:
    assert {name for row in ROWS for name in row.query} == set(QUERY)


def raised() -> set[str]:
    """Codes that the server's code raises, as it is written."""
    found: set[str] = set()
    for path in sorted((ROOT / "server").rglob("*.py")):
        if path.name != "problems.py":
            tree = ast.parse(path.read_text(encoding="utf-8"))
            found |= {n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and n.value in PROBLEMS}
    return found


def excused() -> set[str]:
    """Codes that the page says are never raised."""
    first = [line.split("|")[1] for line in NEVER.splitlines() if re.match(r"\| \d", line)]
    said = set(re.findall(r"\d{3}\.\d+", " ".join(first)))
    spans = re.findall(r"(\d{3})\.(\d+)–\1\.(\d+)", " ".join(first))
    return said | {f"{a}.{n}" for a, low, high in spans for n in range(int(low), int(high) + 1)}


def named_in_tests() -> str:
    own = Path(__file__).name
    paths = [p for p in sorted((ROOT / "tests").rglob("*.py")) if p.name != own]
    return "\n".join(path.read_text(encoding="utf-8") for path in paths)


def test_every_code_is_raised_or_said_never_to_be() -> None:
    assert raised() | excused() == set(PROBLEMS)
    assert not raised() & excused()


@pytest.mark.parametrize("code", sorted(raised()))
def test_every_code_that_is_raised_is_provoked_by_a_test(code: str) -> None:
    assert re.search(rf"(?<![\d.]){re.escape(code)}(?!\d)", named_in_tests()), code
