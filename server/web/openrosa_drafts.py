"""The tablets' door to a form's draft, for trying it out: by the draft's own token, without signing in, or for
somebody who is signed in.

Sources: OpenRosa 1.0; ODK Central's API, "Draft Form Testing".
"""

from __future__ import annotations

from urllib.parse import quote

from flask import Blueprint, Response, request
from werkzeug.exceptions import HTTPException

from forms.errors import FormFault
from server import trials
from server.errors import Problem, Refusal
from server.intake import Post
from server.notices import receipt_text
from server.store import forms
from server.store.forms import Form, FormVersion
from server.store.projects import Project
from server.web import openrosa, wire
from server.web.multipart import read_parts
from server.web.openrosa import answer_xml, answers_in, home_of, staged_files, user_agent
from server.web.openrosa_xml import ListedForm, form_list, manifest, response
from server.web.rest.dataset_files import listed_media
from server.web.rest.form_drafts import DRAFT, draft
from server.web.rest.form_reading import Asked, find, require_readable
from server.web.rest.form_versions import VERSION, published

blueprint = Blueprint("openrosa_drafts", __name__)
TEST = "/v1/test/<token>/projects/<int:project_id>/forms/<xml_form_id>/draft"
blueprint.before_request(openrosa.check_version)
blueprint.after_request(openrosa.add_headers)
blueprint.register_error_handler(Refusal, openrosa.refuse)
blueprint.register_error_handler(FormFault, openrosa.refuse_content)
blueprint.register_error_handler(HTTPException, openrosa.refuse_request)
blueprint.register_error_handler(Exception, openrosa.refuse_for_now)


@blueprint.get(f"{TEST}/formList")
def list_draft(token: str, project_id: int, xml_form_id: str) -> Response:
    project = wire.project_or_404(project_id)
    try:
        trial = trials.opened_by(wire.hub(), project, xml_form_id, token)
    except Problem as fault:
        raise Problem("404.4") from fault
    version = _draft(trial)
    url = _url(token, project, trial)
    listed = ListedForm(
        trial.xml_form_id,
        version.name or trial.xml_form_id,
        version.version,
        version.md5,
        f"{url}.xml",
        f"{url}/manifest" if forms.list_files(wire.hub().read(), version.id) else None,
    )
    return answer_xml(form_list([listed]))


@blueprint.get(f"{TEST}/manifest")
def list_media(token: str, project_id: int, xml_form_id: str) -> Response:
    project = wire.project_or_404(project_id)
    trial = trials.opened_by(wire.hub(), project, xml_form_id, token)
    url, home = _url(token, project, trial), f"{wire.base_url()}/v1/test/{token}/projects/{project.id}"
    return answer_xml(manifest(listed_media(project, _draft(trial), url, home)))


@blueprint.get(f"{DRAFT}/manifest")
def list_draft_media(project_id: int, xml_form_id: str) -> Response:
    project, form = find(project_id, xml_form_id)
    return _manifest(Asked(project, form, draft(form)), "draft")


@blueprint.get(f"{VERSION}/manifest")
def list_version_media(project_id: int, xml_form_id: str, version: str) -> Response:
    project, form = find(project_id, xml_form_id)
    return _manifest(Asked(project, form, published(form, version)), f"versions/{quote(version, safe='')}")


def _manifest(asked: Asked, place: str) -> Response:
    require_readable(asked)
    form = quote(asked.form.xml_form_id, safe="")
    url = f"{wire.base_url()}{wire.prefix()}/projects/{asked.project.id}/forms/{form}/{place}"
    return answer_xml(manifest(listed_media(asked.project, asked.version, url, home_of(asked.project))))


def _draft(trial: Form) -> FormVersion:
    version = forms.find_version(wire.hub().read(), trial.current_id or 0)
    if version is None:
        raise Problem("404.1")
    return version


def _url(token: str, project: Project, trial: Form) -> str:
    form = quote(trial.xml_form_id, safe="")
    return f"{wire.base_url()}/v1/test/{token}/projects/{project.id}/forms/{form}/draft"


@blueprint.route(f"{TEST}/submission", methods=["GET", "HEAD"])
@blueprint.route(f"{DRAFT}/submission", methods=["GET", "HEAD"])
def announce(project_id: int, xml_form_id: str, token: str | None = None) -> tuple[str, int]:
    wire.project_or_404(project_id)
    if token is None:
        wire.actor()
    return "", 204


@blueprint.post(f"{TEST}/submission")
@blueprint.post(f"{DRAFT}/submission")
def receive(project_id: int, xml_form_id: str, token: str | None = None) -> Response:
    project = wire.project_or_404(project_id)
    with read_parts(request) as parts:
        trial = _opened(project, xml_form_id, token)
        by = wire.caller().by if token is None else None
        post = Post(
            project, answers_in(parts), {}, by, request.args.get("deviceID"), user_agent(), trial=trial
        )
        outcome = trials.try_out(wire.hub(), post, lambda: staged_files(parts))
    message = receipt_text(
        wire.lang(), missing=outcome.missing, again=outcome.again, parked=None, withdrawn=False
    )
    return answer_xml(response(message, "submit_success"), 201)


def _opened(project: Project, xml_form_id: str, token: str | None) -> Form:
    """Raises Problem 404.1; 401.2 for somebody signed in who may not send to this form (Central)."""
    if token is not None:
        return trials.opened_by(wire.hub(), project, xml_form_id, token)
    trial = trials.find_trial(wire.hub(), project, xml_form_id)
    if not wire.may("submission.create", project, trial):
        raise Problem("401.2")
    return trial
