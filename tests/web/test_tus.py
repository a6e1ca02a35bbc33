"""The upload door against tus 1.0 (core, creation, creation-with-upload, termination), by hand and with a public
client. Source: https://tus.io/protocols/resumable-upload"""

from __future__ import annotations

import base64
import io
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from tusclient.client import TusClient
from werkzeug.serving import make_server

from server import bundles
from server.app import create_app
from server.hub import Hub
from server.peers import add_peer, find_peer, make_card, present_credential
from tests.server.season import QUICK, answers, begin, csv, hand_in

BATCH = "entries-0123456789abcdef"
OCTETS = "application/offset+octet-stream"


@dataclass
class Door:
    """A nation's door, and a province with a bundle for it."""

    app: Flask
    province: Hub
    bundle: bytes
    path: Path

    @property
    def nation(self) -> Hub:
        held: Hub = self.app.extensions["samleng"].hub
        return held

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    def headers(self, **more: str) -> dict[str, str]:
        credential = present_credential(self.province, find_peer(self.province, "ជាតិ"))
        said = {"Authorization": f"Bearer {credential}", "Samleng-Hub": self.province.id}
        return {**said, "Tus-Resumable": "1.0.0", **{k.replace("_", "-"): v for k, v in more.items()}}

    def create(self, body: bytes = b"", length: int | None = None, **more: str) -> Any:
        said = self.headers(
            Upload_Length=str(len(self.bundle) if length is None else length),
            Upload_Metadata=named(BATCH),
            **more,
        )
        return self.client.post(
            "/hub/uploads", headers=said, data=body, content_type=OCTETS if body else None
        )

    def patch(self, offset: int | str, body: bytes, **more: str) -> Any:
        said = self.headers(Upload_Offset=str(offset), **{"Content_Type": OCTETS, **more})
        return self.client.patch(f"/hub/uploads/{BATCH}", headers=said, data=body)

    def head(self) -> Any:
        return self.client.head(f"/hub/uploads/{BATCH}", headers=self.headers())


def named(batch: str) -> str:
    return f"batch {base64.b64encode(batch.encode()).decode()}"


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    for name in ("ជាតិ", "កំពត"):
        Hub.create(tmp_path / name, name, **QUICK).close()
    app = create_app(tmp_path / "ជាតិ", **QUICK)
    nation, province = app.extensions["samleng"].hub, Hub(tmp_path / "កំពត", **QUICK)  # type: ignore[arg-type]
    add_peer(province, make_card(nation))
    add_peer(nation, make_card(province))
    begin(province)
    for number in range(20):
        hand_in(province, answers(f"uuid:{number:04}", f"ភូមិ {number}"))
    path = tmp_path / "កំពត.bundle"
    bundles.write_for(province, "ជាតិ", path)
    yield Door(app, province, path.read_bytes(), path)
    province.close()
    app.extensions["samleng"].close()


def is_taken(door: Door) -> bool:
    return csv(door.nation) == csv(door.province)


def test_the_door_says_what_it_can(door: Door) -> None:
    said = door.client.options("/hub/uploads")
    assert said.status_code == 204
    assert said.headers["Tus-Resumable"] == said.headers["Tus-Version"] == "1.0.0"
    assert said.headers["Tus-Extension"].split(",") == ["creation", "creation-with-upload", "termination"]
    assert int(said.headers["Tus-Max-Size"]) > 0


def test_an_upload_is_made_then_filled_piece_by_piece_then_taken(door: Door) -> None:
    made = door.create()
    assert made.status_code == 201
    assert made.headers["Location"].endswith(f"/hub/uploads/{BATCH}")
    half = len(door.bundle) // 2
    first = door.patch(0, door.bundle[:half])
    assert (first.status_code, first.headers["Upload-Offset"]) == (204, str(half))
    assert not is_taken(door)
    last = door.patch(half, door.bundle[half:])
    assert (last.status_code, last.headers["Upload-Offset"]) == (204, str(len(door.bundle)))
    assert last.headers["Samleng-Receipt"]
    assert is_taken(door)


def test_an_upload_may_bring_its_first_bytes_or_all(door: Door) -> None:
    made = door.create(door.bundle[:100])
    assert (made.status_code, made.headers["Upload-Offset"]) == (201, "100")
    assert door.patch(100, door.bundle[100:]).status_code == 204
    assert is_taken(door)


def test_how_far_it_came_is_told_and_never_cached(door: Door) -> None:
    door.create(door.bundle[:100])
    said = door.head()
    assert (said.status_code, said.headers["Upload-Offset"]) == (200, "100")
    assert said.headers["Upload-Length"] == str(len(door.bundle))
    assert said.headers["Cache-Control"] == "no-store"
    assert said.headers["Tus-Resumable"] == "1.0.0"


def test_the_same_upload_made_again_is_the_one_that_was_begun(door: Door) -> None:
    door.create(door.bundle[:100])
    again = door.create()
    assert (again.status_code, again.headers["Upload-Offset"]) == (201, "100")


@pytest.mark.parametrize("offset", [0, 99, 101, 10**6])
def test_bytes_for_another_place_are_refused(door: Door, offset: int) -> None:
    door.create(door.bundle[:100])
    assert door.patch(offset, b"x" * 10).status_code == 409
    assert door.head().headers["Upload-Offset"] == "100"


@pytest.mark.parametrize("version", ["0.2.2", "2.0.0", ""])
def test_another_version_is_told_which_is_spoken(door: Door, version: str) -> None:
    made = door.create(Tus_Resumable=version)
    assert (made.status_code, made.headers["Tus-Version"]) == (412, "1.0.0")
    assert door.head().status_code == 404, "nothing was made"
    door.create()
    assert door.patch(0, b"x", Tus_Resumable=version).status_code == 412
    assert door.head().headers["Upload-Offset"] == "0"


@pytest.mark.parametrize("missing", ["Upload-Length", "Upload-Metadata"])
def test_an_upload_without_what_it_needs_is_not_made(door: Door, missing: str) -> None:
    said = door.headers(Upload_Length="100", Upload_Metadata=named(BATCH))
    del said[missing]
    assert door.client.post("/hub/uploads", headers=said).status_code == 400
    assert door.head().status_code == 404


@pytest.mark.parametrize("length", ["-1", "1e3", "០", "9" * 30, ""])
def test_a_length_that_is_none_is_refused(door: Door, length: str) -> None:
    said = door.headers(Upload_Length=length.encode().decode("latin-1"), Upload_Metadata=named(BATCH))
    assert door.client.post("/hub/uploads", headers=said).status_code == 400


@pytest.mark.parametrize("batch", ["../../hub.db", "short", "ក" * 10, "x" * 65, "A-UPPER-NAME"])
def test_a_name_that_is_none_is_refused(door: Door, batch: str) -> None:
    said = door.headers(Upload_Length="100", Upload_Metadata=named(batch))
    assert door.client.post("/hub/uploads", headers=said).status_code in (400, 404)


def test_bytes_need_their_type_and_offset(door: Door) -> None:
    door.create()
    assert door.patch(0, b"x", Content_Type="text/plain").status_code == 415
    assert door.patch("", b"x").status_code == 400
    assert door.head().headers["Upload-Offset"] == "0"


def test_an_unknown_upload_is_not_found(door: Door) -> None:
    assert door.head().status_code == 404
    assert door.patch(0, b"x").status_code == 404
    assert door.client.delete(f"/hub/uploads/{BATCH}", headers=door.headers()).status_code == 404


def test_an_upload_too_large_is_not_begun(door: Door) -> None:
    most = int(door.client.options("/hub/uploads").headers["Tus-Max-Size"])
    assert door.create(length=most + 1).status_code == 413


def test_nobody_uploads_without_the_credential_of_the_pair(door: Door, tmp_path: Path) -> None:
    other = Hub.create(tmp_path / "តាកែវ", "តាកែវ", **QUICK)  # type: ignore[arg-type]
    door.create(door.bundle[:100])
    for wrong in (
        {"Authorization": "Bearer x.y"},
        {"Authorization": ""},
        {"Samleng-Hub": other.id},
        {"Samleng-Hub": ""},
    ):
        said = {**door.headers(Upload_Offset="100"), **wrong, "Content-Type": OCTETS}
        refused = door.client.patch(f"/hub/uploads/{BATCH}", headers=said, data=door.bundle[100:])
        assert refused.status_code in (401, 403, 404), wrong
    other.close()
    assert door.head().headers["Upload-Offset"] == "100"


def test_one_hub_sees_nothing_of_anothers_upload(door: Door, tmp_path: Path) -> None:
    door.create(door.bundle[:100])
    other = Hub.create(tmp_path / "តាកែវ", "តាកែវ", **QUICK)  # type: ignore[arg-type]
    add_peer(door.nation, make_card(other))
    add_peer(other, make_card(door.nation))
    credential = present_credential(other, find_peer(other, "ជាតិ"))
    said = {**door.headers(), "Authorization": f"Bearer {credential}", "Samleng-Hub": other.id}
    assert door.client.head(f"/hub/uploads/{BATCH}", headers=said).status_code == 404
    assert door.client.delete(f"/hub/uploads/{BATCH}", headers=said).status_code == 404
    other.close()
    assert door.head().headers["Upload-Offset"] == "100"


def test_more_bytes_than_were_announced_are_not_kept(door: Door) -> None:
    door.create()
    said = door.patch(0, door.bundle + b"more than that")
    assert (said.status_code, said.headers["Upload-Offset"]) == (204, str(len(door.bundle)))
    assert is_taken(door)


def test_a_body_shorter_than_it_says_is_kept_as_far_as_it_came(door: Door) -> None:
    door.create()
    said = door.headers(Upload_Offset="0", Content_Type=OCTETS)
    door.client.open(
        f"/hub/uploads/{BATCH}", method="PATCH", headers=said, input_stream=io.BytesIO(door.bundle[:100]),
        environ_overrides={"CONTENT_LENGTH": str(len(door.bundle))},
    )  # fmt: skip
    assert door.head().headers["Upload-Offset"] == "100"
    assert door.patch(100, door.bundle[100:]).status_code == 204
    assert is_taken(door)


def test_an_upload_shorter_than_a_bundle_is_refused_and_gone(door: Door) -> None:
    said = door.create(door.bundle[:100], length=100)
    assert said.status_code == 400
    assert said.json["code"] == "bundle.damaged"
    assert door.head().status_code == 404
    assert csv(door.nation) == b""


def test_what_was_taken_need_not_come_again_though_the_answer_never_arrived(door: Door) -> None:
    taken = door.create(door.bundle)
    assert taken.headers["Samleng-Receipt"]
    assert door.head().headers["Upload-Offset"] == str(len(door.bundle))
    again = door.patch(len(door.bundle), b"")
    assert (again.status_code, again.headers["Samleng-Receipt"]) == (204, taken.headers["Samleng-Receipt"])
    assert door.create(door.bundle[:10]).headers["Upload-Offset"] == str(len(door.bundle))


def test_an_upload_can_be_ended(door: Door) -> None:
    door.create(door.bundle[:100])
    assert door.client.delete(f"/hub/uploads/{BATCH}", headers=door.headers()).status_code == 204
    assert door.head().status_code == 404
    assert door.patch(100, b"x").status_code == 404


@pytest.mark.parametrize(("meant", "status"), [("PATCH", 204), ("HEAD", 200), ("DELETE", 204)])
def test_a_proxy_that_lets_only_post_through(door: Door, meant: str, status: int) -> None:
    door.create()
    said = door.headers(Upload_Offset="0", Content_Type=OCTETS, X_HTTP_Method_Override=meant)
    done = door.client.post(f"/hub/uploads/{BATCH}", headers=said, data=door.bundle[:50])
    assert done.status_code == status
    if meant == "PATCH":
        assert door.head().headers["Upload-Offset"] == "50"


def test_a_post_to_an_upload_that_means_nothing_else_changes_nothing(door: Door) -> None:
    door.create()
    for meant in ("", "PUT", "GET"):
        said = door.headers(Upload_Offset="0", Content_Type=OCTETS, X_HTTP_Method_Override=meant)
        assert door.client.post(f"/hub/uploads/{BATCH}", headers=said, data=b"x").status_code in (404, 405)
    assert door.head().headers["Upload-Offset"] == "0"


def test_a_public_client_uploads_a_bundle_that_is_taken(door: Door) -> None:
    server = make_server("127.0.0.1", 0, door.app, threaded=True)
    runner = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    runner.start()
    try:
        said = {k: v for k, v in door.headers().items() if k != "Tus-Resumable"}
        client = TusClient(f"http://127.0.0.1:{server.server_port}/hub/uploads", headers=said)
        first = client.uploader(
            file_stream=io.BytesIO(door.bundle), chunk_size=500, metadata={"batch": BATCH}
        )
        first.upload_chunk()
        again = client.uploader(
            file_stream=io.BytesIO(door.bundle), chunk_size=500, metadata={"batch": BATCH}, url=first.url
        )
        assert again.offset == 500, "it asks how far it came"
        again.upload()
        assert again.offset == len(door.bundle)
    finally:
        server.shutdown()
        runner.join(timeout=10)
        server.server_close()
    assert is_taken(door)
