"""Every endpoint for every role, in the own project and in another: let through or refused as the table says."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.app import create_app
from server.hub import Hub
from server.store.ledger_sqlite import head
from server.web.api.document import routes_of
from server.web.api.rows import Row, read_rows, shape_of
from server.web.api.table import BY_SHAPE, ROWS
from tests.conftest import QUICK
from tests.web.permissions import REFUSED, ROLES, World, make_world


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    folder: Path = tmp_path_factory.mktemp("roles") / "hub"
    Hub.create(folder, "ខេត្តកំពត", **QUICK).close()
    app = create_app(folder, **QUICK)
    yield make_world(app)
    app.extensions["samleng"].close()


def test_every_endpoint_has_a_row_and_every_row_an_endpoint(world: World) -> None:
    served = {(method, shape_of(path)) for method, path in routes_of(world.app.url_map.iter_rules())}
    assert served == set(BY_SHAPE)
    assert len(BY_SHAPE) == len(ROWS)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.call)
def test_each_role_is_let_through_or_refused_as_the_row_says(world: World, row: Row) -> None:
    before = head(world.hub.read())
    for role in ROLES:
        for name, place in world.places.items():
            somebody = world.people[role]
            status = world.call(row, somebody, place)
            assert status < 500 or status == 501, (role, name, status)
            assert (status not in REFUSED) == world.expects(row, somebody, place), (role, name, status)
    assert head(world.hub.read()) == before


@pytest.mark.parametrize("row", [r for r in ROWS if r.has_draft], ids=lambda row: row.call)
def test_what_is_tried_out_opens_to_the_same_roles_at_most(world: World, row: Row) -> None:
    """Not everything is there for drafts: 404 then."""
    for role in ROLES:
        for name, place in world.places.items():
            somebody = world.people[role]
            status = world.call(row.of_draft(), somebody, place)
            assert status < 500, (role, name, status)
            if world.expects(row, somebody, place):
                assert status not in REFUSED, (role, name, status)
            else:
                assert status in (*REFUSED, 404), (role, name, status)


def test_a_line_that_is_no_row_is_not_passed_over() -> None:
    with pytest.raises(ValueError, match="unpack"):
        read_rows("GET /projects | signed-in")
