"""A form as a coordinator brings it, in its versions, and workbooks that are none."""

from __future__ import annotations

from tests.forms.workbooks import book_of, saved

KM, EN = "label::Khmer (km)", "label::English (en)"
SURVEY = ("type", "name", KM, EN)
PHOTO = "media::image::Khmer (km)"
TITLE = "ការទទួលទឹក"
FIRST = (
    ("select_one source", "source", "តើយកទឹកពីណា?", "Where does the water come from?"),
    ("integer", "people", "តើមានប៉ុន្មាននាក់?", "How many people?"),
)
SOURCES = (("well", "អណ្តូង", "Well"), ("river", "ទន្លេ", "River"))


def water(
    *rows: tuple[str, ...],
    version: str = "2026112301",
    form_id: str = "water",
    sources: tuple[tuple[str, str, str], ...] = SOURCES,
) -> bytes:
    """rows: of the survey sheet, FIRST if none are given."""
    return saved(
        book_of(
            survey=[SURVEY, *(rows or FIRST)],
            choices=[("list_name", "name", KM, EN), *(("source", *one) for one in sources)],
            settings=[
                ("form_title", "form_id", "version", "default_language"), (TITLE, form_id, version, "Khmer (km)"),
            ],
        )
    )  # fmt: skip


def second() -> bytes:
    """What a later version looks like: one question more, one gone, a choice more, a text changed."""
    asked = (FIRST[0][0], FIRST[0][1], "តើទឹកមកពីណា?", FIRST[0][3])
    return water(asked, ("text", "village", "ភូមិ", "Village"), sources=(*SOURCES, ("rain", "ភ្លៀង", "Rain")))


def broken() -> bytes:
    """Errors in known cells: survey C3 has no Khmer, D2 names a question that is not there."""
    return water(FIRST[0], ("integer", "people", "", "How many of ${nobody}?"))


def with_list() -> bytes:
    """Chooses from a file, and shows a picture."""
    return saved(
        book_of(
            survey=[
                (*SURVEY, PHOTO, "media::image::English (en)"),
                ("select_one_from_file villages.csv", "village", "ភូមិ", "Village", "ស្រូវ.jpg", "ស្រូវ.jpg"),
            ],
            settings=[
                ("form_title", "form_id", "version", "default_language"),
                (TITLE, "places", "1", "Khmer (km)"),
            ],
        )
    )
