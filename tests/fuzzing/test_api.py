"""Schema-driven fuzzing of the API: whatever the OpenAPI document allows, and what it does not, no answer is
a server error, and what is said to come out does come out so."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from jsonschema_rs import Draft202012Validator
from schemathesis import GenerationMode

from server.app import create_app
from server.hub import Hub
from server.web.api.document import document, routes_of
from server.web.api.table import ROWS
from tests.conftest import QUICK
from tests.web.permissions import World, make_world

EXAMPLES = 60 if os.environ.get("CI") else 4
LAST = ("DELETE", "withdraw", "password")  # these take away what the others need


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("api") / "hub"
    Hub.create(folder, "ខេត្តកំពត", **QUICK).close()
    app = create_app(folder, **QUICK)
    yield make_world(app, keep=True)
    app.extensions["samleng"].close()


@pytest.fixture(scope="module")
def schema(world: World) -> Any:
    return schemathesis.openapi.from_dict(document(routes_of(world.app.url_map.iter_rules()), "0"))


def test_the_document_is_openapi_and_complete(world: World) -> None:
    said = world.client.get("/v1/openapi.json").get_json()
    schemathesis.openapi.from_dict(said).validate()
    named = {(m.upper(), path) for path, calls in said["paths"].items() for m in calls}
    assert named == {(row.method, row.path) for row in ROWS}


@pytest.mark.parametrize(
    "row", sorted(ROWS, key=lambda row: [word in row.call for word in LAST]), ids=lambda row: row.call
)
def test_no_answer_is_a_server_error(world: World, schema: Any, row: Any) -> None:
    operation = schema[row.path][row.method]
    places = list(world.places.values())
    answers = Draft202012Validator(_answer_schema(operation.definition.raw, schema.raw_schema))

    @settings(
        max_examples=EXAMPLES, deadline=None, derandomize=True, database=None,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    @given(case=_calls(operation), place=st.sampled_from([*places, None]), extended=st.booleans())
    def fuzz(case: Any, place: Any, extended: bool) -> None:
        if place is not None:  # what is there, else what nobody ever made
            case.path_parameters = {name: place.values[name] for name in row.parts}
        sent = dict(case.headers or {}) | {"X-OpenRosa-Version": "1.0", "X-Extended-Metadata": str(extended)}
        status, said = world.send(row, case, sent)
        assert status < 500 or status == 501, (case.path_parameters, case.query, case.body)
        if status == 200 and said is not None:
            answers.validate(said)

    fuzz()


def _calls(operation: Any) -> Any:
    """What the document allows, and where it forbids anything, what it does not allow."""
    said = operation.definition.raw
    allowed = operation.as_strategy()
    if not said["parameters"] and "requestBody" not in said:
        return allowed
    return st.one_of(allowed, operation.as_strategy(generation_mode=GenerationMode.NEGATIVE))


def _answer_schema(operation: dict[str, Any], whole: dict[str, Any]) -> dict[str, Any]:
    """Of a 200 as JSON, with all that it refers to."""
    content = operation["responses"]["200"].get("content", {})
    wanted = content.get("application/json", {}).get("schema", {})
    return {**wanted, "components": whole["components"]}
