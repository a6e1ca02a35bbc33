"""Without consent nobody is in an export."""

from __future__ import annotations

from dataclasses import replace

import pytest

from server.extracts.losses import Losses
from server.extracts.sheets import Column, Kind, Role, Sheet
from server.privacy.agreeing import Agreeing
from server.privacy.consent import consent_column, quote_column, refused
from tests.extracts.listed import YES_NO, A, B, ListedExtract
from tests.privacy.crowds import ROOT, crowd, table


def test_whoever_said_no_or_nothing_is_named() -> None:
    extract = crowd(50, 1, refusing=0.3)
    silent = extract.rows[""][0]
    silent[1] = None  # type: ignore[index]
    expected = {str(row["KEY"]) for row in table(extract) if row["consent"] != "yes"}
    assert expected
    assert refused(extract) == expected


def test_a_version_that_did_not_ask_is_no_refusal() -> None:
    extract = crowd(5, 1)
    for row in extract.rows[""]:
        row[1] = None  # type: ignore[index]
    assert refused(extract, {"/consent": {2}}) == frozenset()
    assert len(refused(extract, {"/consent": {1, 2}})) == 5


def test_what_cannot_be_read_is_nobodys_refusal() -> None:
    extract = crowd(1, 1, refusing=1)
    extract.rows[""][0][15] = "not decrypted"  # type: ignore[index]
    assert refused(extract) == frozenset()


@pytest.mark.parametrize(
    ("names", "found"),
    [
        (("consent",), "consent"),
        (("consent_quote", "consent_given"), "consent_given"),
        (("consent_recording",), None),
        (("informed_consent", "consent"), "consent"),
        (("conscience",), None),
    ],
)
def test_the_question_is_found_by_its_name(names: tuple[str, ...], found: str | None) -> None:
    sheet = replace(ROOT, columns=tuple(Column(n, Kind.CHOICE, f"/{n}") for n in names))
    place = consent_column(sheet)
    assert (None if place is None else sheet.columns[place].name) == found


def test_the_question_about_quoting_is_another_one() -> None:
    sheet = replace(
        ROOT, columns=tuple(Column(n, Kind.CHOICE, f"/{n}") for n in ("consent", "consent_quote"))
    )
    assert quote_column(sheet) == 1
    assert quote_column(ROOT) is None


@pytest.mark.parametrize(
    ("code", "labels", "agrees"),
    [
        ("1", {"km": "បាទ/ចាស", "en": "Yes"}, True),
        ("1", {"km": "ទេ", "en": "No"}, False),
        ("2", {"en": "Yes, I agree"}, True),
        ("agree", {}, True),
        ("OK", {}, True),
        ("0", {}, False),
        ("x", {"km": "មិនយល់ព្រម"}, False),
        ("x", {"km": "យល់ព្រម"}, True),
        ("perhaps", {"en": "Notwithstanding"}, False),
    ],
)
def test_words_decide_what_is_yes(code: str, labels: dict[str, str], agrees: bool) -> None:
    column = Column("consent", Kind.CHOICE, "/consent", values={code: labels} if labels else {})
    sheet = replace(ROOT, columns=(column, *ROOT.columns[2:]))
    row = [code, *crowd(1, 1).rows[""][0][2:]]
    extract = ListedExtract((sheet,), {"": [row]})
    assert refused(extract) == (frozenset() if agrees else {"uuid:1"})


def test_the_tag_of_a_form_counts_before_any_name() -> None:
    def sheet(*tags: str) -> Sheet:
        names = ("consent", "ok", "said_ok")
        return Sheet("", "wps", None, tuple(
            Column(name, Kind.CHOICE, f"/{name}", consent=tag) for name, tag in zip(names, tags, strict=True)
        ))  # fmt: skip

    assert consent_column(sheet("", "", "")) == 0
    assert (
        consent_column(sheet("", "participate", "quote")),
        quote_column(sheet("", "participate", "quote")),
    ) == (1, 2)
    assert (consent_column(sheet("share", "", "")), consent_column(sheet("", "share", ""))) == (None, 0)


def test_whoever_of_a_repeat_did_not_agree_goes_alone_with_all_that_is_theirs() -> None:
    keys = Column("PARENT_KEY", Kind.TEXT, role=Role.PARENT), Column("KEY", Kind.TEXT, role=Role.KEY)
    root = Sheet("", "wps", None, (Column("KEY", Kind.TEXT, role=Role.KEY),))
    people = Sheet("/p", "p", "", (
        Column("consent", Kind.CHOICE, "/p/consent", values=YES_NO), Column("face", Kind.FILE, "/p/face"), *keys,
    ))  # fmt: skip
    jobs = Sheet("/p/job", "job", "/p", keys)
    rows = {
        "": [[A], [B]],
        "/p": [["yes", "ក.jpg", A, f"{A}/p[1]"], ["no", "ខ.jpg", A, f"{A}/p[2]"], [None, None, B, f"{B}/p[1]"]],
        "/p/job": [[f"{A}/p[{n}]", f"{A}/p[{n}]/job[1]"] for n in (1, 2)],
    }  # fmt: skip
    extract = ListedExtract((root, people, jobs), rows, files={(A, "ក.jpg"): b"", (A, "ខ.jpg"): b""})
    losses = Losses()
    heard = Agreeing(extract, {"/p/consent": {1}}, losses)
    assert [row["KEY"] for row in table(heard, "/p")] == [f"{A}/p[1]"]
    assert [row["KEY"] for row in table(heard, "/p/job")] == [f"{A}/p[1]/job[1]"]
    assert (len(table(heard)), [file.name for file in heard.media()]) == (2, ["ក.jpg"])
    assert {loss.code: loss.count for loss in losses} == {"consent.rows_refused": 2}
    assert (
        len(table(Agreeing(extract, {"/p/consent": {2}}, Losses()), "/p")) == 3
    )  # a version that did not ask
