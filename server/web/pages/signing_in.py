"""Signing in and out, and the language by one click."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from flask import Response, request

from i18n import LANGUAGES, mark, translate
from server import accounts
from server.accounts import SignIn
from server.errors import Fault, Problem, Refusal
from server.resets import reset_password
from server.web import wire
from server.web.credentials import SECURE_COOKIE
from server.web.pages.frame import (
    LANG_COOKIE,
    back,
    kept_fields,
    local,
    page,
    reader_language,
    refuse_other_sites,
    room,
)

blueprint = room("signing_in", is_open=True)
LANG_KEPT = timedelta(days=400)
CHANGED = mark("Your new password is set. Sign in with it.")


@blueprint.post("/sign-in")
def sign_in() -> Response:
    refuse_other_sites()
    email, password = request.form.get("email", ""), request.form.get("password", "")
    try:
        opened = wire.sign_in(email, password, request.headers.get("User-Agent"))
    except Problem as fault:
        raise Fault("auth.failed") from fault  # the same, in words for a person
    except Fault as fault:
        if fault.code != "second.needed":
            raise
        return _ask_code(str(fault.values["ticket"]))
    return _let_in(opened)


@blueprint.post("/sign-in/code")
def give_code() -> Response:
    refuse_other_sites()
    ticket = request.form.get("ticket", "")
    try:
        opened = wire.finish_sign_in(ticket, request.form.get("code", ""), request.headers.get("User-Agent"))
    except Fault as fault:
        if fault.code != "second.wrong":
            raise
        return _ask_code(ticket, fault)
    return _let_in(opened)


def _ask_code(ticket: str, fault: Fault | None = None) -> Response:
    said = fault.text(reader_language()) if fault else ""
    status = fault.status if fault else 200
    return page("sign_in_code.html", status, ticket=ticket, fault=said, **_carried())


def _carried() -> dict[str, Any]:
    return {"wanted": request.form.get("wanted", ""), "kept": kept_fields()}


def _let_in(opened: SignIn) -> Response:
    """On to where one was going; who was in the middle of a form sees it again, to be sent by a click."""
    carried = _carried()
    if carried["kept"]:
        wire.become(opened.token)
        answer = page("again.html", **{**carried, "wanted": local(carried["wanted"])})
    else:
        answer = back(local(carried["wanted"]))
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
    answer = back("/")
    name = wire.session_cookie()
    answer.delete_cookie(name, secure=name == SECURE_COOKIE, samesite="Lax")
    return answer


@blueprint.get("/new-password")
def ask_new_password() -> Response:
    """What the link of `server/resets.py` opens."""
    return page("new_password.html", token=request.args.get("token", ""))


@blueprint.post("/new-password")
def set_new_password() -> Response:
    refuse_other_sites()
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
    answer = back(local(request.args.get("from", "/")))
    if lang in LANGUAGES:
        answer.set_cookie(
            LANG_COOKIE, lang, max_age=LANG_KEPT, secure=wire.secure(), httponly=True, samesite="Lax"
        )
    return answer
