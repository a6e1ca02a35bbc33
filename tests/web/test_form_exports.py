"""…/export and …/exports over HTTP: what is sent, who may, who is told, and what remains."""

from __future__ import annotations

import hashlib
import io
import zipfile
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from flask.testing import FlaskClient

from server.accounts import assign, create_user
from server.app import create_app
from server.export_entries import taken_of
from server.export_jobs import KEPT_S
from server.exporting import form_named
from server.hub import Hub
from server.roles import role_named
from server.store.projects import find_project
from server.upkeep import sweep
from tests.conftest import EMAIL, PASSWORD, QUICK, as_bearer, sign_in
from tests.web.conftest import ELSEWHERE, EXAMPLE, Hands, Survey

Ask = Callable[..., Any]


@pytest.fixture
def taken(hub: Hub, answered: Survey) -> Callable[[], list[Any]]:
    form = form_named(hub, int(answered.project.rpartition("/")[2]), "rice")
    return lambda: taken_of(hub, form)


@pytest.fixture
def viewer(hub: Hub, answered: Survey, as_user: Callable[[str], Ask]) -> Ask:
    user = create_user(hub, "viewer@hub.example", PASSWORD, "អ្នកមើល")
    assign(hub, user, role_named("viewer"), taken_project(hub, answered))
    return as_user("viewer@hub.example")


def taken_project(hub: Hub, survey: Survey) -> Any:
    return find_project(hub.read(), int(survey.project.rpartition("/")[2]))


def test_a_csv_is_sent_as_it_is_and_the_ledger_knows_it(
    answered: Survey, taken: Callable[[], list[Any]]
) -> None:
    answer = answered.get("/export?format=csv")
    assert answer.status_code == 200
    assert answer.mimetype == "text/csv"
    assert EXAMPLE in answer.text
    assert "សុខ" not in answer.text, "names of people are pseudonyms unless the profile says otherwise"
    (one,) = taken()
    assert answer.headers["X-Samleng-Export"] == one.id
    assert (one.outcome, one.by, one.sha256) == ("finished", "សុខា", hashlib.sha256(answer.data).hexdigest())
    assert 'filename="rice.csv"' in answer.headers["Content-Disposition"]


def test_options_come_by_address_and_by_body(answered: Survey, taken: Callable[[], list[Any]]) -> None:
    by_address = answered.get("/export?format=csv&bom=true&since=2026-11-23&groupNames=false")
    by_body = answered.ask("POST", f"{answered.path}/export", {
        "format": "csv", "bom": True, "since": "2026-11-23", "groupNames": False})  # fmt: skip
    assert by_address.data == by_body.data
    assert by_address.data.startswith(b"\xef\xbb\xbf")
    assert EXAMPLE in by_address.text and ELSEWHERE not in by_address.text
    assert taken()[0].options == {"bom": "true", "since": "2026-11-23", "group_names": "false"}


def test_a_format_has_its_usual_options_unless_another_is_chosen(
    answered: Survey, taken: Callable[[], list[Any]]
) -> None:
    for path in ("sav", "sav&selects=split", "csv"):
        assert answered.get(f"/export?format={path}").status_code == 200
    assert [one.options.get("selects") for one in taken()][::-1] == ["both", "split", None]


def test_a_filter_of_several_names_them_all(answered: Survey) -> None:
    answered.ask("PATCH", f"{answered.path}/submissions/{EXAMPLE}", {"reviewState": "approved"})
    both = answered.ask("POST", f"{answered.path}/export", {"reviewState": ["approved", "received"]})
    one = answered.get("/export?reviewState=approved")
    assert (both.text.count("\n"), one.text.count("\n")) == (3, 2)


def test_with_the_codebook_it_is_one_zip_with_a_note(
    answered: Survey, taken: Callable[[], list[Any]]
) -> None:
    answer = answered.get("/export?format=csv&codebook=true")
    assert answer.mimetype == "application/zip"
    held = zipfile.ZipFile(io.BytesIO(answer.data))
    assert "rice.csv" in held.namelist() and "rice-export.json" in held.namelist()
    assert taken()[0].sha256 == hashlib.sha256(answer.data).hexdigest(), "of what was sent"


@pytest.mark.parametrize(
    "query",
    ["Profile=public", "provinces=07", "format=docx", "profile=secret", "since=x", "k=1", "codebook=perhaps"],
)
def test_what_cannot_be_asked_for_is_a_400_and_no_export(
    answered: Survey, taken: Callable[[], list[Any]], query: str
) -> None:
    answer = answered.get(f"/export?{query}")
    assert answer.status_code == 400
    assert answer.get_json()["message"]
    assert taken() == []


def test_full_is_for_those_who_may_change_submissions_and_say_why(
    answered: Survey, viewer: Ask, taken: Callable[[], list[Any]]
) -> None:
    path = f"{answered.path}/export?format=csv&profile=full"
    assert viewer("GET", f"{path}&reason=x").status_code == 403
    assert answered.ask("GET", path).status_code == 400
    assert answered.ask("GET", f"{path}&reason=សវនកម្ម").status_code == 200
    assert [(one.profile, one.reason) for one in taken()] == [("full", "សវនកម្ម")]
    assert viewer("GET", f"{answered.path}/export?format=csv").status_code == 200


def test_a_caller_who_goes_away_is_told_of_as_cancelled(
    hub: Hub, answered: Survey, client: FlaskClient, admin_token: str, taken: Callable[[], list[Any]]
) -> None:
    headers = {"Authorization": f"Bearer {admin_token}"}
    answer = client.get(f"{answered.path}/export?format=csv.zip", headers=headers, buffered=False)
    answer.close()
    (one,) = taken()
    assert one.outcome == "cancelled" and one.size_bytes > 0
    assert list((hub.data / "exports" / "work").iterdir()) == []


def test_head_takes_nothing(answered: Survey, taken: Callable[[], list[Any]]) -> None:
    answer = answered.ask("HEAD", f"{answered.path}/export?format=xlsx")
    assert answer.status_code == 200 and answer.mimetype.endswith("sheet")
    assert taken() == []


def test_a_job_is_begun_followed_fetched_and_deleted(
    answered: Survey, taken: Callable[[], list[Any]]
) -> None:
    job = answered.ask("POST", f"{answered.path}/exports", {"format": "xlsx"}).get_json()
    place = f"/exports/{job['id']}"
    assert job["state"] == "finished", "without a background it is done when it is answered"
    assert answered.get(place).get_json()["written"] >= 2
    file = answered.get(f"{place}/file")
    assert file.data.startswith(b"PK")
    assert hashlib.sha256(file.data).hexdigest() == job["sha256"] == taken()[0].sha256
    assert 'filename="rice.xlsx"' in file.headers["Content-Disposition"]
    assert answered.get(f"{place}/file").data == file.data, "as often as one likes"
    assert answered.ask("DELETE", f"{answered.path}{place}").get_json() == {"success": True}
    assert answered.get(f"{place}/file").status_code == 404


def test_a_job_in_the_background_is_made_while_others_are_served(
    data: Any, hub: Hub, answered: Survey
) -> None:
    """The same hub, with threads of its own."""
    app = create_app(data, **{**QUICK, "background": True})
    client = app.test_client()
    ask = as_bearer(client, sign_in(client, EMAIL, PASSWORD))
    job = ask("POST", f"{answered.path}/exports", {"format": "csv.zip"}).get_json()
    app.extensions["samleng"].exports.wait()
    assert ask("GET", f"{answered.path}/exports/{job['id']}").get_json()["state"] == "finished"
    assert ask("GET", f"{answered.path}/exports/{job['id']}/file").data.startswith(b"PK")
    app.extensions["samleng"].close()


def test_a_finished_job_outlives_the_server_for_a_day(
    data: Any, hub: Hub, answered: Survey, hands: Hands
) -> None:
    job = answered.ask("POST", f"{answered.path}/exports", {"format": "csv"}).get_json()
    again = create_app(data, **QUICK)
    client = again.test_client()
    ask = as_bearer(client, sign_in(client, EMAIL, PASSWORD))
    assert EXAMPLE in ask("GET", f"{answered.path}/exports/{job['id']}/file").text
    later = (hub.data / "exports" / "ready" / job["id"]).stat().st_mtime + KEPT_S + 1
    hands.at = datetime.fromtimestamp(later, UTC)
    sweep(hub)
    assert not (hub.data / "exports" / "ready" / job["id"]).exists()
    again.extensions["samleng"].close()


def test_a_job_is_its_beginners_and_theirs_who_may_change_submissions(answered: Survey, viewer: Ask) -> None:
    theirs = answered.ask("POST", f"{answered.path}/exports", {"format": "csv"}).get_json()["id"]
    own = viewer("POST", f"{answered.path}/exports", {"format": "csv"}).get_json()["id"]
    assert viewer("GET", f"{answered.path}/exports/{theirs}/file").status_code == 403
    assert EXAMPLE in viewer("GET", f"{answered.path}/exports/{own}/file").text
    assert EXAMPLE in answered.get(f"/exports/{own}/file").text
    assert [one["id"] for one in viewer("GET", f"{answered.path}/exports").get_json()] == [own]
    assert [one["id"] for one in answered.get("/exports").get_json()] == [own, theirs]


@pytest.mark.parametrize("named", ["0" * 16, "..", "../../hub.db", "x" * 300])
def test_a_job_that_is_none_is_a_404(answered: Survey, named: str) -> None:
    assert answered.get(f"/exports/{named}").status_code == 404
    assert answered.get(f"/exports/{named}/file").status_code == 404


def test_the_audit_log_tells_it_as_central_and_more(as_admin: Ask, answered: Survey) -> None:
    assert answered.get("/submissions.csv").data and answered.get("/export?format=csv").data
    ours, centrals = as_admin("GET", "/v1/audits?action=form.submission.export").get_json()
    assert centrals["details"] is None
    assert (ours["details"]["format"], ours["details"]["outcome"]) == ("csv", "finished")
    assert ours["actorId"] == centrals["actorId"] and ours["acteeId"] == centrals["acteeId"]


def test_a_format_of_several_files_comes_as_one_zip_with_its_codebook(answered: Survey) -> None:
    answer = answered.get("/export?format=parquet")
    assert answer.mimetype == "application/zip"
    held = zipfile.ZipFile(io.BytesIO(answer.data)).namelist()
    folders = {name.partition("/")[0] for name in held if "/" in name}
    assert folders == {"rice.parquet", "rice-plot.parquet", "rice-crop.parquet"}
    assert {"rice-codebook.html", "rice-codebook.csv", "rice-export.json"} <= set(held)


def test_a_withdrawal_takes_the_files_that_wait_too(hub: Hub, answered: Survey) -> None:
    job = answered.ask("POST", f"{answered.path}/exports", {"format": "csv"}).get_json()
    assert EXAMPLE in answered.get(f"/exports/{job['id']}/file").text
    assert answered.ask("POST", f"{answered.path}/submissions/{EXAMPLE}/withdraw", {}).status_code == 200
    assert answered.get(f"/exports/{job['id']}/file").status_code == 404
    assert not any(
        EXAMPLE.encode() in p.read_bytes() for p in (hub.data / "exports").rglob("*") if p.is_file()
    )
