"""For each code of our own checks a form that has the fault, and one that only just does not.

A form is a markdown table; `·` is a space that stays, `¶` a line break. Forms without settings get SETTINGS.
"""

from __future__ import annotations

KM, EN = "label::Khmer (km)", "label::English (en)"
SETTINGS = """
| settings | form_id | version | default_language |
| | f | 1 | Khmer (km) |
"""
HEAD = f"| survey | type | name | {KM} | {EN} |"


def asked(columns: str, *rows: str) -> str:
    """A survey of bilingual text questions with more columns. rows: what these columns say."""
    lines = [f"| | text | q{n} | សំណួរ | Question | {row} |" for n, row in enumerate(rows)]
    return "\n".join([f"{HEAD} {columns} |", *lines])


def labels(khmer: str, english: str = "Question") -> str:
    return f"{HEAD}\n| | text | q | {khmer} | {english} |"


def rows(*lines: str) -> str:
    """lines: type | name | more; the labels are put in."""
    return "\n".join([HEAD, *(f"| | {line} | ស្លាក | Label |" for line in lines)])


def chosen(*choices: str, kind: str = "select_one", more: str = "") -> str:
    """A question of the list c, with its choices: name | Khmer | English."""
    listed = "\n".join(f"| | c | {choice} |" for choice in choices)
    return f"""
{HEAD} relevant |
| | {kind} c | q | សំណួរ | Question | |
{more}
| choices | list_name | name | {KM} | {EN} |
{listed}
"""


def sensitive(*lines: str) -> str:
    """lines: type | name | relevant | sensitivity."""
    body = "\n".join(
        "| | {} | {} | ស្លាក | Label | {} | {} |".format(*(p.strip() for p in line.split("|")))
        for line in lines
    )
    return f"""
{HEAD} relevant | sensitivity |
{body}
| choices | list_name | name | {KM} | {EN} |
| | y | yes | បាទ | Yes |
| settings | form_id | version | default_language | sensitivity |
| | f | 1 | Khmer (km) | restricted |
"""


LONG, YES_NO = "ក" * (35 * 12), ("yes | បាទ | Yes", "no | ទេ | No")
FIRST = "select_one y | consent | | internal"
STALE = f"""
{HEAD}
| | text | q | សំណួរ | Question |
| translation_stamps | sheet | name | column | language | stamp |
| | survey | q | label | km | STAMP |
"""

CASES: dict[str, tuple[str, str]] = {
    "workbook.no_survey": ("| survei | type | name |", labels("ក")),
    "cell.spaces": (labels("សំណួរ·"), labels("សំណួរ·មួយ")),
    "cell.smart_quotes": (asked("relevant", "1 = ‘a’"), asked("relevant", "1 = '‘a’'")),
    "cell.error": (labels("#REF!"), labels("#REF")),
    "column.khmer_name": (asked("ឈ្មោះ", "x"), asked("note ឈ្មោះ", "x")),
    "column.misspelt": (asked("relevnt", "1"), asked("relevant", "1")),
    "column.duplicate": (asked("relevant | relevance", "1 | 1"), asked("relevant | constraint", "1 | 1")),
    "column.no_header": (asked(" | relevant", "x | 1"), asked(" | relevant", " | 1")),
    "language.name": (labels("ក").replace("Khmer (km)", "Khmer"), labels("ក")),
    "language.no_code": (asked("label::Kuy", "x"), asked("label::Kuy (kdt)", "x")),
    "language.bare_column": (asked("label", "x"), asked("hint", "x")),
    "language.default": (
        labels("ក") + SETTINGS.replace("Khmer (km)", "khmer (km)"), labels("ក") + SETTINGS),
    "language.no_default": (
        labels("ក") + SETTINGS.replace("| Khmer (km) |", "| |"), labels("ក") + SETTINGS),
    "translation.no_column": (asked("hint::Khmer (km)", "ក"), asked("image", "a.png")),
    "translation.blank": (labels(""), labels("ក")),
    "translation.stale": (STALE.replace("STAMP", "00000000"), STALE),
    "translation.identical": (labels("Question"), labels("GBV", "GBV")),
    "translation.not_khmer": (labels("Another question"), labels("ក Another question")),
    "translation.not_english": (labels("ក", "សំណួរ"), labels("ក", "Khmer (ខ្មែរ)")),
    "translation.references": (labels("ក ${q}"), labels("ក ${q}", "A ${q}")),
    "translation.term": (labels("ការជួប", "The consultation"), labels("ការពិគ្រោះយោបល់", "The consultation")),
    "translation.markdown": (labels("**ក**"), labels("**ក**", "**A**")),
    "label.missing": (labels("", ""), asked("hint::Khmer (km)", "ក").replace("សំណួរ", "").replace("Question", "")),
    "label.too_long": (labels(LONG + "ក"), labels(LONG)),
    "message.constraint_missing": (
        asked("constraint", ". > 1"),
        asked("constraint | constraint_message::Khmer (km) | constraint_message::English (en)", ". > 1 | ក | A")),
    "message.unused": (
        asked("constraint | constraint_message::Khmer (km)", " | ក"),
        asked("constraint | constraint_message::Khmer (km)", ". > 1 | ក")),
    "khmer.order": (labels("ស្រ្តី"), labels("ស្ត្រី")),
    "khmer.invisible": (labels("ស្ត្រី\u200bទី"), labels("ស្ត្រី·ទី")),
    "khmer.invisible_code": (asked("relevant", "1\u200b = 1"), asked("relevant", "1 = 1")),
    "khmer.deprecated": (labels("\u17a3"), labels("\u17a2")),
    "khmer.mixed": (labels("ស្តាប់ ស្ដាប់"), labels("ស្តាប់ ស្ដេច")),
    "khmer.mixed_digits": (labels("១2 នាក់"), labels("១២ នាក់ 12")),
    "khmer.digits": (asked("constraint", ". < ១៨"), asked("constraint", "regex(., '^[០-៩]+$')")),
    "text.lookalike": (labels("ក", "Questi\u043en"), labels("ក", "Question \u043e")),
    "type.missing": (rows(" | q"), rows("text | q")),
    "type.unknown": (rows("zzzzzz | q"), rows("barcode | q")),
    "type.unknown_meant": (rows("integr | q"), rows("int | q")),
    "group.not_closed": (rows("begin_group | g"), rows("begin_group | g", "end_group | ")),
    "group.not_open": (rows("end_group | "), rows("begin_group | g", "end group | ")),
    "group.crossed": (
        rows("begin_group | g", "begin_repeat | r", "end_group | ", "end_repeat | "),
        rows("begin_group | g", "begin_repeat | r", "end_repeat | ", "end_group | ")),
    "name.missing": (rows("text | "), rows("note | ")),
    "name.invalid": (rows("text | 1q"), rows("text | _1q")),
    "name.not_ascii": (rows("text | ភូមិ"), rows("text | village")),
    "name.punctuation": (rows("text | a-b"), rows("text | a_b")),
    "name.too_long": (rows("text | " + "a" * 33), rows("text | " + "a" * 32)),
    "name.reserved": (rows("text | KEY"), rows("begin_group | g", "text | KEY", "end_group | ")),
    "name.duplicate": (rows("text | q", "text | q"), rows("text | q", "begin_group | g", "text | q", "end_group | ")),
    "name.case_clash": (rows("text | q", "text | Q"), rows("text | q", "text | q2")),
    "choices.list_missing": (rows("select_one c | q"), rows("select_one_from_file c.csv | q")),
    "choices.list_unused": (chosen(*YES_NO).replace("select_one c", "select_one d"), chosen(*YES_NO)),
    "choices.no_list": (chosen(*YES_NO) + "| | | a | ក | A |", chosen(*YES_NO) + "| | | | កំណត់ | Note |"),
    "choices.no_name": (chosen(*YES_NO, " | ក | A"), chosen(*YES_NO)),
    "choices.duplicate": (chosen("a | ក | A", "a | ខ | B"), chosen("a | ក | A", "A | ខ | B")),
    "choices.duplicate_label": (chosen("a | ក | A", "b | ខ | A"), chosen("a | ក | A", "b | ខ | a")),
    "choices.name_space": (
        chosen("a b | ក | A", kind="select_multiple"), chosen("a_b | ក | A", kind="select_multiple")),
    "choices.name_not_ascii": (chosen("ក | ក | A"), chosen("k | ក | A")),
    "choices.many": (
        chosen(*(f"a{n} | ក{n} | A{n}" for n in range(1001))),
        chosen(*(f"a{n} | ក{n} | A{n}" for n in range(1000)))),
    "reference.unknown": (asked("relevant", "${zzzzz} = 1"), asked("relevant", "${q1} = 1", "")),
    "reference.unknown_meant": (
        rows("text | village") + "\n| | text | v2 | ${vilage} | ${vilage} |",
        rows("text | village") + "\n| | text | v2 | ${village} | ${village} |"),
    "reference.ambiguous": (
        rows("text | q", "begin_group | g", "text | q", "end_group | ") + "\n| | note | n | ${q} | ${q} |",
        rows("text | q", "begin_group | g", "text | q2", "end_group | ") + "\n| | note | n | ${q} | ${q} |"),
    "reference.malformed": (labels("${q ក"), labels("$5 {q} ក")),
    "logic.unbalanced": (asked("relevant", "(1 = 1"), asked("relevant", "('(' = 1)")),
    "logic.never_shown": (
        asked("relevant", "", "${q0} = 'a' and ${q0} = 'b'"), asked("relevant", "", "${q0} = 'a' or ${q0} = 'b'")),
    "logic.never_valid": (asked("constraint", ". > 5 and . < 5"), asked("constraint", ". >= 5 and . <= 5")),
    "logic.unknown_choice": (
        chosen(*YES_NO, more="| | text | p | ក | A | ${q} = 'yse' |"),
        chosen(*YES_NO, more="| | text | p | ក | A | ${q} = 'yes' |")),
    "sensitivity.value": (asked("sensitivity", "secret"), asked("sensitivity", "Restricted")),
    "sensitivity.untagged": (rows("text | phone_number"), rows("text | village_name")),
    "sensitive.untagged": (
        sensitive(FIRST, "text | full_name | ${consent} = 'yes' |"),
        sensitive(FIRST, "text | full_name | ${consent} = 'yes' | identifying")),
    "sensitive.no_consent": (sensitive("text | q | | internal"), sensitive(FIRST)),
    "sensitive.late_consent": (
        sensitive("text | q | |", FIRST), sensitive("text | q | | internal", FIRST)),
    "sensitive.unguarded": (
        sensitive(FIRST, "text | q | |"), sensitive(FIRST, "text | q | ${consent} = 'yes' |")),
    "media.missing": (asked("image", "b.png"), asked("image", "a.png")),
    "media.column_missing": (
        rows("select_one_from_file bare.csv | q"), rows("select_one_from_file good.csv | q")),
    "media.column_name": (
        rows("select_one_from_file odd.csv | q"), rows("select_one_from_file good.csv | q")),
}  # fmt: skip
# What the folder of media holds in these cases.
FILES = {
    "a.png": (),
    "good.csv": ("name", "label"),
    "bare.csv": ("name",),
    "odd.csv": ("name", "label", "label::Khmer (km)"),
}
