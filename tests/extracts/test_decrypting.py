"""An extract of encrypted answers: open with the passphrase, sealed rows without it, never doubled."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from server.encrypting import encrypt_project
from server.errors import Problem
from server.exporting import keys_opened_by
from server.extracts.gathering import gathered
from server.extracts.options import Choosing
from server.hub import Hub
from server.store import forms, projects
from server.store.forms import Form
from tests.encrypting_device import encrypt
from tests.extracts.consulting import consultation, gathered_rows, name_of, rows_of, submit
from tests.server.season import hand_in

PASSPHRASE = "ពាក្យសម្ងាត់វែង"
PEOPLE = "<people><person><age>34</age></person><person><age>51</age></person></people>"


@pytest.fixture
def held(tmp_path: Path) -> Iterator[tuple[Hub, Form]]:
    """A plain submission, then two sealed ones, then a plain one again."""
    hub, form = consultation(tmp_path)
    submit(hub, 1, f"<place><province>07</province></place><story>ក</story>{PEOPLE}")
    encrypt_project(hub, projects.list_projects(hub.read())[0], PASSPHRASE)
    found = forms.find_by_number(hub.read(), form.id)
    assert found is not None
    seal(hub, found, 2, f"<place><province>07</province></place><story>ខ</story>{PEOPLE}")
    seal(hub, found, 3, "<place><province>02</province></place><story>គ</story><photo>a.jpg</photo>")
    submit(hub, 4, "<story>ឃ</story>")
    yield hub, found
    hub.close()


def seal(hub: Hub, form: Form, number: int, inside: str) -> None:
    version = forms.find_version(hub.read(), form.current_id or 0)
    assert version is not None
    public = hub.schema_of(version).public_key or ""
    meta = f"<meta><instanceID>{name_of(number)}</instanceID></meta>"
    xml = f'<data id="wps" version="{version.version}">{inside}{meta}</data>'
    made = encrypt(
        public, "wps", version.version, name_of(number), xml, {"a.jpg": b"x"} if "a.jpg" in xml else {}
    )
    hand_in(hub, made.manifest.encode(), **made.files)


def test_a_passphrase_opens_every_sheet_and_the_media(held: tuple[Hub, Form]) -> None:
    said = keys_opened_by(*held, PASSPHRASE)
    with gathered(*held, passphrases=said) as extract:
        stories = {row["KEY"]: (row["story"], row["Province"], row["Status"]) for row in rows_of(extract)}
        assert stories == {
            name_of(1): ("ក", "07", None), name_of(2): ("ខ", "07", None), name_of(3): ("គ", "02", None),
            name_of(4): ("ឃ", None, None),
        }  # fmt: skip
        people = [(row["PARENT_KEY"], row["age"]) for row in rows_of(extract, "/people/person")]
        assert sorted(people) == [(name_of(n), age) for n in (1, 2) for age in ("34", "51")]
        assert [(file.instance_id, file.name) for file in extract.media()] == [(name_of(3), "a.jpg")]


def test_without_it_they_are_rows_without_answers(held: tuple[Hub, Form]) -> None:
    stories = {row["KEY"]: (row["story"], row["Status"]) for row in gathered_rows(*held)}
    assert stories[name_of(2)] == (None, "not decrypted")
    assert stories[name_of(1)] == ("ក", None)


def test_provinces_are_asked_of_opened_answers_too(held: tuple[Hub, Form]) -> None:
    choosing = Choosing(provinces=frozenset({"07"}))
    with gathered(*held, choosing, passphrases=keys_opened_by(*held, PASSPHRASE)) as extract:
        assert {row["KEY"] for row in rows_of(extract)} == {name_of(1), name_of(2)}
        assert len(rows_of(extract, "/people/person")) == 4
        assert list(extract.media()) == []


def test_a_wrong_passphrase_opens_nothing(held: tuple[Hub, Form]) -> None:
    (number,) = keys_opened_by(*held, PASSPHRASE)
    with pytest.raises(Problem), gathered(*held, passphrases={number: "ផ្សេង"}):
        pass
