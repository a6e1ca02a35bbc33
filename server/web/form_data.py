"""What every address of a form's data has in common: which form, whether anything changed, streaming."""

from __future__ import annotations

import itertools
from collections.abc import Generator, Iterator
from contextlib import ExitStack

from flask import Response, request

from server.changes import event_hash
from server.errors import Problem
from server.exports.odata_tree import Call, Compare, Logic, Node, Not
from server.store.forms import Form
from server.web import wire
from server.web.rest.files import is_unchanged


def find_published(project_id: int, xml_form_id: str) -> Form:
    """The form, for one who may read its submissions. Raises Problem 404.1 (also when no version is
    published), 403.1."""
    project = wire.project_or_404(project_id)
    form = wire.form_or_404(project, xml_form_id)
    if form.current_id is None:
        raise Problem("404.1")
    wire.require("submission.read", project, form)
    return form


def event_tag(form: Form, condition: Node | None) -> str:
    """The ETag of the form's data as they are now, without the W/ that makes it a weak one. To be asked
    for before the data are read, so that it can only be too old."""
    moving = (wire.hub().clock.now(),) if _asks_the_time(condition) else ()
    return f'"eventhash:{event_hash(wire.hub(), form, *moving)}"'


def _asks_the_time(node: Node | None) -> bool:
    """Whether a $filter calls now(): then its rows change by themselves."""
    match node:
        case Call(function, argument):
            return function == "now" or _asks_the_time(argument)
        case Compare(_, left, right) | Logic(_, left, right):
            return _asks_the_time(left) or _asks_the_time(right)
        case Not(operand):
            return _asks_the_time(operand)
    return False


def not_modified(tag: str) -> Response | None:
    """The 304 for a caller who holds just this."""
    return tagged(Response(status=304), tag) if is_unchanged(tag) else None


def tagged(answer: Response, tag: str) -> Response:
    answer.headers["ETag"] = f"W/{tag}"
    return answer


def streamed(pieces: Iterator[bytes], held: ExitStack, content_type: str) -> Response:
    """An answer sent piece by piece. `held` is let go of after the last piece, and also when the
    caller goes away before it. For HEAD at once."""
    with ExitStack() as guard:
        guard.push(held)
        first = next(pieces, b"")  # what goes wrong at the start can still be told
        if request.method == "HEAD":
            return Response(iter(()), content_type=content_type)
        answer = Response(_pieces(first, pieces, held), content_type=content_type)
        answer.call_on_close(held.close)
        guard.pop_all()
    return answer


def _pieces(first: bytes, rest: Iterator[bytes], held: ExitStack) -> Generator[bytes]:
    with held:
        yield from itertools.chain([first], rest)
