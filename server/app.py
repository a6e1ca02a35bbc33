"""Wires a hub to the web: one of the two places that know everything (the other is cli.py)."""

from __future__ import annotations

import importlib
from pathlib import Path
from typing import Any

from flask import Blueprint, Flask, request
from werkzeug.exceptions import HTTPException

from server.hub import Hub
from server.store.ledger_sqlite import head
from server.web import answers, sighted, wire
from server.web.gate import Gate
from server.web.pages.frame import static_files, unroutable
from server.web.wire import Running

# Each module's `blueprint`. Below API one signs in first; the others see to it themselves.
API = (
    "server.web.rest.sessions",
    "server.web.rest.users",
    "server.web.rest.user_preferences",
    "server.web.rest.user_resets",
    "server.web.rest.roles",
    "server.web.rest.projects",
    "server.web.rest.app_users",
    "server.web.rest.assignments",
    "server.web.rest.public_links",
    "server.web.rest.forms",
    "server.web.rest.form_drafts",
    "server.web.rest.form_versions",
    "server.web.rest.form_links",
    "server.web.rest.submissions",
    "server.web.rest.submission_attachments",
    "server.web.rest.submission_comments",
    "server.web.rest.submission_versions",
    "server.web.rest.submission_geojson",
    "server.web.rest.submission_audits",
    "server.web.rest.parked",
    "server.web.rest.conflicts",
    "server.web.rest.search",
    "server.web.rest.audits",
    "server.web.rest.backup",
    "server.web.rest.config",
    "server.web.rest.openapi",
    "server.web.rest.unavailable",
    "server.web.rest.datasets",
    "server.web.rest.dataset_diffs",
    "server.web.rest.actor_properties",
    "server.web.rest.entities",
    "server.web.rest.entity_history",
    "server.web.exports",
    "server.web.rest.form_exports",
    "server.web.rest.form_reports",
    "server.web.odata",
    "server.web.entity_odata",
)
PAGES = (
    "signing_in",
    "account",
    "today",
    "exports",
    "network",
    "projects",
    "submissions",
    "submission",
    "conflicts",
    "parked",
    "safety",
    "exports_overview",
    "consultation",
    "hubs",
    "pairing",
    "bundles",
    "devices",
    "people",
    "tablets",
    "forms",
    "form_page",
    "form_drafts",
    "form_translations",
    "form_papers",
)
OTHERS = (
    "server.web.facts",
    "server.web.openrosa",
    "server.web.openrosa_drafts",
    "server.web.rest.draft_testing",
    "server.web.hub",
    "server.web.hub_pairing",
    *(f"server.web.pages.{name}" for name in PAGES),
)


def create_app(data: Path | str, **settings: Any) -> Flask:
    """The WSGI application of an existing hub; settings as in server/config.py.

    `app.extensions["samleng"]` has `.hub` and `.close()`, which releases files and threads.
    Raises Fault data.not_a_hub, setting.unknown, setting.invalid.
    """
    hub = Hub(data, **settings)
    app = Flask(__name__, static_folder=None, template_folder=None)
    app.config["MAX_CONTENT_LENGTH"] = hub.config.max_content_length
    app.config["MAX_FORM_MEMORY_SIZE"] = None
    answers.dress(app)
    app.register_error_handler(HTTPException, unroutable)
    app.wsgi_app = gate = Gate(app.wsgi_app)  # type: ignore[method-assign]
    app.extensions["samleng"] = Running(hub, gate)
    api = {_open(app, name) for name in API}
    for name in OTHERS:
        _open(app, name)
    app.register_blueprint(static_files)
    app.before_request(lambda: wire.demand_sign_in() if request.blueprint in api else None)
    app.before_request(wire.take_notes)
    app.after_request(sighted.note)
    app.add_url_rule("/healthz", view_func=_health(hub))
    return app


def _open(app: Flask, name: str) -> str:
    """Registers the module's blueprint; returns the blueprint's name."""
    door: Blueprint = importlib.import_module(name).blueprint
    app.register_blueprint(door)
    return door.name


def _health(hub: Hub) -> Any:
    def healthz() -> dict[str, Any]:
        return {"status": "ok", "head": head(hub.read())}

    return healthz
