"""The draft of a form: brought, looked at, tried out on a tablet, published or discarded."""

from __future__ import annotations

from typing import Any

from flask import Response, request

from forms.changes import GROUPS, grouped
from forms.errors import FormFault
from i18n import mark
from server import drafts, publish, trials
from server.errors import Fault, Problem, Refusal
from server.form_shelf import draft_changes, name_of, slots, suggested_version
from server.form_uploads import Looked, add_draft, add_files, check_draft, draft_report, look
from server.overview import local_time
from server.store import datasets, forms
from server.store.forms import Form, FormVersion
from server.store.paging import count_live
from server.store.projects import Project
from server.tablets import payload
from server.trial_answers import SHOWN, tried
from server.web import wire
from server.web.pages.codes import is_here, picture, tablet_address
from server.web.pages.form_page import (
    FORM,
    changed_meanwhile,
    find,
    form_page,
    place,
    title_of,
    trail,
    version_of,
)
from server.web.pages.forms import read_files, read_upload, tell_unused
from server.web.pages.frame import back, page, reader_language, room, say, takes_files, tell

blueprint = room("form_draft_pages")
DRAFT = f"{FORM}/draft"
FINDINGS, TRY_OUT = mark("What was found"), mark("Try it out")
VERSION_LIMIT = 100  # characters
ADDRESS_LIMIT = 300
HERE = ("127.0.0.1", "localhost", "::1")


def _drafted(project_id: int, xml_form_id: str) -> tuple[Project, Form, FormVersion]:
    """Raises Problem 404.1, 403.1, Fault form.no_draft."""
    project, form = find(project_id, xml_form_id, "form.update")
    draft = version_of(form, form.draft_id)
    if draft is None:
        raise Fault("form.no_draft")
    return project, form, draft


@blueprint.get(DRAFT)
def show(project_id: int, xml_form_id: str) -> Response:
    project, form = find(project_id, xml_form_id, "form.update")
    draft = version_of(form, form.draft_id)
    if draft is None:  # published or discarded meanwhile
        return back(place(form))
    return draft_page(project, form, draft)


def draft_page(
    project: Project, form: Form, draft: FormVersion, fault: Any = None, status: int = 200, **more: Any
) -> Response:
    """more: `looked`, an upload that was refused for what was found in it; `version`, as it was typed."""
    hub = wire.hub()
    found = draft_changes(hub, form, draft)
    values = {"version": suggested_version(hub, form, draft), "looked": None, **more}
    return page(
        "forms/draft.html", status, section="forms", project=project, form=form, draft=draft, place=place(form),
        title=title_of(form), trail=trail(project, form, (_said_draft(), None)), at=local_time(draft.created_at),
        by=name_of(hub, draft.created_by), report=draft_report(hub, form, draft), slots=slots(hub, project, draft),
        changes=None if found is None else grouped(found), groups=GROUPS, out=version_of(form, form.current_id),
        tests=count_live(hub.read(), -form.id), fault=fault.text(reader_language()) if fault else "",
        taken=values["version"] != draft.version, **values,
    )  # fmt: skip


def _said_draft() -> str:
    return say(mark("Draft"))


@blueprint.post(DRAFT)
@takes_files
def bring(project_id: int, xml_form_id: str) -> Response:
    """A new draft from a workbook, in place of one there is."""
    project, form = find(project_id, xml_form_id, "form.update")
    try:
        if request.form.get("seen", "") != (form.trial or ""):
            raise changed_meanwhile(form)
        looked = look(wire.hub(), project, read_upload(), form)
        if looked.definition is None:
            return _shown_again(project, form, status=400, looked=looked)
        unused = add_draft(wire.hub(), form, looked, by=wire.caller().by)
    except (Refusal, FormFault) as fault:
        return _shown_again(project, form, fault, getattr(fault, "status", 400))
    tell(mark("The new draft is here. What is published stays as it is until you publish the draft."))
    tell_unused(unused)
    return back(place(form, "/draft"))


def _shown_again(
    project: Project, form: Form, fault: Any = None, status: int = 400, looked: Looked | None = None
) -> Response:
    """The page that the workbook was brought on."""
    draft = version_of(form, form.draft_id)
    if draft is None:
        return form_page(project, form, fault, status, looked=looked)
    return draft_page(project, form, draft, fault, status, looked=looked)


@blueprint.get(f"{DRAFT}/findings")
def show_findings(project_id: int, xml_form_id: str) -> Response:
    """Looks at the draft's workbook again, which takes seconds. ?part: only what the draft's page shows of it."""
    project, form, draft = _drafted(project_id, xml_form_id)
    report = check_draft(wire.hub(), form, draft)
    template = "forms/found.html" if "part" in request.args else "forms/findings_page.html"
    return page(
        template, section="forms", project=project, form=form, place=place(form), report=report, title=title_of(form),
        trail=trail(project, form, (_said_draft(), place(form, "/draft")), (say(FINDINGS), None)),
    )  # fmt: skip


@blueprint.post(f"{DRAFT}/files")
@takes_files
def bring_files(project_id: int, xml_form_id: str) -> Response:
    project, form, draft = _drafted(project_id, xml_form_id)
    files = read_files()
    if not files:
        fault = Fault("upload.no_files")
        return draft_page(project, form, draft, fault, fault.status)
    unused = add_files(wire.hub(), form, files, by=wire.caller().by)
    if len(unused) < len(files):
        tell(mark("Files put with the draft: {n}."), n=len(files) - len(unused))
    tell_unused(unused)
    return back(place(form, "/draft"))


@blueprint.post(f"{DRAFT}/files/remove")
def remove_file(project_id: int, xml_form_id: str) -> Response:
    project, form, draft = _drafted(project_id, xml_form_id)
    name = request.form.get("name", "")
    linked = name in datasets.list_links(wire.hub().read(), draft.id)
    try:
        if linked:
            drafts.link_draft(wire.hub(), form, name, None, by=wire.caller().by)
        else:
            drafts.attach_to_draft(wire.hub(), form, name, None, by=wire.caller().by)
    except Problem as fault:
        return draft_page(project, form, draft, fault, fault.status)
    tell(mark("{name} is taken out of the draft."), name=name)
    return back(place(form, "/draft"))


@blueprint.post(f"{DRAFT}/files/link")
def link_list(project_id: int, xml_form_id: str) -> Response:
    """Fills a file's place with the entity list of its name."""
    project, form, draft = _drafted(project_id, xml_form_id)
    wire.require("entity.list", project)
    name = request.form.get("name", "")
    dataset = datasets.find_dataset(wire.hub().read(), project.uid, name.removesuffix(".csv"))
    try:
        if dataset is None:
            raise Problem("404.1")
        drafts.link_draft(wire.hub(), form, name, dataset, by=wire.caller().by)
    except Problem as fault:
        return draft_page(project, form, draft, fault, fault.status)
    tell(mark("Tablets now get {name} from the list that the hub keeps."), name=name)
    return back(place(form, "/draft"))


@blueprint.post(f"{DRAFT}/publish")
def publish_it(project_id: int, xml_form_id: str) -> Response:
    project, form, draft = _drafted(project_id, xml_form_id)
    version = request.form.get("version", "").strip()
    try:
        if request.form.get("seen") != form.trial:
            raise changed_meanwhile(form)
        if not 0 < len(version) <= VERSION_LIMIT:
            raise Fault(
                "form.version", limit=VERSION_LIMIT, suggested=suggested_version(wire.hub(), form, draft)
            )
        given = version if version != draft.version else None
        publish.publish_draft(wire.hub(), form, version=given, by=wire.caller().by)
    except Refusal as fault:
        return draft_page(project, form, draft, fault, fault.status, version=version)
    tell(
        mark("Version {version} is published. Tablets fetch it the next time they look for forms."),
        version=version,
    )
    return back(place(form))


@blueprint.post(f"{DRAFT}/discard")
def discard(project_id: int, xml_form_id: str) -> Response:
    project, form, draft = _drafted(project_id, xml_form_id)
    try:
        drafts.drop_draft(wire.hub(), form, by=wire.caller().by)
    except Problem as fault:
        return draft_page(project, form, draft, fault, fault.status)
    tell(mark("The draft is discarded. What is published stays as it is."))
    return back(place(form))


# Trying it out


@blueprint.get(f"{DRAFT}/test")
def show_test(project_id: int, xml_form_id: str) -> Response:
    """?address: where a tablet reaches the hub, when that is not what the page was asked under."""
    project, form, draft = _drafted(project_id, xml_form_id)
    address = request.args.get("address", "").strip().rstrip("/") or tablet_address()
    fault = None
    if not address.startswith(("http://", "https://")) or len(address) > ADDRESS_LIMIT:
        fault, address = Fault("pair.url_invalid", url=address[:ADDRESS_LIMIT]), tablet_address()
    said = trials.settings_for(address, project, form, draft.name or form.xml_form_id)
    trial = forms.as_trial(form)
    assert trial is not None
    return page(
        "forms/test.html", fault.status if fault else 200, section="forms", project=project, form=form,
        place=place(form), title=title_of(form), address=address, url=said["general"]["server_url"],
        picture=picture(payload(said)), is_here=is_here(address),
        tests=tried(wire.hub(), trial, reader_language()), total=count_live(wire.hub().read(), trial.id),
        limit=SHOWN, fault=fault.text(reader_language()) if fault else "",
        trail=trail(project, form, (_said_draft(), place(form, "/draft")), (say(TRY_OUT), None)),
    )  # fmt: skip


@blueprint.post(f"{DRAFT}/test/clear")
def clear_tests(project_id: int, xml_form_id: str) -> Response:
    _, form, _ = _drafted(project_id, xml_form_id)
    trials.clear(wire.hub(), form, by=wire.caller().by)
    tell(mark("What was tried out is gone."))
    return back(place(form, "/draft/test"))
