"""The tablets' door: OpenRosa form list, manifest and submission, for ODK Collect.

It differs from ODK Central on purpose in one thing: a submission is never refused because of what we
think of it (server/intake.py). Answers are OpenRosa XML, errors too: Collect shows their message.
Sources: OpenRosa 1.0; docs/openrosa.md.
"""

from __future__ import annotations

import io
import logging
from email.utils import formatdate
from urllib.parse import quote

from flask import Blueprint, Response, g, request
from werkzeug.exceptions import HTTPException, RequestEntityTooLarge

from forms.errors import FormFault
from server import intake
from server.entity_making import catch_up
from server.errors import Fault, Problem, Refusal, places
from server.intake import Outcome, Post
from server.notices import receipt_text
from server.store import dataset_rows, datasets, forms
from server.store.blobs import Staged
from server.store.datasets import Dataset
from server.store.forms import Form, FormVersion
from server.store.projects import Project
from server.web import wire
from server.web.multipart import Parts, read_parts
from server.web.openrosa_xml import ListedForm, form_list, integrity, manifest, response
from server.web.rest.dataset_files import caller_sight, listed_media

log = logging.getLogger(__name__)
blueprint = Blueprint("openrosa", __name__)
XML_PART = "xml_submission_file"
READ = ("form.read", "open_form.read")


@blueprint.before_request
def check_version() -> None:
    g.plain_basic = True  # tablets on a hub's own Wi-Fi have no https
    if request.headers.get("X-OpenRosa-Version") != "1.0":
        raise Fault("openrosa.version")
    if not request.path.startswith("/v1/test/"):  # a draft's token is looked at with its draft
        wire.actor()  # nobody learns what is here without signing in


@blueprint.after_request
def add_headers(answer: Response) -> Response:
    answer.headers["X-OpenRosa-Version"] = "1.0"
    answer.headers["X-OpenRosa-Accept-Content-Length"] = str(wire.hub().config.accept_content_length)
    answer.headers["Date"] = formatdate(usegmt=True)
    return answer


@blueprint.get("/v1/projects/<int:number>/formList")
def list_forms(number: int) -> Response:
    project = wire.project_or_404(number)
    wire.actor()
    wanted = request.args.get("formID")
    listed = [f for f in forms.list_forms(wire.hub().read(), project.id) if _is_listed(project, f, wanted)]
    return answer_xml(form_list(_listed(project, f) for f in listed))


def _is_listed(project: Project, form: Form, wanted: str | None) -> bool:
    offered = form.current_id is not None and form.state == "open" and wanted in (None, form.xml_form_id)
    return offered and any(wire.may(verb, project, form) for verb in READ)


def _listed(project: Project, form: Form) -> ListedForm:
    db = wire.hub().read()
    version = _published(form)
    url = f"{wire.base_url()}{wire.prefix()}/projects/{project.id}/forms/{quote(form.xml_form_id, safe='')}"
    has_files = bool(forms.list_files(db, version.id))
    return ListedForm(
        form.xml_form_id, version.name or form.xml_form_id, version.version, version.md5, f"{url}.xml",
        f"{url}/manifest" if has_files else None,
    )  # fmt: skip


def _published(form: Form) -> FormVersion:
    version = forms.find_version(wire.hub().read(), form.current_id) if form.current_id else None
    if version is None:
        raise Problem("404.1")
    return version


@blueprint.get("/v1/projects/<int:number>/forms/<xml_form_id>/manifest")
def list_media(number: int, xml_form_id: str) -> Response:
    project = wire.project_or_404(number)
    form = wire.form_or_404(project, xml_form_id)
    wire.actor()
    if not any(wire.may(verb, project, form) for verb in READ):
        raise Problem("403.1")
    url = f"{wire.base_url()}{wire.prefix()}/projects/{project.id}/forms/{quote(xml_form_id, safe='')}"
    return answer_xml(manifest(listed_media(project, _published(form), url, home_of(project))))


def home_of(project: Project) -> str:
    return f"{wire.base_url()}{wire.prefix()}/projects/{project.id}"


@blueprint.get("/v1/projects/<int:number>/datasets/<name>/integrity")
def show_integrity(number: int, name: str) -> Response:
    """?id=UUID,UUID: which of these entities are gone, or not to be seen; else of all of the list."""
    project = wire.project_or_404(number)
    dataset = datasets.find_dataset(wire.hub().read(), project.uid, name)
    if dataset is None:
        raise Problem("404.1")
    catch_up(wire.hub())
    if not wire.may("entity.list", project) and not _reads_form_with(project, dataset):
        raise Problem("403.1" if wire.caller().actor else "401.2")
    wanted = request.args.get("id")
    ids = [each.strip().lower() for each in wanted.split(",")] if wanted else None
    db = wire.hub().read()
    return answer_xml(integrity(dataset_rows.list_states(db, dataset, caller_sight(project, dataset), ids)))


def _reads_form_with(project: Project, dataset: Dataset) -> bool:
    """Whether the caller reads an open form that has the list as a file."""
    db = wire.hub().read()
    found = (forms.find_form(db, project.id, f.xml_form_id) for f in datasets.list_linked_forms(db, dataset))
    return any(
        f is not None and f.state != "closed" and any(wire.may(verb, project, f) for verb in READ)
        for f in found
    )


@blueprint.route("/v1/projects/<int:number>/submission", methods=["GET", "HEAD"])
def announce(number: int) -> tuple[str, int]:
    """The pre-flight: 204 and how much to send at once. Collect takes a 200 for a captive portal."""
    wire.project_or_404(number)
    wire.actor()
    return "", 204


@blueprint.post("/v1/projects/<int:number>/submission")
def receive(number: int) -> Response:
    project = wire.project_or_404(number)
    caller = wire.caller()
    if caller.actor is None:
        raise Problem("401.2")
    with read_parts(request) as parts:
        post = _post(project, caller, answers_in(parts))
        outcome = intake.accept(wire.hub(), post, lambda: staged_files(parts))
    message = receipt_text(
        wire.lang(),
        missing=outcome.missing,
        again=outcome.again,
        parked=outcome.parked,
        withdrawn=outcome.withdrawn,
    )
    return answer_xml(response(message, _nature(outcome)), 201)


def _nature(outcome: Outcome) -> str:
    return "submit_success" if outcome.parked is None else "submit_parked"


def _post(project: Project, caller: wire.Caller, xml: bytes) -> Post:
    return Post(
        project, xml, {}, caller.by, request.args.get("deviceID"), user_agent(),
        admitted=lambda form: _admitted(project, form),
    )  # fmt: skip


def staged_files(parts: Parts) -> dict[str, Staged]:
    store = wire.hub().blobs
    return {name: store.stage(stream) for name, stream in parts.files.items()}


def answers_in(parts: Parts) -> bytes:
    """Takes the answers out of the parts. Raises Fault submission.no_file, submission.no_content."""
    if XML_PART in parts.texts:
        parts.files.setdefault(XML_PART, io.BytesIO(parts.texts[XML_PART].encode()))
    if XML_PART not in parts.files:
        raise Fault("submission.no_file", field=XML_PART)
    # One byte more than is taken shows that it is too large, without reading it all.
    xml = parts.files.pop(XML_PART).read(wire.hub().config.max_xml_length + 1)
    if not xml:
        raise Fault("submission.no_content")
    return xml


def _admitted(project: Project, form: Form | None) -> bool:
    """Whether the form was given to this caller. A tablet of the project that was not given it may
    still hand its answers over: they are parked. Raises Problem 401.2 for anybody else (Central)."""
    if wire.may("submission.create", project, form):
        return True
    actor = wire.actor()
    if actor.type == "field_key" and actor.project == project.uid:
        return False
    raise Problem("401.2")


def user_agent() -> str:
    client = request.headers.get("odk-client")
    agent = request.headers.get("User-Agent", "")
    return f"{client} {agent}" if client else agent


def answer_xml(document: bytes, status: int = 200) -> Response:
    return Response(document, status, content_type="text/xml; charset=utf-8")


@blueprint.errorhandler(Refusal)
def refuse(fault: Refusal) -> Response:
    answer = answer_xml(response(fault.text(wire.lang()), "error"), fault.status)
    if fault.status == 401 and wire.caller_may_sign_in():
        answer.headers["WWW-Authenticate"] = wire.challenge()
    return answer


@blueprint.errorhandler(FormFault)
def refuse_content(fault: FormFault) -> Response:
    """No submission at all."""
    return answer_xml(response(Fault(fault.code, **fault.values).text(wire.lang()), "error"), 400)


@blueprint.errorhandler(HTTPException)
def refuse_request(fault: HTTPException) -> Response:
    limit = wire.hub().config.max_content_length
    if isinstance(fault, RequestEntityTooLarge):
        return refuse(Fault("submission.too_large", limit_bytes=limit))
    answer = refuse(Fault("submission.multipart"))
    answer.status_code = fault.code or 400
    return answer


@blueprint.errorhandler(Exception)
def refuse_for_now(fault: Exception) -> Response:
    """Whatever went wrong, the tablet keeps its copy and is told to send it later."""
    log.error("submission not stored fault=%s", places(fault))
    return refuse(Fault("hub.busy"))
