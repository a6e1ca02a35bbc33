"""OData data documents: a table, one submission, the rows below a row.

Errors that a request deserves are raised by the call itself, before the first byte is handed out.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator

import orjson

from forms.fields import Schema
from server.errors import Problem
from server.exports.central_csv import parent_suffix
from server.exports.odata_names import find_table, row_id
from server.exports.odata_query import Address, Query, Resource, make_token
from server.exports.odata_rows import Row, RowMaker, RowReader
from server.exports.odata_select import read_selection
from server.exports.rows import Source

CHUNK_BYTES = 64 * 1024


def table_document(
    source: Source, schema: Schema, table: str, query: Query, address: Address, *, total: int | None = None
) -> Iterator[bytes]:
    """A page of a table.

    source: made by the store for `query.page(table)`. schema: the published version's.
    total: of Submissions, how many match the filter, when `query.count` asks for it (repeat rows
    are counted here). Raises Problem 400.23, 400.24, 400.34, 404.1.
    """
    reader, maker = _machinery(source, schema, table, query)
    if table == "Submissions":
        # The database has passed over what is to be passed over.
        window = Window(reader.rows(), query.top)
    else:
        window = Window(reader.rows(), query.top, query.skip, query.after, to_the_end=query.count)
        total = None
    return _document(window, maker, table, query, address, total)


def resource_document(
    source: Source, schema: Schema, resource: Resource, query: Query, address: Address
) -> Iterator[bytes]:
    """One submission, or rows below it. source: of that submission alone.

    Raises Problem 404.1 when there is no such submission or table, and as `table_document`.
    """
    reader, maker = _machinery(source, schema, resource.table, query)
    if next(source.submissions(), None) is None:
        raise Problem("404.1")
    found = list(_matching(reader.rows(), resource))
    if query.top == 0:
        return iter([count_document(resource.table, address, len(found) if query.count else None)])
    window = Window(found, query.top, query.skip, query.after if resource.table != "Submissions" else None)
    return _document(window, maker, resource.table, query, address, len(found))


def count_document(table: str, address: Address, total: int | None) -> bytes:
    """The answer to $top=0: no rows, and the count if it was asked for."""
    return b'{"value":[' + footer(table, address, None, total)


class Window:
    """Some of the rows, as they pass by. What it knows after the last: `last` row given, `more`
    whether rows remain, `counted` how many there were in all (with `to_the_end`).

    after: id of the row after which to begin. Raises Problem 400.34 when no row has it.
    """

    def __init__(
        self,
        rows: Iterable[Row],
        top: int | None,
        skip: int = 0,
        after: str | None = None,
        *,
        to_the_end: bool = False,
    ) -> None:
        self._rows = rows
        self._top = float("inf") if top is None else top
        self._skip = skip
        self._after = after
        self._to_the_end = to_the_end
        self.last: Row | None = None
        self.more = False
        self.counted = 0

    def __iter__(self) -> Iterator[Row]:
        given, begun = 0, self._after is None
        for row in self._rows:
            self.counted += 1
            if not begun:
                begun = row.id == self._after
            elif self.counted > self._skip:
                if given >= self._top:
                    self.more = True
                    if not self._to_the_end:
                        return
                else:
                    given += 1
                    self.last = row
                    yield row
        if not begun:
            raise Problem("400.34")


def _machinery(source: Source, schema: Schema, table: str, query: Query) -> tuple[RowReader, RowMaker]:
    found = find_table(schema, table)
    selection = read_selection(schema, found, query.select)
    return (
        RowReader(source, schema, found, expand=query.expand),
        RowMaker(schema, found, selection, expand=query.expand, as_wkt=query.wkt),
    )


def _matching(rows: Iterator[Row], resource: Resource) -> Iterator[Row]:
    for row in rows:
        above = row_id(row.instance_id, parent_suffix(row.suffix))
        if resource.row in (None, row.id) and resource.above in (None, above):
            yield row


def _document(
    window: Window, maker: RowMaker, table: str, query: Query, address: Address, total: int | None
) -> Iterator[bytes]:
    pieces = _pieces(window, maker, table, query, address, total)
    return itertools.chain([next(pieces)], pieces)  # a bad $skiptoken must come up while it can be told


def _pieces(
    window: Window, maker: RowMaker, table: str, query: Query, address: Address, total: int | None
) -> Iterator[bytes]:
    yield from opened_list(map(maker.make, window))
    following = None
    if window.more:
        # Without a row ($top=0 of a repeat table, to count) there is none to go on after: Central says null.
        following = address.next(make_token(table, window.last.id if window.last else None))
    count = (window.counted if total is None else total) if query.count else None
    yield footer(table, address, following, count)


def opened_list(rows: Iterable[object]) -> Iterator[bytes]:
    """The beginning of an answer with all its rows, piece by piece; `footer` ends it."""
    held, size, opening = list[bytes](), 0, b'{"value":['
    for row in rows:
        made = orjson.dumps(row)
        held.append(made)
        size += len(made)
        if size > CHUNK_BYTES:
            yield opening + b",".join(held)
            held, size, opening = [], 0, b","
    if held or opening != b",":
        yield opening + b",".join(held)


def footer(table: str, address: Address, following: str | None, count: int | None) -> bytes:
    """What comes after the rows, in Central's order."""
    parts: dict[str, object] = {"@odata.context": address.context(table)}
    if following is not None:
        parts["@odata.nextLink"] = following
    if count is not None:
        parts["@odata.count"] = count
    return b"]," + orjson.dumps(parts)[1:]
