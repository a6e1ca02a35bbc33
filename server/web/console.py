"""The coordinators' page: signing in, and what the hub holds. Server-rendered, no script.

Nothing on it comes from elsewhere: a hub has no internet, and nobody else shall learn who looks.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote, urlsplit

from flask import Blueprint, Response, g, redirect, render_template, request

from i18n import LANGUAGES, mark, translate
from server import accounts
from server.accounts import SignIn
from server.errors import Fault, Problem, Refusal
from server.overview import overview
from server.resets import reset_password
from server.web import wire
from server.web.credentials import SECURE_COOKIE

blueprint = Blueprint(
    "console", __name__, template_folder="templates", static_folder="static", static_url_path="/static"
)
FORM_LIMIT = 10_000  # bytes; an address and a password
LANG_COOKIE = "lang"
LANG_KEPT = timedelta(days=400)
POLICY = (
    "default-src 'none'; style-src 'self'; font-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
STATES = {
    "received": mark("Received"),
    "hasIssues": mark("Has issues"),
    "edited": mark("Edited"),
    "approved": mark("Approved"),
    "rejected": mark("Rejected"),
}
FORM_STATES = {"open": mark("Open"), "closing": mark("Closing"), "closed": mark("Closed")}
ELSEWHERE = mark("This page was opened from elsewhere. Please sign in here.")

CHANGED = mark("Your new password is set. Sign in with it.")


@blueprint.get("/")
def home() -> Response:
    if wire.caller().actor is None:
        return page("sign_in.html")
    return page("home.html", projects=overview(wire.hub(), wire.may), states=STATES, form_states=FORM_STATES)


@blueprint.post("/sign-in")
def sign_in() -> Response:
    request.max_content_length = FORM_LIMIT
    _refuse_other_sites()
    email, password = request.form.get("email", ""), request.form.get("password", "")
    try:
        opened = wire.sign_in(email, password, request.headers.get("User-Agent"))
    except Problem as fault:
        raise Fault("auth.failed") from fault  # the same, in words for a person
    except Fault as fault:
        if fault.code != "second.needed":
            raise
        return page("sign_in_code.html", ticket=fault.values["ticket"])
    return _let_in(opened)


@blueprint.post("/sign-in/code")
def give_code() -> Response:
    request.max_content_length = FORM_LIMIT
    _refuse_other_sites()
    ticket = request.form.get("ticket", "")
    try:
        opened = wire.finish_sign_in(ticket, request.form.get("code", ""), request.headers.get("User-Agent"))
    except Fault as fault:
        if fault.code != "second.wrong":
            raise
        answer = page("sign_in_code.html", ticket=ticket, fault=fault.text(reader_language()))
        answer.status_code = fault.status
        return answer
    return _let_in(opened)


def _let_in(opened: SignIn) -> Response:
    answer = _home()
    expires = datetime.fromisoformat(opened.expires_at)
    name = wire.session_cookie()
    secure = name == SECURE_COOKIE
    answer.set_cookie(name, opened.token, expires=expires, secure=secure, httponly=True, samesite="Lax")
    return answer


@blueprint.post("/sign-out")
def sign_out() -> Response:
    """The session's own secret is checked with the caller: another site must not end it."""
    caller = wire.caller()
    if caller.token is not None:
        accounts.end_session(wire.hub(), caller.token, caller.by)
    answer = _home()
    name = wire.session_cookie()
    answer.delete_cookie(name, secure=name == SECURE_COOKIE, samesite="Lax")
    return answer


@blueprint.get("/new-password")
def ask_new_password() -> Response:
    """What the link of `server/resets.py` opens."""
    return page("new_password.html", token=request.args.get("token", ""))


@blueprint.post("/new-password")
def set_new_password() -> Response:
    request.max_content_length = FORM_LIMIT
    _refuse_other_sites()
    token, password = request.form.get("token", ""), request.form.get("password", "")
    try:
        if not reset_password(wire.hub(), token, password):
            raise Fault("reset.ended")
    except Refusal as fault:
        answer = page("new_password.html", token=token, fault=fault.text(reader_language()))
        answer.status_code = fault.status
        return answer
    return page("sign_in.html", said=translate(CHANGED, reader_language()))


@blueprint.get("/language/<lang>")
def choose(lang: str) -> Response:
    answer = _home()
    if lang in LANGUAGES:
        answer.set_cookie(
            LANG_COOKIE, lang, max_age=LANG_KEPT, secure=wire.secure(), httponly=True, samesite="Lax"
        )
    return answer


def _refuse_other_sites() -> None:
    """Another site's page could sign somebody in as somebody else, who would then enter data there.
    Browsers name the page that sends a form. Raises Problem 403.1."""
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        g.said = ELSEWHERE
        raise Problem("403.1")


@blueprint.errorhandler(Refusal)
def refuse(fault: Refusal) -> Response:
    """Back to the sign-in page, with what went wrong."""
    text = translate(g.said, reader_language()) if "said" in g else fault.text(reader_language())
    answer = page("sign_in.html", fault=text, email=request.form.get("email", ""))
    answer.status_code = fault.status
    return answer


@blueprint.after_request
def protect(answer: Response) -> Response:
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "same-origin"
    if answer.mimetype == "text/html":  # who sits down at this browser next shall not page back
        answer.headers["Cache-Control"] = "no-store"
    return answer


def _home() -> Response:
    return redirect(f"{request.root_path}/", 303)  # type: ignore[return-value]


def page(template: str, **values: Any) -> Response:
    lang = reader_language()
    text = render_template(
        template, _=_speaker(lang), lang=lang, hub_name=wire.hub().name, root=request.root_path, **_who(),
        **values, others=[other for other in LANGUAGES if other != lang],
        quote=lambda said: quote(said, safe=""),
    )  # fmt: skip
    return Response(text, content_type="text/html; charset=utf-8")


def _who() -> dict[str, Any]:
    """Whoever is signed in; nobody when what the request says of itself is refused."""
    try:
        caller = wire.caller()
    except Refusal:
        return {"actor": None, "csrf": ""}
    return {"actor": caller.actor, "csrf": caller.session.csrf if caller.session else ""}


def _speaker(lang: str) -> Callable[..., str]:
    """The pages' `_`: a sentence in the reader's language, its places filled."""
    return lambda message, **values: translate(message, lang, **values)


def reader_language() -> str:
    """What was chosen by click, else what the browser asks for, else the hub's."""
    chosen = request.cookies.get(LANG_COOKIE)
    return chosen if chosen in LANGUAGES else wire.lang()
