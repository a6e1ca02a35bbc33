"""Safety: the audit log to read, backups, and who is signed in."""

from __future__ import annotations

import csv
import io
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from flask import Response, request

from i18n import mark, translate
from server import accounts, audits, second_factor, upkeep
from server.audit_words import GROUPS, Teller
from server.audits import Wanted
from server.backups import is_due, last_backup
from server.clock import stamp
from server.errors import Fault, Refusal
from server.hub import Hub
from server.overview import local_time
from server.people import roles_in
from server.roles import ADMIN
from server.sealing import is_sealed
from server.store import actors
from server.store.audits import ALL_TIMES, microseconds
from server.store.submissions import count_everywhere
from server.web import wire
from server.web.form_data import streamed
from server.web.pages.asked import day_begun, number_said
from server.web.pages.frame import back, page, reader_language, room, takes_files, tell
from server.web.rest.backup import pieces_of

blueprint = room("safety")
SHOWN, SHORTEST = 100, 10
HEADINGS = (mark("When"), mark("Who"), mark("What"), mark("Where"), mark("Notes"))
LAST_PAGE = 1_000_000


@blueprint.get("/safety")
def show() -> Response:
    wire.require("audit.read")
    admins = [held.user for held in roles_in(wire.hub(), None) if held.role == ADMIN]
    bare = [user.display_name for user in admins if not second_factor.is_on(wire.hub(), user)]
    return page(
        "safety/show.html", section="safety", last=last_backup(wire.hub().data), due=is_due(wire.hub()), at=local_time,
        bare=bare, paused=wire.running().attempts.paused(),
    )  # fmt: skip


# The audit log


@blueprint.get("/safety/audit")
def show_audit() -> Response:
    wire.require("audit.read")
    audits.catch_up(wire.hub())
    at = _page_number()
    lines = list(Teller(wire.hub().read()).sentences(_wanted(SHOWN + 1, (at - 1) * SHOWN)))
    kept = {name: request.args[name] for name in ("action", "since", "until") if request.args.get(name)}
    return page(
        "safety/audit.html", section="safety", lines=lines[:SHOWN], is_more=len(lines) > SHOWN, at_page=at,
        groups=GROUPS, said=request.args, query=urlencode(kept),
    )  # fmt: skip


@blueprint.get("/safety/audit.csv")
def take_audit() -> Response:
    """What is shown, all of it, in the reader's language."""
    wire.require("audit.read")
    audits.catch_up(wire.hub())
    answer = Response(
        _lines(wire.hub(), _wanted(-1, 0), reader_language()), mimetype="text/csv; charset=utf-8"
    )
    answer.headers["Content-Disposition"] = "attachment; filename=audit.csv"
    return answer


def _lines(hub: Hub, wanted: Wanted, lang: str) -> Iterator[str]:
    """It outlives the request, so it reads by itself."""
    db = hub.database.separate_reader()
    try:
        yield "\ufeff" + _row([translate(words, lang) for words in HEADINGS])
        for one in Teller(db).sentences(wanted):
            words = translate(one.words, lang, what=one.what, action=one.action)
            yield _row([one.at, one.who, words, one.hub, one.notes])
    finally:
        db.close()


def _row(cells: list[str]) -> str:
    held = io.StringIO()
    # A cell that a spreadsheet would take for a formula is made harmless: names come from anywhere.
    csv.writer(held).writerow(["'" + cell if cell[:1] in "=+-@\t\r" and cell else cell for cell in cells])
    return held.getvalue()


def _wanted(limit: int, offset: int) -> Wanted:
    action = request.args.get("action", "")
    action = action if action in GROUPS else ""
    since, until = request.args.get("since", ""), request.args.get("until", "")
    span = (_moment(since, 0, ALL_TIMES[0]), _moment(until, 1, ALL_TIMES[1]))
    return Wanted(action or None, span, limit, offset)


def _moment(said: str, later: int, default: int) -> int:
    """The beginning of a day, in microseconds; what is none is passed over."""
    begun = day_begun(said, later)
    return microseconds(begun.isoformat()) if begun is not None else default


def _page_number() -> int:
    return min(max(1, number_said(request.args.get("page")) or 1), LAST_PAGE)


# Backup


@blueprint.get("/safety/backup")
def show_backup() -> Response:
    wire.require("backup.run")
    return _backup()


@blueprint.post("/safety/backup")
def make_backup() -> Response:
    """Sealed with a passphrase: whoever finds the stick reads nothing."""
    wire.require("backup.run")
    said = request.form
    if len(said.get("passphrase", "")) < SHORTEST or said["passphrase"] != said.get("again"):
        return _backup(Fault("backup.passphrase", least=SHORTEST))
    hub = wire.hub()
    with ExitStack() as guard:
        folder = guard.enter_context(tempfile.TemporaryDirectory(dir=hub.data, prefix=upkeep.SENDING))
        copy = Path(folder) / "copy.tar"
        upkeep.backup(hub, copy)
        pieces = pieces_of(hub, copy, said["passphrase"])
        answer = streamed(pieces, guard.pop_all(), "application/octet-stream")
    moment = stamp(hub.clock.now())[:19].replace(":", "-")
    answer.headers["Content-Disposition"] = f'attachment; filename="samleng-backup-{moment}.tar.sealed"'
    return answer


@blueprint.post("/safety/backup/check")
@takes_files
def check_backup() -> Response:
    """Whether a backup can be opened, and what is in it: found out before it is needed."""
    wire.require("backup.run")
    file = request.files.get("file")
    try:
        if file is None or not file.filename:
            raise Fault("bundle.none_chosen")
        found = _looked_into(file)
    except Refusal as fault:
        return _backup(fault)
    return _backup(found=found)


def _looked_into(file: Any) -> dict[str, Any]:
    """Restored into a folder of its own, which goes again."""
    with tempfile.TemporaryDirectory(dir=wire.hub().data, prefix=upkeep.SENDING) as folder:
        path, data = Path(folder) / "brought", Path(folder) / "data"
        file.save(path)
        with path.open("rb") as stream:
            sealed = is_sealed(stream)
        upkeep.restore(path, data, request.form.get("passphrase") if sealed else None)
        opened = Hub(data, background=False)
        try:
            count, newest = count_everywhere(opened.read())
            return {"name": opened.name, "count": count, "newest": local_time(newest)}
        finally:
            opened.close()


def _backup(fault: Refusal | None = None, found: dict[str, Any] | None = None) -> Response:
    hub = wire.hub()
    return page(
        "safety/backup.html", fault.status if fault else 200, section="safety", last=last_backup(hub.data),
        at=local_time, due=is_due(hub), found=found, least=SHORTEST,
        fault=fault.text(reader_language()) if fault else "",
    )  # fmt: skip


# Who is signed in


@blueprint.get("/safety/sessions")
def show_sessions() -> Response:
    wire.require("user.list")
    own, people = wire.caller().session, []
    for user in actors.list_users(wire.hub().read()):
        held = accounts.sessions_of(wire.hub(), user)
        if held:
            rows = [{"name": name, "since": local_time(one.created_at), "until": local_time(one.expires_at),
                     "device": one.user_agent or "", "is_this": own is not None and own.csrf == one.csrf}
                    for name, one in held]  # fmt: skip
            people.append((user, rows))
    return page(
        "safety/sessions.html", section="safety", people=people, paused=wire.running().attempts.paused()
    )


@blueprint.post("/safety/sessions/<int:number>/end")
def end_sessions(number: int) -> Response:
    """One, or all of a person."""
    caller = wire.require("user.update")
    user = actors.find_actor(wire.hub().read(), number)
    if user is None:
        raise Fault("user.unknown", email=str(number))
    wanted = request.form.get("name", "")
    ended = 0
    for name, _ in accounts.sessions_of(wire.hub(), user):
        if wanted in ("", name):
            ended += accounts.end_named_session(wire.hub(), user, name, caller.by)
    tell(mark("{n} sign-ins of {name} are ended."), n=ended, name=user.display_name)
    return back("/safety/sessions")


@blueprint.post("/safety/sessions/forgive")
def forgive() -> Response:
    wire.require("user.update")
    wire.running().attempts.forgive(request.form.get("who", ""), request.form.get("place", ""))
    tell(mark("They may try again at once."))
    return back("/safety/sessions")
