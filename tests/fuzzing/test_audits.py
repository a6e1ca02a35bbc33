"""What a hostile hub says in entries that travel is told in the audit log or passed over; it never breaks it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from server.hub import Hub
from sync.ledger import make_entry
from tests.fuzzing.spoiling import odd

SUBJECTS = ("submission:p/rice/uuid:1", "submission:x", "form:p/rice", "project:p", "dataset:p/plots", "entity:1-2",
            "actor:a", "hub:h", "entities:p/plots", "form:", "")  # fmt: skip
KINDS = ("submission.create", "submission.update.version", "submission.attachment.update", "submission.update",
         "submission.purge", "submission.delete", "form.create", "form.update.publish", "form.update", "form.delete",
         "project.create", "project.update", "dataset.create", "dataset.update", "dataset.delete", "entity.create",
         "entity.update.version", "entity.update.resolve", "entity.delete", "entity.bulk.create", "entity.purge",
         "field_key.create", "field_key.assignment.create", "field_key.property.set", "actor_property.create",
         "comment.create", "hub.introduce", "something.new")  # fmt: skip
WORDS = ("by", "files", "instance_id", "form_version", "deprecated_id", "instances", "husks", "notes", "key", "details",
         "state", "review_state", "project", "dataset", "data", "label", "source", "bulk", "uuids", "role", "name",
         "display_name", "parked", "version", "media", "body", "values", "token")  # fmt: skip
MOMENTS = ("2026-01-01T00:00:00.000000Z", "", "x", "9999-99-99T99:99:99.999999Z", "2026-01-01", "ថ្ងៃ")
FEW = settings(
    max_examples=60, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)  # fmt: skip


def plain(said: bytes) -> Any:
    """Of odd JSON what a body may hold: no fractions, nothing endless."""
    try:
        value = json.loads(said, parse_float=str, parse_constant=str)
    except (ValueError, RecursionError):
        return None
    return None if len(said) > 2000 or (isinstance(value, int) and abs(value) >= 1 << 53) else value


def fit(kind: str, subject: str, body: dict[str, Any], made_at: str = MOMENTS[0]) -> Any:
    try:
        return make_entry(kind, subject, hub="h" * 26, made_at=made_at, body=body,
                          blobs=["a" * 64] if kind.startswith("submission") else ())  # fmt: skip
    except Exception:  # noqa: BLE001 – no entry at all: no hub would take it
        return None


@given(
    st.lists(
        st.tuples(
            st.sampled_from(KINDS),
            st.sampled_from(SUBJECTS),
            st.dictionaries(st.sampled_from(WORDS), odd.map(plain), max_size=6),
            st.sampled_from(MOMENTS),
        ),
        min_size=1,
        max_size=12,
    )
)
@FEW
def test_hostile_entries_leave_the_audit_log_readable(
    client: FlaskClient, hub: Hub, admin_token: str, said: list[tuple[str, str, dict[str, Any], str]]
) -> None:
    entries = [entry for each in said if (entry := fit(*each)) is not None]
    hub.write(lambda turn: turn.merge(entries, "ab" * 8))
    for query in ("", "?action=nonverbose", "?action=submission", "?action=entity"):
        answer = client.get(
            f"/v1/audits{query}",
            headers={"Authorization": f"Bearer {admin_token}", "X-Extended-Metadata": "true"},
        )
        assert answer.status_code == 200
        answer.get_data()


@pytest.mark.parametrize("files", [[1], "x", {"a": 7}, None])
def test_a_submission_with_odd_files_is_passed_over(
    client: FlaskClient, hub: Hub, admin_token: str, files: object
) -> None:
    body = {"instance_id": "uuid:1", "form_version": "1", "files": files}
    entry = fit("submission.create", SUBJECTS[0], body)
    hub.write(lambda turn: turn.merge([entry], "ab" * 8))
    said = client.get(
        "/v1/audits?action=submission.create", headers={"Authorization": f"Bearer {admin_token}"}
    )
    assert (said.status_code, said.get_json()) == (200, [])
