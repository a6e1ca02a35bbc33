"""The page that a new hub begins with, until it has somebody to sign in as.

Only for a browser on the hub's own computer: whoever comes first becomes its administrator. The address asked
for must be this computer's own too, or a page elsewhere could have its name point here (DNS rebinding).
"""

from __future__ import annotations

import ipaddress
import tempfile
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, redirect, render_template, request

from forms.bundled import bundled_forms
from i18n import LANGUAGES, choose_language, mark, translate
from server import upkeep
from server.errors import Fault, Refusal
from server.first_start import Beginning, begin
from server.web.pages.frame import LANG_COOKIE, POLICY, STATIC, asset
from server.web.pages.signing_in import LANG_KEPT

FORM_LIMIT = 10_000  # bytes
BACKUP_LIMIT = 10**12  # as large as the hub was
FIRST_FORM = "wps_consultation"  # chosen beforehand: what the hub was most likely installed for
PROJECT = mark("National consultation on women, peace and security")
LANGUAGE = "km"


def first_start(data: Path, made: Callable[[], object]) -> Flask:
    """made: called once the hub stands, before the browser is sent on to it."""
    app = Flask(
        __name__,
        template_folder=str(STATIC.parent / "templates"),
        static_folder=str(STATIC),
        static_url_path="/static",
    )
    app.config["MAX_CONTENT_LENGTH"] = FORM_LIMIT
    lock = threading.Lock()

    @app.before_request
    def guard() -> None:
        if not _is_here(request.remote_addr or "", request.host) or not _is_own_page():
            raise Fault("first.elsewhere")

    @app.get("/")
    def ask() -> Response:
        return _page({"project": translate(PROJECT, _lang()), "forms": [FIRST_FORM]})

    @app.post("/first-start")
    def take() -> Response:
        with lock:  # a double click is one beginning
            begin(data, _said()).close()
            made()
        return redirect("/", 303)  # type: ignore[return-value]

    @app.post("/restore")
    def restore() -> Response:
        request.max_content_length = BACKUP_LIMIT
        with lock, tempfile.TemporaryDirectory() as folder:
            upkeep.restore(_backup(Path(folder)), data, request.form.get("passphrase") or None)
            made()
        return redirect("/", 303)  # type: ignore[return-value]

    @app.get("/language/<lang>")
    def choose(lang: str) -> Response:
        answer: Response = redirect("/", 303)  # type: ignore[assignment]
        if lang in LANGUAGES:
            answer.set_cookie(LANG_COOKIE, lang, max_age=LANG_KEPT, httponly=True, samesite="Lax")
        return answer

    @app.get("/healthz")
    def healthz() -> tuple[dict[str, str], int]:
        return {"status": "new"}, 503

    app.register_error_handler(404, lambda _: redirect("/", 303) if request.method == "GET" else ("", 503))
    app.register_error_handler(Refusal, _refuse)
    app.after_request(_protect)
    return app


def _backup(folder: Path) -> Path:
    """The file as it was brought, or where it lies on this computer: a large one need not be copied first.
    Raises Fault bundle.none_chosen, file.unreadable."""
    file, said = request.files.get("file"), request.form.get("path", "").strip()
    if file is not None and file.filename:
        path = folder / "brought"
        file.save(path)
        return path
    if not said:
        raise Fault("bundle.none_chosen")
    path = Path(said)
    if not path.is_file():
        raise Fault("file.unreadable", path=said, reason="")
    return path


def _is_here(address: str, host: str) -> bool:
    name = urlsplit(f"//{host}").hostname or ""
    return _is_loopback(address) and (name == "localhost" or _is_loopback(name))


def _is_loopback(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


def _is_own_page() -> bool:
    origin = request.headers.get("Origin")
    return origin is None or urlsplit(origin).netloc == request.host


def _said() -> Beginning:
    said = request.form
    texts = {
        name: said.get(name, "") for name in ("name", "email", "password", "again", "display_name", "project")
    }
    return Beginning(**texts, forms=said.getlist("forms"))


def _refuse(fault: Refusal) -> Response:
    """The page again with what was said, but for the passwords."""
    if fault.code == "first.elsewhere":
        return Response(fault.text(_lang()), status=403, content_type="text/plain; charset=utf-8")
    said: dict[str, Any] = {**request.form, "forms": request.form.getlist("forms")}
    answer = _page(said, fault.text(_lang()))
    answer.status_code = fault.status
    return answer


def _page(said: dict[str, Any], fault: str = "") -> Response:
    lang = _lang()
    text = render_template(
        "first_start.html", _=lambda message, **values: translate(message, lang, **values), lang=lang,
        hub_name=translate(mark("New hub"), lang), root="", actor=None, asset=asset, said=said, fault=fault,
        bundled=bundled_forms(), others=[other for other in LANGUAGES if other != lang],
    )  # fmt: skip
    return Response(text, content_type="text/html; charset=utf-8")


def _lang() -> str:
    chosen = request.cookies.get(LANG_COOKIE)
    return (
        chosen if chosen in LANGUAGES else choose_language(request.headers.get("Accept-Language"), LANGUAGE)
    )


def _protect(answer: Response) -> Response:
    answer.headers["Content-Security-Policy"] = POLICY
    answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["Referrer-Policy"] = "same-origin"
    if answer.mimetype == "text/html":
        answer.headers["Cache-Control"] = "no-store"
    return answer
