"""What views use of a request: the hub, who asks and what they may, and addresses for answers."""

from __future__ import annotations

import re
import time
import zlib
from collections.abc import Callable
from typing import Any, TypeVar
from urllib.parse import quote, unquote_to_bytes

import orjson
from flask import current_app, g, request

from i18n import choose_language
from server import accounts, second_factor
from server.accounts import SignIn, place, rights_of
from server.attempts import Attempts
from server.bulk_review import Undoing
from server.door import Door
from server.errors import Fault, Problem
from server.export_jobs import Jobs
from server.figures import Countings
from server.hub import NOTES, Hub
from server.roles import Rights
from server.sightings import Sightings
from server.store import forms, projects
from server.store.actors import Actor
from server.store.forms import Form
from server.store.projects import Project
from server.subjects import NUMBER_BITS
from server.sync_jobs import Exchanges
from server.waiting import Waits
from server.web import digest
from server.web.credentials import (
    Caller,
    CheckedPasswords,
    cookie_name,
    identify,
    is_secure,
    key_of,
    place_of,
)
from server.web.gate import Gate
from server.web.once import Once
from server.web.paths import DRAFT

__all__ = ["Caller", "Running", "caller", "hub", "project_or_404", "require"]
View = TypeVar("View", bound=Callable[..., Any])
NOTES_HEADER = "x-action-notes"
NO_JSON = ("application/xml", "text/xml")  # what else is sent is passed over (Central)
JSON_LIMIT = 250_000  # bytes; Central's


class Running:
    """What one app holds: `app.extensions["samleng"]`."""

    def __init__(self, hub: Hub, gate: Gate) -> None:
        self.hub, self._gate = hub, gate
        self.attempts = Attempts()
        self.checked = CheckedPasswords(hub, self.attempts)
        self.exports = Jobs(hub, in_background=hub.config.background)
        self.exchanges = Exchanges(hub, in_background=hub.config.background)
        self.figures = Countings(hub, in_background=hub.config.background)
        self.sightings = Sightings(hub)
        self.waits = Waits(hub, time.monotonic)
        self.once = Once()
        self.undoing = Undoing()
        self.door: Door | None = None  # of `samleng serve`; served otherwise, a hub has none
        self.told: dict[str, list[tuple[str, dict[str, Any]]]] = {}  # what a session's next page says
        self.document: dict[str, Any] | None = None  # OpenAPI, once somebody has asked for it

    def close(self) -> None:
        """Releases files and threads, once the requests under way are done."""
        self.exchanges.close()
        self.figures.close()
        self.exports.close()
        if self._gate.shut():
            self.sightings.flush()
            self.hub.close()


def running() -> Running:
    held: Running = current_app.extensions["samleng"]
    return held


def hub() -> Hub:
    return running().hub


# Who asks


def caller() -> Caller:
    """Worked out once a request. Raises Problem 401.2, 401.3, 403.1."""
    held: Caller | None = g.get("caller")
    if held is None:
        held = g.caller = identify(hub(), running().checked, running().attempts, request)
    return held


def become(token: str) -> None:
    """From here on the request is that of the session just opened."""
    found = accounts.find_session(hub(), token)
    assert found is not None
    g.caller = Caller(found.actor, "cookie", accounts.by_of(found.actor), found.session, token)
    g.pop("rights", None)


def sign_in(email: str, password: str, user_agent: str | None = None, code: str | None = None) -> SignIn:
    """Raises Problem 401.2, Fault auth.paused, second.needed, second.wrong."""
    with running().attempts.counted(email, place_of(request)):
        return accounts.sign_in(hub(), email, password, user_agent, code)


def finish_sign_in(ticket: str, code: str, user_agent: str | None = None) -> SignIn:
    """Raises Fault auth.paused, second.ended, second.wrong."""
    user = second_factor.holder_of(hub(), ticket)
    if user is None:
        raise Fault("second.ended")
    with running().attempts.counted(user.email or "", place_of(request)):
        return accounts.finish_sign_in(hub(), user, code, user_agent)


def actor() -> Actor:
    """Raises Problem 401.2 when nobody is signed in."""
    found = caller().actor
    if found is None:
        raise Problem("401.2")
    return found


def anonymous(view: View) -> View:
    """Marks a view of the API that may be called without signing in."""
    view.__dict__["anonymous"] = True
    return view


def demand_sign_in() -> None:
    """Before a view of the API: nobody learns what is here without signing in. Raises Problem 401.2."""
    if not hasattr(current_app.view_functions[request.endpoint or ""], "anonymous"):
        actor()


def take_notes() -> None:
    """X-Action-Notes: kept with every entry that the request makes. Raises Problem 400.6."""
    said = request.headers.get(NOTES_HEADER)
    try:
        NOTES.set(unquote_to_bytes(said).decode() or None if said is not None else None)
    except UnicodeDecodeError:
        NOTES.set(None)
        raise Problem("400.6", field=NOTES_HEADER) from None


def rights() -> Rights:
    """What the caller may do, read once a request."""
    held: Rights | None = g.get("rights")
    if held is None:
        who = caller().actor
        held = g.rights = hub().remember(("rights", who.id if who else None), lambda db: rights_of(db, who))
    return held


def may(verb: str, project: Project | None = None, form: Form | None = None) -> bool:
    return rights().may(verb, *place(project, form))


def require(verb: str, project: Project | None = None, form: Form | None = None) -> Caller:
    """Raises Problem 403.1, or 401.2 when nobody is signed in."""
    if not may(verb, project, form):
        raise Problem("401.2" if caller().actor is None else "403.1")
    return caller()


def secure() -> bool:
    """Whether the request came over https."""
    return is_secure(request, hub().config.trusted_proxy)


def session_cookie() -> str:
    """What the session's cookie is called here; only browsers that came by https keep a __Host- one."""
    return cookie_name(request, hub().config.public_url, hub().config.trusted_proxy)


def challenge() -> str:
    """The WWW-Authenticate header with which the tablets' door asks for a name and password."""
    return digest.challenge(hub().secret, stale=g.get("digest_stale", False))


def caller_may_sign_in() -> bool:
    """Whether asking for a name and password makes sense: not of a tablet that came with a token."""
    return key_of(request) is None


# What is asked about


def project_or_404(number: int) -> Project:
    if number >> NUMBER_BITS:
        raise Problem("400.22", value=str(number), type="integer")
    found = hub().remember(("project", number), lambda db: projects.find_project(db, number))
    if found is None:
        raise Problem("404.1")
    return found


def form_or_404(project: Project, xml_form_id: str) -> Form:
    """The form; below …/draft/submissions as the test submissions to its draft see it."""
    found = forms.find_form(hub().read(), project.id, xml_form_id)
    if asks_of_draft():
        found = forms.as_trial(found)
    if found is None:
        raise Problem("404.1")
    return found


def asks_of_draft() -> bool:
    """Whether the address is that of a draft's test submissions."""
    return DRAFT in request.environ


def json_body(limit: int = JSON_LIMIT) -> dict[str, Any]:
    """The JSON object of the request; empty when there is no body. Raises Problem 400.1, 400.36, 400.37."""
    request.max_content_length = limit
    if request.mimetype in NO_JSON:
        return {}
    raw = _decoded(request.get_data(), request.headers.get("Content-Encoding", ""), limit)
    if not raw.strip():
        return {}
    try:
        said = orjson.loads(raw)
    except orjson.JSONDecodeError as fault:
        raise Problem("400.1", format="json", rawLength=len(raw)) from fault
    return said if isinstance(said, dict) else {}


def _decoded(raw: bytes, encoding: str, limit: int) -> bytes:
    """Raises Problem 400.36 for what swells beyond the limit, 400.37 for an encoding that we do not read."""
    if encoding.lower() in ("", "identity"):
        return raw
    if encoding.lower() not in ("gzip", "deflate"):
        raise Problem("400.37")
    inflating = zlib.decompressobj(zlib.MAX_WBITS | 32)  # either header
    try:
        said = inflating.decompress(raw, limit + 1)
    except zlib.error:
        raise Problem("400.1", format="json", rawLength=len(raw)) from None
    if len(said) > limit:
        raise Problem("400.36")
    return said


def extended() -> bool:
    """Whether the caller, or the view for a part of its answer, asked for extended metadata."""
    return "extended" in g or request.headers.get("X-Extended-Metadata", "").lower() == "true"


def flag(name: str) -> bool:
    """A query parameter that is on. pyODK writes True and False."""
    return request.args.get(name, "").lower() == "true"


def lang(default: str | None = None) -> str:
    """The caller's language, else `default`, else the hub's."""
    return choose_language(request.headers.get("Accept-Language"), default or hub().config.language)


# Addresses


def base_url() -> str:
    """What absolute links begin with, without a slash at the end."""
    said = hub().config.public_url
    if said:
        return said.rstrip("/")
    scheme = "https" if secure() else "http"
    return f"{scheme}://{request.host}{request.root_path.rstrip('/')}"


def asked_path() -> str:
    """The path as the caller wrote it, percent-escapes and all, without a tablet's token in front."""
    asked = str(request.environ.get("REQUEST_URI") or quote(_path(), safe="/:'()!*$@,;=&+~"))
    path = re.sub(r"^[a-z]+://[^/]*", "", asked.partition("?")[0])
    return re.sub(r"^/v1/(key|test)/[^/]*", "/v1", path.removeprefix(request.root_path.rstrip("/")))


def _path() -> str:
    """The request's path before that of a draft was rewritten."""
    if not asks_of_draft():
        return request.path
    path: str = request.environ[DRAFT]
    return path.encode("latin-1").decode("utf-8", "replace")


def prefix() -> str:
    """ "/v1", or "/v1/key/TOKEN": a tablet must find the rest through the same access."""
    key = key_of(request)
    return f"/v1/key/{key}" if key else "/v1"
