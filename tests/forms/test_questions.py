"""What a form asks, read from its XForm."""

from __future__ import annotations

import pytest
from pyxform.xls2xform import convert

from forms.errors import FormFault
from forms.itext import absolute
from forms.paper.boxes import Frame, Rule
from forms.paper.printing import print_form
from forms.questions import Question, Questionnaire, Section, labels_by_path, read_questionnaire

SURVEY = """
| survey |
| | type | name | label::Khmer (km) | label::English (en) | hint::Khmer (km) | guidance_hint::Khmer (km) | media::image::Khmer (km) | parameters | repeat_count |
| | integer | many | ប៉ុន្មាន | How many | ជាលេខ | កុំប៉ាន់ស្មាន | map.png | | |
| | begin_repeat | person | មនុស្ស | Person | | | | | ${many} |
| | select_one yn | ok | ${many} យល់ព្រម? | | | | | | |
| | end_repeat | | | | | | | | |
| | select_multiple_from_file places.csv | place | ទីកន្លែង | Place | | | | value=code label=title | |
| | range | score | ពិន្ទុ | Score | | | | start=1 end=5 step=1 | |
| | acknowledge | seen | បានឃើញ | Seen | | | | | |
| | audio | voice | សំឡេង | Voice | | | | | |
| | rank yn | order | លំដាប់ | Order | | | | | |
| | time | hour | ម៉ោង | Hour | | | | | |
| | datetime | moment | ពេល | Moment | | | | | |
| | geoshape | area | ផ្ទៃ | Area | | | | | |
| | barcode | tag | បាកូដ | Tag | | | | | |
| | decimal | weight | ទម្ងន់ | Weight | | | | | |
| choices |
| | list_name | name | label::Khmer (km) | label::English (en) |
| | yn | y | បាទ/ចាស | Yes |
| | yn | n | ទេ | No |
| settings |
| | form_id | version | default_language |
| | kinds | 1 | Khmer (km) |
"""  # noqa: E501 - a table


@pytest.fixture
def kinds() -> Questionnaire:
    return read_questionnaire(convert(SURVEY, file_type=".md", validate=False).xform.encode())


def test_questions_are_numbered_through_the_form(kinds: Questionnaire) -> None:
    assert [one.number for one in kinds.questions()] == list(range(1, 13))
    assert kinds.languages == ("Khmer (km)", "English (en)")


def test_every_question_and_repeat_has_its_name_in_each_language(kinds: Questionnaire) -> None:
    named = labels_by_path(kinds)
    assert named["/data/many"] == {"km": "ប៉ុន្មាន", "en": "How many"}
    assert named["/data/person"] == {"km": "មនុស្ស", "en": "Person"}
    assert named["/data/person/ok"] == {"km": "${/many} យល់ព្រម?"}


def test_a_repeat_keeps_its_count_and_its_questions(kinds: Questionnaire) -> None:
    repeat = kinds.items[1]
    assert isinstance(repeat, Section)
    assert repeat.repeat
    assert absolute(repeat.count, repeat.path, kinds.root) == "/many"
    assert [item.path for item in repeat.items] == ["/person/ok"]


def test_places_in_labels_are_paths_and_blank_cells_say_nothing(kinds: Questionnaire) -> None:
    asked = {one.path: one for one in kinds.questions()}["/person/ok"]
    assert dict(asked.labels) == {"Khmer (km)": "${/many} យល់ព្រម?"}
    assert asked.choices is not None
    assert [choice.labels["English (en)"] for choice in asked.choices.items] == ["Yes", "No"]


def test_hints_guidance_media_and_files_are_read(kinds: Questionnaire) -> None:
    questions = {one.path: one for one in kinds.questions()}
    many, place = questions["/many"], questions["/place"]
    assert (many.hints["Khmer (km)"], many.guidance["Khmer (km)"]) == ("ជាលេខ", "កុំប៉ាន់ស្មាន")
    assert many.media == ("map.png",)
    assert place.choices is not None
    assert (place.choices.file, place.choices.value, place.choices.label) == ("places.csv", "code", "title")


def test_every_kind_of_question_has_room_for_its_answer(kinds: Questionnaire) -> None:
    for question in kinds.questions():
        assert isinstance(question, Question)
        alone = Questionnaire("f", "1", "t", kinds.root, kinds.languages, (question,))
        none = Questionnaire("f", "1", "t", kinds.root, kinds.languages, ())
        assert rooms(alone) > rooms(none), question.path


def rooms(form: Questionnaire) -> int:
    return sum(isinstance(mark, Frame | Rule) for page in print_form(form).pages for mark in page.marks)


def test_a_form_that_is_none_is_refused_with_its_code() -> None:
    with pytest.raises(FormFault) as refused:
        read_questionnaire(b"<html/>")
    assert refused.value.code == "form.no_model"
