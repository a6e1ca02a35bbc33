"""Forms straight from a tablet that cannot send: its folder, packed as a zip, brought to the hub."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

from flask import Response, request

from i18n import mark
from server import upkeep
from server.archives import unpack
from server.device import Line, Report, State, import_folder
from server.errors import Fault, Refusal
from server.notices import PARKED
from server.store.projects import Project
from server.web import wire
from server.web.pages.frame import page, reader_language, room, say, takes_files

blueprint = room("devices")
ADDRESS = "/projects/<int:project_id>/device"
WORDS = {
    State.NEW: mark("new, taken"),
    State.HELD: mark("held already"),
    State.PARKED: mark("taken and set aside"),
    State.WITHDRAWN: mark("withdrawn by its owner, not taken again"),
    State.UNFINISHED: mark("not finished on the tablet, left alone"),
    State.UNCONFIRMED: mark("left alone: nobody can tell whether it is finished"),
    State.UNREADABLE: mark("not taken"),
}


@blueprint.get(ADDRESS)
def ask(project_id: int) -> Response:
    return _page(_project(project_id))


@blueprint.post(ADDRESS)
@takes_files
def take(project_id: int) -> Response:
    project = _project(project_id)
    file = request.files.get("file")
    try:
        if file is None or not file.filename:
            raise Fault("bundle.none_chosen")
        with tempfile.TemporaryDirectory(dir=wire.hub().data, prefix=upkeep.BROUGHT) as folder:
            place = Path(folder) / "tablet"
            unpack(file.stream, place)  # type: ignore[arg-type]
            report = import_folder(
                wire.hub(),
                place,
                project=project,
                unconfirmed="unconfirmed" in request.form,
                by=wire.caller().by,
            )
    except Refusal as fault:
        return _page(project, fault=fault)
    return _page(project, report=report)


def _project(project_id: int) -> Project:
    project = wire.project_or_404(project_id)
    wire.require("submission.create", project)
    return project


def _page(project: Project, *, report: Report | None = None, fault: Refusal | None = None) -> Response:
    lines = [_told(line) for line in report.lines] if report else []
    return page(
        "hubs/device.html", fault.status if fault else 200, section="people", project=project, lines=lines,
        is_done=report is not None, taken=report.taken if report else 0,
        fault=fault.text(reader_language()) if fault else "",
    )  # fmt: skip


def _told(line: Line) -> dict[str, Any]:
    reason = (
        say(PARKED[line.parked]) if line.parked else line.fault.text(reader_language()) if line.fault else ""
    )
    return {"line": line, "words": say(WORDS[line.state]), "reason": reason}
