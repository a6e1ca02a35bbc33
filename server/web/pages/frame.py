"""What every page of the console shares: its frame, its language, its protection, and what becomes of a refusal.

Nothing on a page comes from elsewhere: a hub has no internet, and nobody else shall learn who looks. Pages work
without script; the little there is (htmx, console.js) only spares waiting.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import quote, urlsplit

from flask import Blueprint, Response, current_app, g, make_response, redirect, render_template, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from forms.errors import FormFault
from i18n import LANGUAGES, mark, translate
from server.errors import Problem, Refusal
from server.web import answers, wire
from server.web.once import new_name
from server.web.pages import sections

STATIC = Path(__file__).parent.parent / "static"
View = TypeVar("View", bound=Callable[..., Any])
static_files = Blueprint("frame", __name__, static_folder=str(STATIC), static_url_path="/static")
FORM_LIMIT = 1_000_000  # bytes of a form without files
KEPT = "kept."  # how the sign-in page names the fields of a form that it holds on to
LANG_COOKIE = "lang"
POLICY = (
    "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; font-src 'self'; "
    "img-src 'self' data:; media-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
STATES = {
    "received": mark("Received"),
    "hasIssues": mark("Has issues"),
    "edited": mark("Edited"),
    "approved": mark("Approved"),
    "rejected": mark("Rejected"),
}
BROKE = mark(
    "Something went wrong on the hub, and nothing was changed. Try again; if it stays so, give the hub's log "
    "to whoever helps you."
)
SIGN_IN = mark("Sign in to see this page.")
SENT_S = 300  # longer than any page takes to load
PROJECT = re.compile(r"/projects/[0-9]+/?")
KEPT_S = 31_536_000  # a file under the hash of its bytes never changes


def room(name: str, *, is_open: bool = False) -> Blueprint:
    """A blueprint whose pages are for who is signed in (unless open), have the frame's protection, and whose
    refusals become pages. A form is small, unless its view is marked `takes_files`; it counts once."""
    made = Blueprint(name, name, template_folder=str(STATIC.parent / "templates"))
    made.before_request(_begin)
    if not is_open:
        made.before_request(_demand_sign_in)
    made.before_request(_begin_once)
    made.after_request(_end_once)
    made.after_request(sections.remember_project)
    made.after_request(protect)
    for kind in (Refusal, FormFault, HTTPException, Exception):
        made.register_error_handler(kind, refuse)
    return made


def takes_files(view: View) -> View:
    """Marks a view whose form brings files: up to the hub's limit of a request."""
    view.__dict__["takes_files"] = True
    return view


def _begin() -> None:
    g.is_page = True  # its forms may be multipart, credentials.py
    if not hasattr(current_app.view_functions[request.endpoint or ""], "takes_files"):
        request.max_content_length = FORM_LIMIT
    sections.note_project()
    limit = request.max_content_length
    if limit is not None and (request.content_length or 0) > limit:
        g.is_only_told = True
        raise Problem("400.36")


def _demand_sign_in() -> None:
    wire.actor()


def _begin_once() -> Response | None:
    name = request.form.get("__once") if request.method == "POST" else None
    if not name:
        return None
    led_to = wire.running().once.begin(name)
    if led_to is None:
        g.once = name
        return None
    answer = redirect(led_to, 303)
    answer.set_cookie("sent", name, max_age=SENT_S, secure=wire.secure(), samesite="Lax")
    return answer  # type: ignore[return-value]


def _end_once(answer: Response) -> Response:
    """console.js holds what was written until it sees in `sent` that this form arrived."""
    if "once" in g:
        done = answer.status_code == 303
        wire.running().once.end(g.once, answer.location if done else None)
        if done:
            answer.set_cookie("sent", g.once, max_age=SENT_S, secure=wire.secure(), samesite="Lax")
    return answer


def page(template: str, status: int = 200, **values: Any) -> Response:
    """A whole page, or for htmx the part that `template` is. values: `section` and `project` say where in the
    console it stands (sections.py)."""
    lang = reader_language()
    text = render_template(
        template, _=speaker(lang), lang=lang, hub_name=wire.hub().name, root=request.root_path, asset=asset,
        may=wire.may, state_words=STATES, quote=lambda said: quote(said, safe=""), told=_told(), same_page=_same_page(),
        once=new_name, others=[other for other in LANGUAGES if other != lang], **_who(),
        **{**sections.around(values.get("section"), values.get("project")), **values},
    )  # fmt: skip
    return Response(text, status, content_type="text/html; charset=utf-8")


def speaker(lang: str) -> Callable[..., str]:
    """The pages' `_`: a sentence in the reader's language, its places filled."""
    return lambda message, **values: translate(message, lang, **values)


def say(message: str, **values: Any) -> str:
    """The sentence in the reader's language."""
    return translate(message, reader_language(), **values)


def reader_language() -> str:
    """What was chosen by click, else what the browser asks for, else the hub's."""
    chosen = request.cookies.get(LANG_COOKIE)
    return chosen if chosen in LANGUAGES else wire.lang()


def back(path: str) -> Response:
    """After a POST: on to another page of the console. path: "/projects/1"."""
    return redirect(f"{request.root_path}{path}", 303)  # type: ignore[return-value]


def _same_page() -> str:
    """Where the language's link leads back to: this page, if it can be asked for again."""
    path = request.full_path.rstrip("?") if request.method == "GET" else "/"
    return "" if path == "/" else f"?from={quote(path, safe='')}"


def local(path: str) -> str:
    """The path if it is one of this hub's, else the first page's: a link must not lead people elsewhere."""
    return path if re.match(r"/(?![/\\])", path) else "/"


def tell(message: str, **values: Any) -> None:
    """A sentence for the next page that this person sees, in the language of then: what was done."""
    session = wire.caller().session
    if session is not None:
        wire.running().told.setdefault(session.csrf, []).append((message, values))


def _told() -> list[str]:
    session = _who()["session"]
    held = wire.running().told.pop(session.csrf, []) if session else []
    return [say(message, **values) for message, values in held]


def _who() -> dict[str, Any]:
    """Whoever is signed in; nobody when what the request says of itself is refused."""
    try:
        caller = wire.caller()
    except Refusal:
        return {"actor": None, "csrf": "", "session": None}
    session = caller.session
    return {"actor": caller.actor, "csrf": session.csrf if session else "", "session": session}


@cache
def asset(name: str) -> str:
    """The address of a file of static/, which says which bytes it means: browsers may keep it."""
    return f"{name}?v={hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]}"


@static_files.after_request
def keep(answer: Response) -> Response:
    if "v" in request.args:
        answer.headers["Cache-Control"] = f"public, max-age={KEPT_S}, immutable"
    return protect(answer)


def refuse_other_sites() -> None:
    """Another site's page could sign somebody in as somebody else, who would then enter data there.
    Browsers name the page that sends a form. Raises Problem 403.1."""
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        g.said = mark("This page was opened from elsewhere. Please sign in here.")
        raise Problem("403.1")


def refuse(fault: Exception) -> Response:
    """A page that says what went wrong. Who is not signed in gets the page where one does so, which holds on to
    what was written: a session may end in the middle of a long form."""
    text, status = _words(fault)
    if _is_lost_program():
        return make_response(answers.refused(Problem("404.2")))
    if _who()["actor"] is not None:
        return page("refused.html", status, fault=text)
    if isinstance(fault, Problem) and fault.code == "401.2":
        return page("sign_in.html", status, said=say(SIGN_IN), **_held())
    return page("sign_in.html", status, fault=text, email=request.form.get("email", ""), **_held())


def _is_lost_program() -> bool:
    """One that left /v1 out of an address of ODK Central's API: pages stand there. A browser asks for HTML."""
    asks = request.method == "GET" and "text/html" not in request.headers.get("Accept", "")
    return asks and PROJECT.fullmatch(request.path) is not None and _who()["actor"] is None


def unroutable(fault: HTTPException) -> Any:
    """Of the whole app, where no view is at work: a browser gets a page, a program what Central says."""
    if request.path.startswith("/v1/") or "text/html" not in request.headers.get("Accept", ""):
        return answers.unroutable(fault)
    g.is_only_told = True
    return protect(refuse(fault))


def _words(fault: Exception) -> tuple[str, int]:
    """What to say of it, and the status."""
    if "said" in g and isinstance(fault, Refusal):
        return say(g.said), fault.status
    if isinstance(fault, RequestEntityTooLarge):
        fault = Problem("400.36")
    elif isinstance(fault, HTTPException) and fault.code is not None and fault.code < 500:
        fault = Problem("404.1")
    if isinstance(fault, Refusal):
        return fault.text(reader_language()), fault.status
    if isinstance(fault, FormFault):
        return fault.text(reader_language()), 400
    answers.failed(fault)
    return say(BROKE), 500


def _held() -> dict[str, Any]:
    """What sign_in.html keeps through a sign-in: where one was going, and what one had written."""
    if request.path.startswith("/sign-"):
        return {"wanted": request.form.get("wanted", ""), "kept": kept_fields()}
    if request.method == "GET":
        return {"wanted": request.full_path.rstrip("?"), "kept": []}
    left_out = ("__csrf", "__once", "password", "again", "code", "passphrase")
    said = [(name, value) for name, value in request.form.items(multi=True) if name not in left_out]
    return {"wanted": request.path, "kept": said, "was_post": True, "had_files": bool(request.files)}


def kept_fields() -> list[tuple[str, str]]:
    """What the sign-in page carried along."""
    return [(n.removeprefix(KEPT), v) for n, v in request.form.items(multi=True) if n.startswith(KEPT)]


def protect(answer: Response) -> Response:
    answer.headers.setdefault("Content-Security-Policy", POLICY)  # pages/form_papers.py has a stricter one
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "same-origin"
    if answer.mimetype == "text/html":  # who sits down at this browser next shall not page back
        answer.headers["Cache-Control"] = "no-store"
    return answer
