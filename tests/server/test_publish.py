"""Forms as entries: what stays on the hub, what travels, and publishing from a file."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import openpyxl
import pytest

from forms.errors import FormFault
from forms.fields import read_schema
from forms.versioning import with_version
from server.definition import read_definition
from server.drafts import attach_to_draft, drop_draft, set_draft
from server.errors import Problem
from server.hub import Hub
from server.projects import create_project
from server.publish import (
    create_form,
    delete_form,
    publish_draft,
    publish_file,
    restore_form,
)
from server.store import forms
from server.store.blobs import stage_bytes
from server.store.forms import Form
from server.store.ledger_sqlite import entries_of
from server.store.projects import Project, find_project
from server.subjects import form_subject
from sync.ledger import Entry, travels

BY = {"id": "u1", "name": "សុខា"}


def xform(version: str = "1", form_id: str = "rice") -> bytes:
    return (
        '<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">'
        f'<h:head><h:title>ស្រូវ</h:title><model><instance><data id="{form_id}" version="{version}">'
        "<village/><meta><instanceID/></meta></data></instance>"
        '<instance id="villages" src="jr://file-csv/villages.csv"/></model></h:head><h:body/></h:html>'
    ).encode()


def workbook(path: Path, version: str = "1", label: str = "ភូមិ") -> Path:
    book = openpyxl.Workbook()
    survey = book.active
    assert survey is not None
    survey.title = "survey"
    survey.append(["type", "name", "label::ខ្មែរ (km)"])
    survey.append(["select_one_from_file villages.csv", "village", label])
    settings = book.create_sheet("settings")
    settings.append(["form_title", "form_id", "version"])
    settings.append(["ស្រូវ", "rice", version])
    path.parent.mkdir(parents=True, exist_ok=True)
    file = io.BytesIO()
    book.save(file)
    path.write_bytes(file.getvalue())
    return path


@pytest.fixture
def project(hub: Hub) -> Project:
    made: Any = create_project(hub, "ការពិគ្រោះយោបល់", None, BY)
    found = find_project(hub.read(), made.id)
    assert found is not None
    return found


def entries(hub: Hub, form: Form) -> list[Entry]:
    return entries_of(hub.read(), form_subject(form.project_uid, form.key))


def again(hub: Hub, form: Form) -> Form:
    found = forms.find_by_number(hub.read(), form.id)
    assert found is not None
    return found


def test_draft_stays_here_and_its_publication_travels_whole(hub: Hub, project: Project) -> None:
    form = create_form(hub, project, read_definition(hub, xform()), by=BY)
    attach_to_draft(hub, form, "villages.csv", stage_bytes("name\nភូមិ\n".encode()), by=BY)
    publish_draft(hub, form, by=BY)
    sent = [e for e in entries(hub, form) if travels(e.kind)]
    assert [e.kind for e in sent] == ["form.create", "form.update.publish"]
    published = sent[1]
    assert published.body["by"] == BY
    assert set(published.blobs) == {published.body["xform"], published.body["media"]["villages.csv"]}
    local = {e.id for e in entries(hub, form) if not travels(e.kind)}
    assert not local & set(published.supersedes)


def test_publication_supersedes_the_ones_before(hub: Hub, project: Project) -> None:
    form = create_form(hub, project, read_definition(hub, xform()), publish=True, by=BY)
    for version in ("2", "3"):
        set_draft(hub, form, read_definition(hub, xform(version)), by=BY)
        publish_draft(hub, form, by=BY)
    published = [e for e in entries(hub, form) if e.kind == "form.update.publish"]
    assert [len(e.supersedes) for e in published] == [0, 1, 2]
    assert [v.version for v in forms.list_versions(hub.read(), form.id)] == ["3", "2", "1"]


def test_hub_that_holds_only_what_travels_shows_the_same_form(
    hub: Hub, project: Project, tmp_path: Path
) -> None:
    form = create_form(hub, project, read_definition(hub, xform()), by=BY)
    attach_to_draft(hub, form, "villages.csv", stage_bytes(b"name\nv1\n"), by=BY)
    publish_draft(hub, form, version="២", by=BY)
    other = Hub.create(tmp_path / "កំពង់ចាម", "កំពង់ចាម")
    try:
        sent = [e for _, e in hub.ledger.entries_after(0, 1000) if travels(e.kind)]
        for blob in {sha for e in sent for sha in e.blobs}:
            other.blobs.put(hub.blobs.read(blob))
        other.ledger.append(reversed(sent))
        there = forms.find_by_key(other.read(), project.uid, form.key)
        assert there is not None and there.current_id is not None
        version = forms.find_version(other.read(), there.current_id)
        here = forms.find_version(hub.read(), again(hub, form).current_id or 0)
        assert version is not None and here is not None
        assert (version.version, version.xform, version.md5) == ("២", here.xform, here.md5)
        files = forms.list_files(other.read(), there.current_id)
        assert [(f.name, f.size) for f in files] == [("villages.csv", 8)]
        assert other.read().execute("SELECT count(*) FROM unfolded").fetchone()[0] == 0
    finally:
        other.close()


def test_form_begun_elsewhere_and_not_published_is_taken_up_here(hub: Hub, project: Project) -> None:
    subject = form_subject(project.uid, "rice")
    hub.write(lambda turn: turn.append("form.create", subject, {"xml_form_id": "rice", "by": BY}))
    form = create_form(hub, project, read_definition(hub, xform()), publish=True, by=BY)
    assert form.key == "rice"
    assert [e.kind for e in entries(hub, form)] == ["form.create", "form.update.publish"]


def test_new_form_never_gets_the_submissions_of_a_deleted_one(hub: Hub, project: Project) -> None:
    first = create_form(hub, project, read_definition(hub, xform()), publish=True, by=BY)
    delete_form(hub, first, by=BY)
    second = create_form(
        hub, project, read_definition(hub, xform("2")), publish=True, ignore_warnings=True, by=BY
    )
    delete_form(hub, second, by=BY)
    third = create_form(
        hub, project, read_definition(hub, xform("3")), publish=True, ignore_warnings=True, by=BY
    )
    assert [f.key for f in (first, second, third)] == ["rice", "rice#2", "rice#3"]
    with pytest.raises(Problem) as refused:
        restore_form(hub, again(hub, first), by=BY)
    assert refused.value.code == "409.3"


def test_two_drafts_from_one_moment_leave_one(hub: Hub, project: Project) -> None:
    form = create_form(hub, project, read_definition(hub, xform()), publish=True, by=BY)
    for version in ("2", "3", "4"):
        set_draft(hub, form, read_definition(hub, xform(version)), by=BY)
    drafts = hub.read().execute("SELECT version FROM form_version WHERE published_at IS NULL").fetchall()
    assert drafts == [("4",)]
    drop_draft(hub, form, by=BY)
    assert again(hub, form).draft_id is None


def test_file_is_published_with_its_media_and_only_once(hub: Hub, project: Project, tmp_path: Path) -> None:
    source = workbook(tmp_path / "ស្រូវ" / "form.xlsx")
    media = source.parent / "media"
    media.mkdir()
    (media / "villages.csv").write_text("name,label\nv1,ភូមិថ្មី\n", encoding="utf-8")
    (media / "notes.txt").write_text("មិនត្រូវការ", encoding="utf-8")
    done = publish_file(hub, project, source, None, BY)
    assert (done.xml_form_id, done.version, done.changed, done.missing) == ("rice", "1", True, ())
    files = forms.list_files(hub.read(), done.form.current_id or 0)
    assert [(f.name, f.sha256 is not None) for f in files] == [("villages.csv", True)]
    version = forms.find_version(hub.read(), done.form.current_id or 0)
    assert version is not None
    assert hub.blobs.read(version.xls) == source.read_bytes()
    assert (version.xls_type, version.name) == ("xlsx", "ស្រូវ")

    before = hub.ledger.head()
    assert publish_file(hub, project, source, None, BY).changed is False
    assert hub.ledger.head() == before


def test_changed_file_needs_another_version(hub: Hub, project: Project, tmp_path: Path) -> None:
    source = workbook(tmp_path / "form.xlsx")
    done = publish_file(hub, project, source, None, BY)
    assert done.missing == ("villages.csv",)
    workbook(source, label="ភូមិកំណើត")
    with pytest.raises(Problem) as refused:
        publish_file(hub, project, source, None, BY)
    assert refused.value.code == "409.6"
    workbook(source, version="2", label="ភូមិកំណើត")
    done = publish_file(hub, project, source, None, BY)
    assert (done.changed, done.version) == (True, "2")
    assert [v.version for v in forms.list_versions(hub.read(), done.form.id)] == ["2", "1"]


def test_publishing_a_file_leaves_a_draft_alone(hub: Hub, project: Project, tmp_path: Path) -> None:
    source = tmp_path / "rice.xml"
    source.write_bytes(xform())
    form = publish_file(hub, project, source, None, BY).form
    set_draft(hub, form, read_definition(hub, xform("5")), by=BY)
    source.write_bytes(xform("2"))
    done = publish_file(hub, project, source, None, BY)
    draft = forms.find_version(hub.read(), done.form.draft_id or 0)
    assert draft is not None and draft.version == "5"
    current = forms.find_version(hub.read(), done.form.current_id or 0)
    assert current is not None and current.version == "2"


def test_file_that_is_no_form_publishes_nothing(hub: Hub, project: Project, tmp_path: Path) -> None:
    source = tmp_path / "form.xlsx"
    source.write_bytes(b"no workbook")
    with pytest.raises(Problem) as refused:
        publish_file(hub, project, source, None, BY)
    assert refused.value.code == "400.15"
    assert forms.list_forms(hub.read(), project.id) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b'<data id="rice" version="1">', '<data id="rice" version="២">'),
        (b"<data id='rice' version = '1' >", "<data id='rice' version=\"២\" >"),
        (b'<data id="rice">', '<data id="rice" version="២">'),
        (
            b'<data xmlns:o="http://openrosa.org/xforms" o:version="1" id="rice">',
            '<data xmlns:o="http://openrosa.org/xforms" o:version="២" id="rice">',
        ),
        (b'<data id="a&gt;b" xversion="0"\n version="1">', '<data id="a&gt;b" xversion="0"\n version="២">'),
    ],
)
def test_version_is_the_only_thing_that_changes(before: bytes, after: str) -> None:
    start = xform().replace(b'<data id="rice" version="1">', before)
    changed = with_version(start, "២")
    assert changed == start.replace(before, after.encode())
    assert read_schema(changed).version == "២"


@pytest.mark.parametrize("version", ['"><x/>', "a & b", "<!--", "'"])
def test_version_cannot_break_out_of_its_attribute(version: str) -> None:
    schema = read_schema(with_version(xform(), version))
    assert schema.version == version
    assert schema.fields == read_schema(xform()).fields


def test_version_is_not_written_into_what_is_no_form() -> None:
    for broken in (b"<h:html", b"<html><head/></html>", b'<!DOCTYPE x [<!ENTITY a "b">]>' + xform()):
        with pytest.raises(FormFault):
            with_version(broken, "2")
