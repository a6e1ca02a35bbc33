"""The tablets' door: who may ask, by token, Digest and Basic."""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from urllib.parse import quote

import pytest
from flask import Flask
from flask.testing import FlaskClient
from lxml import etree
from werkzeug.datastructures import Authorization
from werkzeug.test import TestResponse

from server import accounts
from server.projects import create_project
from server.roles import DATA_COLLECTOR, role_named
from server.store import actors
from server.web import digest
from tests.conftest import PASSWORD
from tests.server.season import answers
from tests.server.season import publish as publish_in
from tests.web.tablet import (
    OPENROSA,
    Season,
    Tablet,
    md5,
    message,
    texts,
)

LIST = "{http://openrosa.org/xforms/xformsList}"
A, B, C = "uuid:aaaaaaaa-0000-4000-8000-000000000001", "uuid:bbbb", "uuid:cccc"


def listed(answer: TestResponse) -> list[dict[str, str | None]]:
    assert answer.status_code == 200
    root = etree.fromstring(answer.data)
    assert root.tag == f"{LIST}xforms"
    return [texts(form, "formID", "name", "version", "hash", "downloadUrl") for form in root]


def basic(user: str, password: str) -> str:
    return "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()


# 8: who asks


@pytest.mark.parametrize("ask", [
    lambda t: t.get("/formList"), lambda t: t.head(), lambda t: t.post(answers(A)),
    lambda t: t.get("/forms/rice/manifest"),
])  # fmt: skip
def test_without_credentials_a_digest_challenge_is_sent(
    season: Season, client: FlaskClient, ask: Callable[[Tablet], TestResponse]
) -> None:
    before = season.grown()
    answer = ask(Tablet(client, "/v1/projects/1"))
    assert answer.status_code == 401
    challenge = answer.headers["WWW-Authenticate"]
    assert challenge.startswith("Digest ")
    for part in ('qop="auth"', "algorithm=MD5", "domain=", "nonce=", "realm="):
        assert part in challenge
    assert "stale" not in challenge
    assert answer.headers["X-OpenRosa-Version"] == "1.0"
    assert season.grown() == before


@pytest.mark.parametrize("token", ["a" * 64, "A1!$" * 16])
def test_an_unknown_token_is_a_403_so_that_no_password_is_asked_for(
    season: Season, client: FlaskClient, token: str
) -> None:
    before = season.grown()
    tablet = Tablet(client, f"/v1/key/{token}/projects/1")
    for answer in (tablet.get("/formList"), tablet.post(answers(A))):
        assert answer.status_code == 403
        assert "WWW-Authenticate" not in answer.headers
        assert message(answer)[0] == "error"
    assert season.grown() == before


def test_a_revoked_token_is_a_403(season: Season, tablet: Tablet) -> None:
    actor = actors.find_by_token(season.hub.read(), tablet.door.split("/")[3])
    assert actor is not None
    accounts.revoke_app_user(season.hub, actor)
    assert tablet.get("/formList").status_code == 403
    assert tablet.post(answers(A)).status_code == 403


def test_a_malformed_token_is_a_401_without_a_challenge(client: FlaskClient, season: Season) -> None:
    answer = Tablet(client, "/v1/key/short/projects/1").get("/formList")
    assert answer.status_code == 401
    assert "WWW-Authenticate" not in answer.headers


def test_the_token_may_stand_in_the_query(season: Season, client: FlaskClient, tablet: Tablet) -> None:
    token = tablet.door.split("/")[3]
    other = Tablet(client, "/v1/projects/1", query=f"?st={quote(token)}")
    assert len(listed(other.get("/formList"))) == 1
    assert other.post(answers(A)).status_code == 201


def test_a_token_of_one_project_opens_no_other(season: Season, client: FlaskClient, tablet: Tablet) -> None:
    other = create_project(season.hub, "គម្រោងផ្សេង")
    publish_in(season.hub, other)
    tablet.door = tablet.door.replace("/projects/1", f"/projects/{other.id}")
    assert listed(tablet.get("/formList")) == []
    before = season.grown()
    assert tablet.post(answers(A)).status_code == 401
    assert season.grown() == before


@pytest.fixture
def collector(season: Season) -> tuple[str, str]:
    user, password = "chan@kampot.example", "ពាក្យសម្ងាត់វែង"
    made = accounts.create_user(season.hub, user, password, "ចាន់")
    accounts.assign(season.hub, made, role_named(DATA_COLLECTOR), season.project)
    return user, password


def test_basic_is_taken_over_plain_http_at_this_door_only(
    season: Season, client: FlaskClient, collector: tuple[str, str]
) -> None:
    headers = {**OPENROSA, "Authorization": basic(*collector)}
    tablet = Tablet(client, "/v1/projects/1", headers)
    assert len(listed(tablet.get("/formList"))) == 1
    assert tablet.post(answers(A)).status_code == 201
    assert client.get("/v1/projects/1", headers=headers).status_code == 401


def test_a_wrong_password_is_a_401_with_a_challenge(client: FlaskClient, collector: tuple[str, str]) -> None:
    headers = {**OPENROSA, "Authorization": basic(collector[0], "ពាក្យសម្ងាត់ខុស")}
    answer = Tablet(client, "/v1/projects/1", headers).get("/formList")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Digest ")


def digest_header(
    challenge: str, user: str, password: str, method: str, uri: str, *, qop: bool = True
) -> str:
    """As a client computes it (RFC 2617), independently of the server's code."""
    said = dict(re.findall(r'(\w+)="?([^",]+)"?', challenge))
    ha1 = md5(f"{user}:{said['realm']}:{password}".encode())
    ha2 = md5(f"{method}:{uri}".encode())
    middle = "00000001:cn:auth:" if qop else ""
    response = md5(f"{ha1}:{said['nonce']}:{middle}{ha2}".encode())
    more = ', qop=auth, nc=00000001, cnonce="cn"' if qop else ""
    return (
        f'Digest username="{user}", realm="{said["realm"]}", nonce="{said["nonce"]}", uri="{uri}", '
        f'response="{response}"{more}'
    )


@pytest.mark.parametrize("qop", [True, False])
def test_digest_works_over_plain_http_with_the_query_in_its_uri(
    season: Season, client: FlaskClient, collector: tuple[str, str], qop: bool
) -> None:
    tablet = Tablet(client, "/v1/projects/1")
    challenge = tablet.head().headers["WWW-Authenticate"]
    uri = f"/v1/projects/1/submission{tablet.query}"
    tablet.headers["Authorization"] = digest_header(challenge, *collector, "HEAD", uri, qop=qop)
    assert tablet.head().status_code == 204
    tablet.headers["Authorization"] = digest_header(challenge, *collector, "POST", uri, qop=qop)
    assert tablet.post(answers(A)).status_code == 201, "the same nonce serves again"
    assert season.instances() == [(A, A, None)]


@pytest.mark.parametrize("spoil", ["password", "uri", "method", "nonce", "user"])
def test_a_digest_that_does_not_fit_is_refused(
    season: Season, client: FlaskClient, collector: tuple[str, str], spoil: str
) -> None:
    tablet = Tablet(client, "/v1/projects/1")
    challenge = tablet.head().headers["WWW-Authenticate"]
    user, password = collector
    uri = f"/v1/projects/1/submission{tablet.query}"
    said = {
        "password": (challenge, user, "ខុស", "HEAD", uri),
        "uri": (challenge, user, password, "HEAD", "/v1/projects/1/formList"),
        "method": (challenge, user, password, "GET", uri),
        "nonce": (re.sub(r'nonce="[^"]+"', 'nonce="5f.aa.bb"', challenge), user, password, "HEAD", uri),
        "user": (challenge, "nobody@kampot.example", password, "HEAD", uri),
    }[spoil]
    tablet.headers["Authorization"] = digest_header(*said)
    answer = tablet.head()
    assert answer.status_code == 401
    assert "stale" not in answer.headers["WWW-Authenticate"]


def test_an_old_nonce_leads_to_a_silent_retry(
    season: Season, client: FlaskClient, collector: tuple[str, str]
) -> None:
    tablet = Tablet(client, "/v1/projects/1")
    old = f'realm="{digest.REALM}", nonce="{digest.make_nonce(season.hub.secret, lambda: 1_000_000.0)}"'
    uri = f"/v1/projects/1/submission{tablet.query}"
    tablet.headers["Authorization"] = digest_header(old, *collector, "HEAD", uri)
    answer = tablet.head()
    assert answer.status_code == 401
    assert "stale=true" in answer.headers["WWW-Authenticate"]
    fresh = answer.headers["WWW-Authenticate"]
    tablet.headers["Authorization"] = digest_header(fresh, *collector, "HEAD", uri)
    assert tablet.head().status_code == 204


def test_the_digest_vector_of_the_reference() -> None:
    header = digest_header('realm="ODK", nonce="nonce1"', "u", "p", "GET", "/formList?deviceID=collect%3Aabc")
    assert 'response="af31bd19242bdb4266dc37f301ea70d8"' in header
    said = Authorization.from_header(header)
    assert said is not None
    assert (
        digest._response(said, "GET", "53494b04da2dd81f359a8837d7c0d423")
        == "af31bd19242bdb4266dc37f301ea70d8"
    )


def test_the_hash_vector_of_the_reference() -> None:
    form = b'<data id="f1" version="7"><meta><instanceID>x</instanceID></meta></data>'
    assert md5(form) == "c0df24c850a16cd7df372e56163b5a6b"


def test_a_web_user_without_access_is_refused_and_nothing_is_kept(
    season: Season, client: FlaskClient
) -> None:
    accounts.create_user(season.hub, "nobody@kampot.example", PASSWORD, "គ្មាន")
    tablet = Tablet(
        client, "/v1/projects/1", {**OPENROSA, "Authorization": basic("nobody@kampot.example", PASSWORD)}
    )
    assert listed(tablet.get("/formList")) == []
    before = season.grown()
    answer = tablet.post(answers(A))
    assert answer.status_code == 401
    assert message(answer)[0] == "error"
    assert season.grown() == before


def test_the_door_never_answers_200_with_an_empty_list_when_it_fails(
    app: Flask, season: Season, tablet: Tablet
) -> None:
    """match_exactly deletes every form that is not in a list answered with 200."""
    (season.hub.data / "hub.db").chmod(0o600)
    db = season.hub.read()
    db.execute("PRAGMA query_only = 0")
    db.execute("ALTER TABLE form_version RENAME TO form_version_gone")
    answer = tablet.get("/formList")
    assert answer.status_code == 503
    assert message(answer)[0] == "error"
