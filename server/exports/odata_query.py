"""What an OData request asks for: its options and its address, checked as ODK Central checks them."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote, urlencode

import orjson

from server.errors import Problem
from server.exports.odata_filter import read_filter
from server.exports.odata_tree import ENTITIES, Node, filter_field
from server.exports.rows import Order, Page

OPTIONS = frozenset(
    [
        "$format",
        "$count",
        "$skip",
        "$top",
        "$filter",
        "$wkt",
        "$expand",
        "$select",
        "$skiptoken",
        "$orderby",
        "$search",
    ]
)
ALLOWED = {"json": ["application/json", "json"], "xml": ["application/xml", "atom"]}
TOKEN_VERSION = "01"  # noqa: S105 - of the token's form, no secret
_FORMATS = {
    "json": re.compile(r"(?i)(^|,)\s*(application/json|json)\s*($|;|,)"),
    "xml": re.compile(r"(?i)(^|,)\s*(application/(atom(svc)?\+)?xml|atom|xml)\s*($|;|,)"),
}
_PART = re.compile(r"(?i)([^(]+)\('((?:uuid:)?[a-z0-9-]+)'\)")


@dataclass(frozen=True, slots=True)
class Query:
    """The options of a data request.

    top: None = all. after: id of the last row already given (of a submission or of a repeat row).
    select: None = everything.
    """

    top: int | None = None
    skip: int = 0
    count: bool = False
    after: str | None = None
    filter: Node | None = None
    order: tuple[Order, ...] = ()
    select: tuple[str, ...] | None = None
    expand: bool = False
    wkt: bool = False

    def page(self, table: str) -> Page:
        """The database's part: all of the paging for Submissions and Entities; for repeat tables none, as rows
        and not submissions are counted there."""
        if table not in ("Submissions", ENTITIES):
            return Page(order=self.order, filter=self.filter)
        limit = None if self.top is None else self.top + 1
        return Page(limit, self.skip, self.after, self.order, self.filter)


@dataclass(frozen=True, slots=True)
class Address:
    """Where a request came in. domain: "https://host", as this hub is known from outside, never as
    it is called inside. url: path and query as they were asked for."""

    domain: str
    url: str

    @property
    def service(self) -> str:
        """The service root: up to and including ".svc"."""
        path = self.url.partition("?")[0] + "/"
        return self.domain + path[: path.index(".svc/") + len(".svc")]

    def context(self, table: str) -> str:
        return f"{self.service}/$metadata#{table}"

    def next(self, token: str) -> str:
        """The same address with this $skiptoken, which takes the place of any $skip."""
        path, _, query = self.url.partition("?")
        kept = [
            (k, v) for k, v in parse_qsl(query, keep_blank_values=True) if k not in ("$skip", "$skiptoken")
        ]
        return f"{self.domain}{path}?{urlencode([*kept, ('$skiptoken', token)], safe='*')}"


@dataclass(frozen=True, slots=True)
class Resource:
    """One submission, or rows below it: "Submissions('uuid:…')/farm/plot('…')/crop".

    above: id of the row whose rows are meant. row: id of the single row that is meant.
    """

    instance_id: str
    table: str
    above: str | None = None
    row: str | None = None


def read_query(options: Mapping[str, str], table: str) -> Query:
    """The options of a request for this table.

    Raises Problem: 400.11, 400.18, 400.35, 501.1, 501.4, 501.5, 501.6, 501.11.
    """
    check_options(options)
    order, token = options.get("$orderby"), options.get("$skiptoken")
    if order and token:
        raise Problem("501.1", feature="$orderby + $skiptoken")
    select, expand = options.get("$select"), options.get("$expand")
    return Query(
        top=_whole(options, "$top"),
        skip=0 if token else _whole(options, "$skip") or 0,
        count=options.get("$count", "").lower() == "true",
        after=read_token(token, table) if token else None,
        filter=read_filter(options["$filter"], table) if "$filter" in options else None,
        order=_read_order(order, table) if order else (),
        select=None if not select or select == "*" else tuple(p.strip() for p in select.split(",")),
        expand=expand == "*",
        wkt=options.get("$wkt", "").lower() == "true",
    )


def check_options(options: Mapping[str, str]) -> None:
    """Raises Problem 501.1 for an option that OData or we do not know, 501.6 and 501.11 for $expand."""
    for key in options:
        if key not in OPTIONS:
            raise Problem("501.1", feature=key)
    if options.get("$expand", "*") not in ("*", ""):
        raise Problem("501.6", text=options["$expand"])
    if options.get("$expand") and options.get("$select"):
        raise Problem("501.11")


def check_format(
    serves: str, accept: str | None, options: Mapping[str, str], max_version: str | None
) -> None:
    """Whether the client takes what this address serves ("json" or "xml"); $format outdoes Accept.

    A client that takes both, or anything (a browser), is served.
    max_version: the header OData-MaxVersion. Raises Problem 406.1 and, for an older OData, 404.1.
    """
    wanted = options.get("$format") or accept or ""
    other = _FORMATS["xml" if serves == "json" else "json"]
    if other.search(wanted) and not _FORMATS[serves].search(wanted) and "*/*" not in wanted:
        raise Problem("406.1", allowed=ALLOWED[serves])
    version = re.match(r"\s*([0-9]+)", max_version or "")
    if version and int(version[1]) < 4:
        raise Problem("404.1")


def read_resource(path: str) -> Resource:
    """What a path below ".svc/" names, encoded or not. Raises Problem 404.1."""
    names, ids = [], []
    for part in path.strip("/").split("/"):
        found = _PART.fullmatch(unquote(part))
        names.append(found[1] if found else part)
        ids.append(found[2] if found else None)
    if names[0] != "Submissions" or ids[0] is None:
        raise Problem("404.1")
    table = ".".join(names)
    if len(ids) == 1:
        return Resource(ids[0], table)
    above = next((i for i in reversed(ids[1:-1]) if i), None)
    return Resource(ids[0], table, above, ids[-1])


def read_token(token: str, table: str) -> str | None:
    """The id in a $skiptoken; None where it was made without a row. Raises Problem 400.35."""
    try:
        if not token.startswith(TOKEN_VERSION):
            raise ValueError(token)
        held = orjson.loads(base64.b64decode(token[len(TOKEN_VERSION) :]))[_token_key(table)]
    except (ValueError, KeyError, TypeError, binascii.Error):
        raise Problem("400.35") from None
    if not isinstance(held, str) and (held is not None or table == "Submissions"):
        raise Problem("400.35")
    return held


def make_token(table: str, row: str | None) -> str:
    """The $skiptoken for what comes after the row with this id; None: after none."""
    return TOKEN_VERSION + base64.b64encode(orjson.dumps({_token_key(table): row})).decode()


def _token_key(table: str) -> str:
    return {"Submissions": "instanceId", ENTITIES: "uuid"}.get(table, "repeatId")


def _whole(options: Mapping[str, str], name: str) -> int | None:
    """A whole number; negative ones count as 0, as in Central."""
    text = options.get(name)
    if not text:
        return None
    if not re.fullmatch(r"-?[0-9]{1,15}", text):
        raise Problem("400.11", field=name, value=text, expected="integer")
    return max(int(text), 0)


def _read_order(text: str, table: str) -> tuple[Order, ...]:
    clauses = []
    for clause in text.split(","):
        name, *rest = clause.split() or [""]
        field = filter_field(name, ENTITIES if table == ENTITIES else "Submissions")
        if field is None:
            raise Problem("501.5", at=text.find(name), text=name)
        way = rest[0].lower() if rest else "asc"
        if way not in ("asc", "desc") or len(rest) > 1:
            raise Problem("501.5", at=text.find(rest[-1]), text=rest[-1])
        clauses.append(Order(field, way == "desc"))
    return tuple(clauses)
