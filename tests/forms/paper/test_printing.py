"""Forms on paper: what is on the pages, that it stays inside of them, and that it can be searched and copied."""

from __future__ import annotations

import re
from io import BytesIO
from pathlib import Path

import pypdfium2
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pypdf import PdfReader
from pyxform.xls2xform import convert

from forms.compile import compile_form
from forms.paper.boxes import Frame, Ink, Mark, Rule, Shade
from forms.paper.pages import SIZES, Page
from forms.paper.printing import Printed, print_file, print_form
from forms.questions import Choice, read_questionnaire

LIBRARY = sorted((Path(__file__).parents[3] / "forms" / "library").glob("*/form.xlsx"))
RUN = "ក្រុមប្រឹក្សាឃុំសង្កាត់ស្ត្រី" * 70  # two thousand letters, no space
HOSTILE = [
    RUN[:2000],
    "Pneumonoultramicroscopicsilicovolcanoconiosis" * 12,
    "😀👩‍👩‍👧 ស្ត្រី 😀",
    "\u200fשלום \u202eعربي\u202c ស្ត្រី",
    "**ដិត ${a** _b_ [l](http://x.example/" + "y" * 300 + ") # <span style='x'>",
    "ក" + "្" * 300 + "ុ" * 300,
    "a" + "\u0301" * 400,
    "( ( ( «" * 100,
    "\u200b\u200b",
    "ៗ។" * 200,
]  # fmt: skip


def form(survey: str, choices: str = "", title: str = "ទម្រង់សាក") -> bytes:
    """An XForm of markdown tables without their header rows."""
    head = "| type | name | label::Khmer (km) | label::English (en) | relevant | constraint | repeat_count |"
    lists = (
        f"| choices |\n| | list_name | name | label::Khmer (km) | label::English (en) |\n{choices}"
        if choices
        else ""
    )
    columns = "form_title | form_id | version | default_language"
    named = f"| settings |\n| | {columns} |\n| | {title} | trial | 7 | Khmer (km) |\n"
    return convert(
        f"| survey |\n| {head}\n{survey}\n{lists}\n{named}", file_type=".md", validate=False
    ).xform.encode()


def printed(xform: bytes, language: str = "both", **options: object) -> Printed:
    return print_form(read_questionnaire(xform), language, **options)  # type: ignore[arg-type]


def squeezed(text: str) -> str:
    return re.sub(r"\s", "", text)


def by_pypdf(made: Printed) -> str:
    return squeezed("".join(page.extract_text() for page in PdfReader(BytesIO(made.pdf)).pages))


def by_pdfium(made: Printed) -> str:
    document = pypdfium2.PdfDocument(made.pdf)
    return squeezed("".join(page.get_textpage().get_text_range() for page in document))


def extent(mark: Mark) -> tuple[float, float, float, float]:
    """Left, top, right, bottom."""
    if isinstance(mark, Ink):
        return mark.x, mark.y - mark.line.ascent, mark.x + mark.line.width, mark.y + mark.line.descent
    high = 0.0 if isinstance(mark, Rule) else mark.height
    return mark.x, mark.y, mark.x + mark.width, mark.y + high


def assert_inside(pages: tuple[Page, ...], size: str = "A4") -> None:
    width, height = SIZES[size]
    for page in pages:
        for mark in page.marks:
            left, top, right, bottom = extent(mark)
            assert 41.9 <= left <= right <= width - 41.9, mark
            assert top >= 20, mark
            assert bottom <= height - 20, mark


def assert_apart(pages: tuple[Page, ...]) -> None:
    """No two lines of text lie over one another."""
    for page in pages:
        lines = [extent(mark) for mark in page.marks if isinstance(mark, Ink)]
        for number, (left, top, right, bottom) in enumerate(lines):
            for other in lines[number + 1 :]:
                over = left < other[2] - 0.1 and other[0] < right - 0.1
                assert not (over and top < other[3] - 0.1 and other[1] < bottom - 0.1), (lines[number], other)


def assert_margins_are_white(made: Printed) -> None:
    """As PDFium draws it: the second opinion on every width, from the embedded font itself."""
    for page in pypdfium2.PdfDocument(made.pdf):
        drawn = page.render(scale=1, grayscale=True)
        wide, pixels = drawn.stride, bytes(drawn.buffer)
        for row in range(drawn.height):
            line = pixels[row * wide : row * wide + drawn.width]
            assert set(line[:38] + line[-38:]) == {255}, row


@pytest.mark.parametrize("language", ["km", "en", "both"])
@pytest.mark.parametrize("file", LIBRARY, ids=lambda file: file.parent.name)
def test_every_form_of_the_library_stays_inside_its_pages(file: Path, language: str) -> None:
    made = print_file(file, language)
    assert made.undrawable == ()
    assert_inside(made.pages)
    assert_apart(made.pages)
    assert_margins_are_white(made)


@pytest.mark.parametrize("reader", [by_pypdf, by_pdfium])
@pytest.mark.parametrize("file", LIBRARY, ids=lambda file: file.parent.name)
def test_khmer_comes_back_in_the_order_in_which_it_is_encoded(file: Path, reader: object) -> None:
    text = reader(print_file(file, "km"))  # type: ignore[operator]
    questions = list(read_questionnaire(compile_form(file).xform).questions())
    labels = [one.labels["Khmer (km)"] for one in questions if "${" not in one.labels["Khmer (km)"]]
    assert labels
    for label in labels:
        assert squeezed(label) in text


def test_a_language_alone_says_nothing_in_the_other() -> None:
    file = LIBRARY[0].parent.parent / "wps_consultation" / "form.xlsx"
    english, khmer = by_pypdf(print_file(file, "en")), by_pypdf(print_file(file, "km"))
    assert "Onwhichday" in english
    assert "Onwhichday" not in khmer
    assert "Page2of" in english
    assert "ទំព័រទី២នៃ" in khmer
    assert "Interviewcode" not in khmer


def test_conditions_are_said_in_both_languages() -> None:
    made = printed(form(
        "| | select_one yn | ok | យល់ព្រមទេ? | Do you agree? | | | |\n"
        "| | integer | age | អាយុ | Age | ${ok} = 'y' | . >= 18 and . <= 99 | |\n"
        "| | text | odd | អ្វី | What | ${age} mod 2 = 1 | | |",
        "| | yn | y | យល់ព្រម | Yes |\n| | yn | n | ទេ | No |",
    ))  # fmt: skip
    text = by_pypdf(made)
    assert "Askonlyifquestion1is‘Yes’." in text
    assert "សួរលុះត្រាតែសំណួរទី១ឆ្លើយ«យល់ព្រម»។" in text
    assert "From18to99." in text
    assert "ពី១៨ដល់៩៩។" in text
    assert "${age}mod2=1" in text


@pytest.mark.parametrize("size", ["A4", "A5", "Letter"])
@pytest.mark.parametrize("label", HOSTILE, ids=range(len(HOSTILE)))
def test_a_hostile_label_runs_out_of_no_box(label: str, size: str) -> None:
    cell = label.replace("|", "")
    xform = form(
        "| | begin_repeat | r | PLACE | PLACE | | | |\n| | select_multiple c | s | PLACE | PLACE | | | |\n"
        "| | note | n | PLACE | PLACE | ${s} != '' | | |\n| | end_repeat | | | | | | |",
        "| | c | a | PLACE | PLACE |\n| | c | b | ក | B |",
        title="PLACE",
    )
    safe = cell.replace("&", "&amp;").replace("<", "&lt;")
    made = printed(xform.replace(b"PLACE", safe.encode()), size=size)
    assert_inside(made.pages, size)
    assert_apart(made.pages)
    assert_margins_are_white(made)


def test_a_long_run_of_khmer_comes_back_whole() -> None:
    made = printed(form(f"| | note | n | {RUN[:2000]} | x | | | |"), "km")
    for text in (by_pypdf(made), by_pdfium(made)):
        assert RUN[:200] in text


def test_no_line_begins_inside_a_cluster() -> None:
    made = printed(form(f"| | note | n | {RUN[:2000]} | x | | | |"), "km")
    lines = [mark.line.text for page in made.pages for mark in page.marks if isinstance(mark, Ink)]
    assert len(lines) > 20
    for line in lines:
        assert not re.match("[\u17b4-\u17d3]", line), line
        assert not line.endswith("\u17d2"), line


def test_a_form_without_khmer_is_printed_whichever_language_is_asked_for() -> None:
    source = "| survey |\n| | type | name | label |\n| | text | a | What is it? |\n| | text | b | BLANK |\n"
    xform = convert(source, file_type=".md", validate=False).xform.encode().replace(b"BLANK", b"")
    for language in ("km", "en", "both"):
        text = by_pypdf(printed(xform, language))
        assert text.count("Whatisit?") == 1
        assert "2.b" in text or "២.b" in text


def test_sixty_thousand_choices_become_a_line_and_boxes() -> None:
    xform = form("| | select_one v | village | ភូមិ | Village | | | |", "| | v | 1 | ក | A |")
    item, names = xform[xform.index(b"<item>") : xform.index(b"</item>") + 7], range(60_000)
    many = b"".join(item.replace(b"<name>1<", b"<name>%08d<" % n) for n in names)
    made = printed(xform.replace(item, many))
    assert len(made.pages) == 1
    assert "Codeinthelist" in by_pypdf(made)
    digits = [m for m in made.pages[0].marks if isinstance(m, Frame) and m.width == 14 and m.y > 60]
    assert len(digits) == 8


def test_a_short_list_in_a_file_is_printed_and_a_long_one_written_in() -> None:
    source = "| survey |\n| | type | name | label |\n| | select_one_from_file p.csv | p | Province |\n"
    asked = read_questionnaire(convert(source, file_type=".md", validate=False).xform.encode())
    short = {"p.csv": [Choice("07", {"default": "កំពត / Kampot"})]}
    assert "កំពត/Kampot" in by_pypdf(print_form(asked, "both", lists=short))
    assert "Codeinthelist" in by_pypdf(print_form(asked, "both"))


def test_a_repeat_has_as_many_blank_blocks_as_asked_for() -> None:
    xform = form(
        "| | integer | n | ប៉ុន្មាននាក់ | How many | | | |\n"
        "| | begin_repeat | person | អ្នកចូលរួម | Person | | | ${n} |\n| | begin_repeat | child | កូន | Child | | | |\n"
        "| | text | name_code | លេខកូដ | Code of it | | | |\n| | end_repeat | | | | | | |\n| | end_repeat | | | | | | |"
    )
    text = by_pypdf(printed(xform, "en", blocks=4))
    assert "Blankblockshere:4." in text
    assert "Asmanyastheanswertoquestion1." in text
    assert text.count("Codeofit") == 8


def test_signs_of_markdown_and_places_are_not_printed() -> None:
    xform = form(
        "| | integer | n | ចំនួន | Number | | | |\n| | note | t | **ដិត** ${n} | **bold** _slant_ ${n} | | | |"
    )
    text = by_pypdf(printed(xform))
    assert "boldslant[answertoquestion1]" in text
    assert "ដិត[ចម្លើយសំណួរទី១]" in text


def test_letters_without_a_font_are_named_and_can_still_be_copied() -> None:
    made = printed(form("| | text | a | សួស្តី😀 | 中 | | | |"))
    assert made.undrawable == ("中", "😀")
    assert "សួស្តី😀" in by_pypdf(made)


def test_the_same_form_gives_the_same_bytes() -> None:
    xform = form("| | text | a | ឈ្មោះភូមិ | Village | | | |")
    first, second = printed(xform), printed(xform)
    assert first.pdf == second.pdf
    assert b"CreationDate" not in first.pdf


def test_a_heading_is_never_alone_at_the_foot_of_a_page() -> None:
    rows = "".join(
        f"| | begin_group | g{n} | ក្រុម{n} | Part{n}x | | | |\n| | text | q{n} | សំណួរ | Ask{n}x | | | |\n"
        "| | end_group | | | | | | |\n"
        for n in range(40)
    )
    pages = [
        squeezed(page.extract_text()) for page in PdfReader(BytesIO(printed(form(rows), "en").pdf)).pages
    ]
    assert len(pages) > 3
    for n in range(40):
        assert any(f"Part{n}x" in page and f"Ask{n}x" in page for page in pages), n


LABEL = st.text(
    st.characters(blacklist_categories=["Cs", "Cc"], blacklist_characters="|\\${}"), max_size=60
).map(lambda text: " ".join(text.split()))
KINDS = [
    "text",
    "integer",
    "date",
    "dateTime",
    "geopoint",
    "note",
    "image",
    "select_one c",
    "rank c",
    "decimal",
]
CONDITIONS = [
    "",
    "${q} = 'a'",
    "selected(${q}, 'b') or not(${q} = '')",
    "((1",
    "1 div 2 > ${q}",
    "../../../q = 1",
]
QUESTION = st.tuples(st.sampled_from(KINDS), LABEL, st.sampled_from(CONDITIONS))


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    st.lists(QUESTION, min_size=1, max_size=6), st.sampled_from(["A4", "A5"]), st.sampled_from(["km", "both"])
)
def test_any_form_prints_inside_its_pages(
    asked: list[tuple[str, str, str]], size: str, language: str
) -> None:
    rows = "".join(
        f"| | {kind} | f{n} | L{n}L | M{n}M | RELEVANT{n} | | |\n" for n, (kind, _, _) in enumerate(asked)
    )
    xform = form(
        "| | select_multiple c | q | ក | A | | | |\n" + rows, "| | c | a | ក | A |\n| | c | b | ខ | B |"
    )
    for n, (_, label, relevant) in enumerate(asked):
        safe = label.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
        xform = xform.replace(f"L{n}L".encode(), safe.encode()).replace(f"M{n}M".encode(), safe.encode())
        written = relevant.replace("${q}", "/data/q").replace(">", "&gt;")
        xform = xform.replace(f"RELEVANT{n}".encode(), written.encode())
    made = printed(xform, language, size=size)
    assert_inside(made.pages, size)
    assert_apart(made.pages)


def test_the_shades_are_grounds_and_lie_below() -> None:
    made = printed(form("| | text | a | ក | A | | | |\n| | text | b | ខ | B | ${a} != '' | | |"))
    content = PdfReader(BytesIO(made.pdf)).pages[0].get_contents()
    assert content is not None
    drawn = content.get_data()
    assert drawn.rindex(b"re f") < drawn.index(b"BT")
    assert any(isinstance(mark, Shade) for mark in made.pages[0].marks)
