"""The page of whoever is signed in: on what devices, and the second factor. Server-rendered, no script."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from server import accounts, second_factor
from server.errors import Refusal
from server.overview import local_time
from server.store.second_factors import count_recovery_codes
from server.web import wire
from server.web.pages.codes import picture
from server.web.pages.frame import back, page, reader_language, room

blueprint = room("account")


@blueprint.get("/account")
def show() -> Response:
    return _account()


@blueprint.post("/account/sessions/<name>/end")
def end_session(name: str) -> Response:
    accounts.end_named_session(wire.hub(), wire.actor(), name, wire.caller().by)
    return back("/account")


@blueprint.get("/account/second-factor")
def offer() -> Response:
    return _offer(second_factor.new_secret())


@blueprint.post("/account/second-factor")
def switch_on() -> Response:
    """The secret comes back with the form: nothing is kept of it until a code shows that the phone has it."""
    secret = request.form.get("secret", "")
    try:
        recovery = second_factor.switch_on(wire.hub(), wire.actor(), secret, request.form.get("code", ""))
    except Refusal as fault:
        answer = _offer(secret, fault)
        answer.status_code = fault.status
        return answer
    return page("recovery_codes.html", recovery=recovery)


@blueprint.post("/account/second-factor/off")
def switch_off() -> Response:
    second_factor.switch_off(wire.hub(), wire.actor(), wire.caller().by)
    return back("/account")


def _account() -> Response:
    user, own = wire.actor(), wire.caller().session
    sessions = [
        {
            "name": name, "since": local_time(held.created_at), "until": local_time(held.expires_at),
            "device": held.user_agent or "", "is_this": own is not None and held.csrf == own.csrf,
        }
        for name, held in accounts.sessions_of(wire.hub(), user)
    ]  # fmt: skip
    is_on = second_factor.is_on(wire.hub(), user)
    left = count_recovery_codes(wire.hub().read(), user.id) if is_on else 0
    return page("account.html", sessions=sessions, second_factor=is_on, codes_left=left)


def _offer(secret: str, fault: Refusal | None = None) -> Response:
    address = second_factor.address_of(wire.hub(), wire.actor(), secret)
    said: dict[str, Any] = {"secret": secret, "picture": picture(address, error="m", scale=6)}
    return page("second_factor.html", **said, fault=fault.text(reader_language()) if fault else "")
