"""What stands in a report, and what never does: read back from the page and from the paper."""

from __future__ import annotations

import io
import re
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml import html
from pypdf import PdfReader

from server.extracts.sheets import Kind
from server.reports.counting import quantile
from server.reports.quotas import Quota
from tests.extracts.listed import ListedExtract
from tests.reports.consultations import (
    PEOPLE,
    PROVINCES,
    QUOTED,
    ROOT,
    consultation,
    counts,
    page,
    tables,
    text,
    written,
)  # fmt: skip

K = 11
HIDDEN = ("fewer than 11", "not shown")


def numbers(rows: list[list[str]]) -> dict[str, str]:
    """label -> what stands for its number."""
    return {row[0]: row[2] for row in rows[1:] if len(row) > 2}


def test_answers_are_counted_in_the_forms_order_with_a_picture_and_a_number(tmp_path: Path) -> None:
    extract = consultation(300)
    found = tables(page(extract, tmp_path))["What is needed?"]
    said = [cell for cell in counts(extract, "needs") if cell]
    water, land = len(said), sum(cell == "water land" for cell in said)
    assert found[1] == ["Water", f"Water: {water}", str(water), "100 %"]
    assert found[2] == ["Land", f"Land: {land}", str(land), f"{100 * land / water:.0f} %"]


def test_sections_are_the_forms_groups_and_labels_lose_their_marks(tmp_path: Path) -> None:
    found = page(consultation(300), tmp_path)
    assert "The talk" in [text(h) for h in found.iter("h3")]
    assert "Is it safe?" in tables(found)


def test_numbers_have_a_median_and_quartiles(tmp_path: Path) -> None:
    extract = consultation(300)
    values = sorted(int(cell or 0) for cell in counts(extract, "hours"))
    told = {row[0]: row[1] for row in tables(page(extract, tmp_path))["Hours"]}
    middle = (values[149] + values[150]) / 2
    assert told["Median"] == f"{middle:g}" and told["Answers"] == "300"
    assert set(told) == {"Answers", "Lower quartile", "Median", "Upper quartile"}


def test_few_numbers_have_neither(tmp_path: Path) -> None:
    assert {row[0] for row in tables(page(consultation(30), tmp_path))["Hours"]} == {"Answers", "Median"}
    assert {row[0] for row in tables(page(consultation(15), tmp_path))["Hours"]} == {"Answers"}


@given(st.lists(st.integers(0, 9), min_size=1, max_size=30))
def test_the_median_is_the_middle(values: list[int]) -> None:
    import statistics

    assert quantile(sorted(Counter(map(float, values)).items()), 0.5) == statistics.median(values)


def test_who_did_not_agree_or_was_rejected_is_in_no_number(tmp_path: Path) -> None:
    agreed, refused = consultation(200), consultation(40, seed=2, consent="no")
    rejected = consultation(30, seed=3, ReviewState="rejected")
    for other, shift in ((refused, "r"), (rejected, "x")):
        for row in other.rows[""]:
            row[9] = f"{row[9]}{shift}"  # type: ignore[index]
        for row in other.rows["/person"]:
            row[3], row[4] = f"{row[3]}{shift}", f"{row[3]}{shift}/person[1]"  # type: ignore[index]
    whole = ListedExtract((ROOT, PEOPLE), {
        path: [*agreed.rows[path], *refused.rows[path], *rejected.rows[path]] for path in ("", "/person")
    }, size=100)  # fmt: skip
    alone, among = page(agreed, tmp_path), page(whole, tmp_path)
    assert tables(alone) == tables(among)
    facts = {text(d.find("dt")): text(d.find("dd")) for d in among.iter("div") if d.find("dt") is not None}
    assert facts["Left out: no consent"] == "40" and facts["Left out: rejected"] == "30"
    assert facts["Submissions that take part"] == "200"


def test_quotes_only_with_consent_and_no_place_that_few_speak_from(tmp_path: Path) -> None:
    extract = consultation(200)
    found = [text(q) for q in page(extract, tmp_path).iter("blockquote")]
    assert found and all("(yes " in quote for quote in found)
    few = [name["en"] for code, name in PROVINCES.items() if counts(extract, "Province").count(code) < K]
    assert few and not any(name in quote for name in few for quote in found)
    assert any("Battambang" in quote or "Kampot" in quote for quote in found)


def test_a_quote_that_tells_a_phone_or_an_address_is_left_out(tmp_path: Path) -> None:
    for telling in ("ទូរស័ព្ទ 012 345 678", "ទូរស័ព្ទ ០១២ ៣៤៥ ៦៧៨", "sokha@example.org"):
        found = page(consultation(60, quote=telling, consent_quote="yes"), tmp_path)
        assert not list(found.iter("blockquote"))


def test_no_other_words_and_no_keys_are_in_it(tmp_path: Path) -> None:
    extract = consultation(100)
    for ending in ("html", "pdf"):
        said = _text_of(written(extract, tmp_path, ending, languages=("km", "en")), ending)
        assert "រឿងសម្ងាត់" not in said and "uuid:" not in said
        assert "(no " not in said and "(None " not in said


def test_an_answer_that_is_no_choice_of_the_form_is_not_told(tmp_path: Path) -> None:
    said = text(page(consultation(60, safe="ភូមិរបស់ ចាន់ថន"), tmp_path))
    assert "ចាន់ថន" not in said and "Other" in said


def test_neither_the_picture_nor_the_percent_of_a_hidden_number_is_drawn(tmp_path: Path) -> None:
    found = page(consultation(150), tmp_path)
    hidden = 0
    for row in found.iter("tr"):
        cells = [text(cell) for cell in row]
        if len(cells) == 4 and cells[2] in HIDDEN and row.find("td[@class='bar']") is not None:
            hidden += 1
            assert row.find("td[@class='bar']/svg/rect") is None
            assert cells[3] == ""
    assert hidden


@settings(max_examples=12, deadline=None)
@given(st.integers(0, 400), st.integers(0, 1000))
def test_no_number_below_k_is_anywhere(
    tmp_path_factory: pytest.TempPathFactory, size: int, seed: int
) -> None:
    """But zeros, ranks, medians, and days."""
    found = tables(page(consultation(size, seed), tmp_path_factory.mktemp("report")))
    for caption, rows in found.items():
        if caption in ("Order", "Hours"):
            continue
        for row in rows:
            for cell in row[1:]:
                if re.fullmatch(r"[0-9,]+", cell):
                    assert int(cell.replace(",", "")) == 0 or int(cell.replace(",", "")) >= K


def test_what_differs_from_a_sum_is_never_few(tmp_path: Path) -> None:
    """The sums of the tables of who took part, minus what is shown of them."""
    found = tables(page(consultation(300), tmp_path))
    for caption in ("By province", "By sex", "By age", "By group"):
        told = numbers(found[caption])
        total = int(told.pop("Total").replace(",", ""))
        shown = [int(n.replace(",", "")) for n in told.values() if n[:1].isdigit()]
        rest = total - sum(shown)
        hidden = sum(n in HIDDEN for n in told.values())
        assert (hidden == 0 and rest == 0) or (hidden > 1 and rest >= K)


def test_who_was_asked_because_of_a_hidden_answer_is_not_counted_aloud(tmp_path: Path) -> None:
    """ "Hours" is asked only of those who said no; 20 did, but 5 who did not know could be counted off with them."""
    extract = consultation(100)
    rows = extract.rows[""]
    for n, row in enumerate(rows):
        row[3] = "no" if n < 20 else None if n < 25 else "yes"  # type: ignore[index]
        row[2] = "water" if n < 20 else None  # type: ignore[index]
    found = tables(page(extract, tmp_path))
    safe = numbers(found["Is it safe?"])
    assert safe["No answer"] == "fewer than 11" and safe["No"] == "not shown"
    assert numbers(found["What is needed?"])["Water"] == "not shown"


def test_quotas_show_what_is_short_in_words(tmp_path: Path) -> None:
    extract = consultation(300)
    people = len(extract.rows["/person"])
    quotas = [Quota("", "", "", people + 50, 2), Quota("", "", "Female", 20, 3), Quota("11", "teacher", "female", 5, 4),
              Quota("", "nobody", "", 9, 5), Quota("23", "", "", 40, 6)]  # fmt: skip
    found = page(extract, tmp_path, quotas=quotas)
    rows = tables(found)["Reached, of what was planned"][1:]
    assert rows[0][2:] == [f"{people:,}", f"{people + 50:,}", "short by 50"]
    assert rows[1][0] == "Female" and rows[1][4] == "reached"
    assert rows[2][2] in HIDDEN and rows[2][4] == ""
    assert rows[3][:1] == ["Kep"] and rows[3][2:] == ["0", "40", "short by 40"]
    assert "has no answers for: 5." in text(found)


@pytest.mark.parametrize("languages", [("km",), ("en",), ("km", "en")])
def test_nothing_to_tell_is_told(tmp_path: Path, languages: tuple[str, ...]) -> None:
    empty = consultation(0)
    found = html.fromstring(written(empty, tmp_path, languages=languages).decode())
    assert found.find(".//h1") is not None and not list(found.iter("svg"))
    assert len(PdfReader(io.BytesIO(written(empty, tmp_path, "pdf", languages=languages))).pages) >= 1


def test_one_province_and_a_form_without_people(tmp_path: Path) -> None:
    alone = replace(consultation(60, Province="07"), sheets=(ROOT,))
    found = tables(page(alone, tmp_path))
    assert numbers(found["By province"]) == {"Kampot": "60", "Total": "60"}
    assert "By sex" not in found


def test_the_page_asks_nobody_for_anything(tmp_path: Path) -> None:
    said = written(consultation(100), tmp_path)
    found = html.fromstring(said.decode())
    assert not [e for e in found.iter() if e.tag in ("script", "link", "img", "iframe", "object")]
    assert not re.search(rb'(src|href)\s*=|url\("(?!data:)', said)
    assert len(said) < 1_000_000


def test_both_languages_stand_beside_each_other_and_say_which_they_are(tmp_path: Path) -> None:
    found = html.fromstring(written(consultation(100), tmp_path).decode())
    heads = [[(span.get("lang"), text(span)) for span in h] for h in found.iter("h2")]
    assert [("km", "អ្នកដែលបានចូលរួម"), ("en", "Who took part")] in heads
    for svg in found.iter("svg"):
        assert svg.get("role") == "img" and text(svg.find("title"))


def test_khmer_digits_are_a_choice(tmp_path: Path) -> None:
    extract = consultation(100)
    with_them = text(html.fromstring(written(extract, tmp_path, languages=("km",)).decode()).find(".//main"))
    without = text(
        html.fromstring(written(extract, tmp_path, languages=("km",), khmer_digits=False).decode()).find(
            ".//main"
        )
    )
    assert "១០០" in with_them and "តិចជាង ១១" in with_them
    assert "100" in without and "តិចជាង 11" in without


def test_paper_says_what_the_page_says(tmp_path: Path) -> None:
    """Every word of the page is found in the PDF, Khmer as it is encoded, without invisible spaces."""
    extract = consultation(200)
    found = html.fromstring(written(extract, tmp_path).decode())
    paper = _squeezed(_text_of(written(extract, tmp_path, "pdf"), "pdf"))
    assert "\u200b" not in paper
    for tag in ("caption", "h2", "h3", "figcaption"):
        for element in found.iter(tag):
            for span in element.iter("span"):
                assert _squeezed(text(span)) in paper
    for quote in found.iter("blockquote"):
        assert _squeezed(text(quote.find("p"))) in paper
    assert paper.count(_squeezed(QUOTED)) == len(list(found.iter("blockquote")))


def test_each_page_tells_the_export_and_its_number(tmp_path: Path) -> None:
    pages = PdfReader(io.BytesIO(written(consultation(200), tmp_path, "pdf", languages=("en",)))).pages
    assert len(pages) > 2
    for number, one in enumerate(pages, 1):
        assert "00f1e2d3c4b5a697" in one.extract_text()
        assert f"Page {number} of {len(pages)}" in one.extract_text()


def test_long_labels_in_khmer_stay_on_the_paper(tmp_path: Path) -> None:
    long = "សំណួរនេះវែងណាស់ដើម្បីឱ្យដឹងថាអក្សរខ្មែរត្រូវបំបែកជាបន្ទាត់បានត្រឹមត្រូវឬយ៉ាងណា" * 6
    columns = [replace(c, labels={"km": long}) if c.kind is Kind.CHOICES else c for c in ROOT.columns]
    extract = consultation(60)
    extract = replace(extract, sheets=(replace(ROOT, columns=tuple(columns)), PEOPLE))
    paper = _text_of(written(extract, tmp_path, "pdf", languages=("km",)), "pdf")
    assert _squeezed(long) in _squeezed(paper)


def test_the_same_answers_give_the_same_bytes(tmp_path: Path) -> None:
    for ending in ("html", "pdf"):
        assert written(consultation(80), tmp_path, ending) == written(consultation(80), tmp_path, ending)


def _text_of(said: bytes, ending: str) -> str:
    if ending == "html":
        return text(html.fromstring(said.decode()).find(".//main"))
    return "\n".join(one.extract_text() for one in PdfReader(io.BytesIO(said)).pages)


def _squeezed(said: Any) -> str:
    return "".join(str(said).split())


def test_a_long_table_says_its_heads_again_on_the_next_page(tmp_path: Path) -> None:
    many = {f"c{n}": {"en": f"Choice {n}"} for n in range(40)}
    columns = [replace(c, values=many) if c.name == "needs" else c for c in ROOT.columns]
    extract = replace(
        consultation(60, needs="c0 c1 c39"), sheets=(replace(ROOT, columns=tuple(columns)), PEOPLE)
    )
    pages = PdfReader(io.BytesIO(written(extract, tmp_path, "pdf", languages=("en",)))).pages
    said = [one.extract_text() for one in pages]
    held = [one for one in said if re.search(r"Choice \d", one)]
    assert len(held) > 1 and all("Answers" in one and "Percent" in one for one in held)
    assert "Choice 38" in held[-1] and "Choice 39" in held[-1], "the last rows stay together"
