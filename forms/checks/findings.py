"""A finding: what is wrong, and the cell where it can be mended. All codes, with their texts.

An error spoils a form or its data; a warning is for a person to look at.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from forms.columns import Header
from forms.workbook import Row, Sheet
from i18n import mark, translate

ERROR, WARNING = "error", "warning"

# One row a line, so that the table reads as a table.
# fmt: off
_WORKBOOK = {
    "workbook.no_survey": (ERROR, mark("The workbook has no sheet named survey. Name the sheet with the questions survey.")),
    "workbook.hidden_sheet": (WARNING, mark("The sheet {sheet} is hidden, but forms are made from it. Show it, so that everybody sees what is asked.")),
    "workbook.merged": (ERROR, mark("The cells {area} are merged, so only the first keeps its text. Unmerge them and fill each cell.")),
    "cell.formula": (WARNING, mark("The cell holds the formula {formula}. Its last result “{text}” goes into the form; paste it as plain text.")),
    "cell.formula_empty": (ERROR, mark("The cell holds the formula {formula} without a result, so the form gets nothing. Paste the text itself.")),
    "cell.error": (ERROR, mark("The cell shows the spreadsheet error {text}. Write the text itself.")),
    "cell.spaces": (WARNING, mark("The text “{text}” begins or ends with a space that nobody sees. Delete it.")),
    "cell.smart_quotes": (WARNING, mark("The expression has curved quotation marks ({marks}). Only pyxform mends them; type straight ones: ' or \".")),
    "cell.too_long": (ERROR, mark("The cell holds {length} characters; a spreadsheet keeps at most {limit}, so the text is probably cut off.")),
    "column.khmer_name": (ERROR, mark("The column name “{header}” is written in Khmer. Column names are English words, such as name, label or type.")),
    "column.misspelt": (WARNING, mark("No form has a column “{header}”, so it is passed over. Did you mean “{meant}”?")),
    "column.duplicate": (ERROR, mark("The column “{header}” stands twice (also in column {other}). Delete or rename one.")),
    "column.no_header": (WARNING, mark("The column has texts but no name in row 1, so it is passed over. Name it, or delete it.")),
}

_TRANSLATIONS = {
    "language.name": (WARNING, mark("The language is written “{language}”. Write it “{expected}”, the same in all columns and forms.")),
    "language.no_code": (WARNING, mark("The language “{language}” has no code. Add it in brackets, as in “Khmer (km)”.")),
    "language.bare_column": (WARNING, mark("The column “{header}” has no language although others have one. Write “{header}::Khmer (km)”.")),
    "language.default": (ERROR, mark("The default language “{language}” is no language of the columns ({known}). Write one of them, letter for letter.")),
    "language.no_default": (WARNING, mark("The settings name no default_language, so tablets choose. Write “Khmer (km)”.")),
    "translation.no_column": (ERROR, mark("There is no column “{missing}” beside “{header}”, so people who read that language see nothing.")),
    "translation.blank": (ERROR, mark("The text is missing in {language}. A form has no fallback: people will see an empty place.")),
    "translation.stale": (WARNING, mark("The English has changed since this was translated. Look at the translation again.")),
    "translation.identical": (WARNING, mark("The text in {language} is the same as the English: “{text}”. Translate it.")),
    "translation.not_khmer": (WARNING, mark("There is no Khmer letter in the Khmer text “{text}”. Translate it.")),
    "translation.not_english": (WARNING, mark("The English text “{text}” is written in Khmer. Is it in the wrong column?")),
    "translation.references": (ERROR, mark("The answers named in the text differ: {language} has {here}, the English has {there}.")),
    "translation.term": (WARNING, mark("The glossary translates “{english}” as “{khmer}”. Use the same word, so that every form says the same.")),
    "translation.markdown": (WARNING, mark("The formatting differs: {language} has {here}, the English has {there}.")),
    "label.missing": (ERROR, mark("“{name}” has no label in any language, so people do not see what is asked.")),
    "label.too_long": (WARNING, mark("In {language} the text takes about {lines} lines on a 7-inch tablet; more than {limit} push the answers off the screen. Shorten it, or put a part in a note before.")),
    "message.constraint_missing": (WARNING, mark("The constraint has no constraint_message, so people are not told what is wrong with their answer. Write one.")),
    "message.unused": (WARNING, mark("The message is never shown, because the question has no {column}.")),
}

_KHMER = {
    "khmer.order": (ERROR, mark("The signs of “{found}” stand in an order that Khmer is not written in ({codes}). Type it anew: {expected}")),
    "khmer.invisible": (WARNING, mark("There are characters that nobody sees: {characters}. Delete them if nothing depends on them.")),
    "khmer.invisible_code": (ERROR, mark("There are characters here that nobody sees: {characters}. Names and expressions do not work with them; type the cell anew.")),
    "khmer.deprecated": (ERROR, mark("“{found}” ({codes}) only looks like “{expected}” and is not found by searching. Type “{expected}”.")),
    "khmer.mixed": (WARNING, mark("“{found}” is spelt here with {sign}, elsewhere in the form it looks the same but is spelt with {other}. Use one, or searching finds only half.")),
    "khmer.mixed_digits": (WARNING, mark("The number {found} mixes Khmer and Latin digits.")),
    "khmer.digits": (ERROR, mark("Khmer digits ({found}) cannot be calculated with. Write {expected}.")),
    "text.lookalike": (WARNING, mark("The word “{word}” mixes letters of different scripts that look alike ({characters}). Type it anew.")),
}

_NAMES = {
    "type.missing": (ERROR, mark("The row has a name or a label but no type.")),
    "type.unknown": (ERROR, mark("There is no question type “{type}”.")),
    "type.unknown_meant": (ERROR, mark("There is no question type “{type}”. Did you mean “{meant}”?")),
    "group.not_closed": (ERROR, mark("“{type}” is never closed. Add “{end}” where it ends.")),
    "group.not_open": (ERROR, mark("“{type}” closes nothing. Delete it, or add “{begin}” above.")),
    "group.crossed": (ERROR, mark("“{type}” stands where “{expected}” must come first, to close “{name}”.")),
    "name.missing": (ERROR, mark("The question has no name. Give it one, such as village_name.")),
    "name.invalid": (ERROR, mark("“{name}” cannot be a name. Begin with a letter or _, then use letters, digits and _.")),
    "name.not_ascii": (ERROR, mark("The name “{name}” has letters that are not a–z. Tables and statistics programs lose them; use Latin letters.")),
    "name.punctuation": (WARNING, mark("The name “{name}” has a hyphen or a full stop, which statistics programs change. Use _.")),
    "name.too_long": (WARNING, mark("The name “{name}” has {length} characters; Stata cuts names at {limit}.")),
    "name.reserved": (ERROR, mark("The name “{name}” is used by the system itself. Choose another.")),
    "name.duplicate": (ERROR, mark("The name “{name}” is used in the same group already, in row {other}. Choose another.")),
    "name.case_clash": (WARNING, mark("“{name}” and “{other}” (row {row_other}) differ in capital letters only. Programs that ignore these mix them up.")),
    "choices.list_missing": (ERROR, mark("The list “{list}” is not on the choices sheet.")),
    "choices.list_unused": (WARNING, mark("No question uses the list “{list}”.")),
    "choices.no_list": (ERROR, mark("The choice “{name}” belongs to no list. Fill in list_name.")),
    "choices.no_name": (ERROR, mark("A choice of the list “{list}” has no name, so nothing would be stored.")),
    "choices.duplicate": (ERROR, mark("The list “{list}” has the choice “{name}” already, in row {other}.")),
    "choices.duplicate_label": (WARNING, mark("Two choices of the list “{list}” read the same in {language}: “{label}” (also row {other}).")),
    "choices.name_space": (ERROR, mark("The choice name “{name}” has a space. Answers with several choices are separated by spaces; use _.")),
    "choices.name_not_ascii": (WARNING, mark("The choice name “{name}” has letters that are not a–z. Use Latin letters, and put the Khmer in the label.")),
    "choices.many": (WARNING, mark("The list “{list}” has {count} choices in the form itself; more than {limit} are slow on tablets. Put them into a CSV file and use select_one_from_file.")),
}

_LOGIC = {
    "reference.unknown": (ERROR, mark("{reference} refers to nothing: no question has the name “{name}”.")),
    "reference.unknown_meant": (ERROR, mark("{reference} refers to nothing: no question has the name “{name}”. Did you mean “{meant}”?")),
    "reference.ambiguous": (ERROR, mark("{reference} could mean several questions: the name “{name}” is used in rows {rows}.")),
    "reference.malformed": (ERROR, mark("“{found}” is no reference. Write it as ${{name}}.")),
    "logic.unbalanced": (ERROR, mark("The expression does not close what it opens: {found}.")),
    "logic.never_shown": (ERROR, mark("This can never be shown: {conditions} cannot hold together.")),
    "logic.never_valid": (ERROR, mark("No answer is ever accepted: {conditions} cannot hold together.")),
    "logic.unknown_choice": (ERROR, mark("“{choice}” is no choice of “{name}” (list “{list}”), so the comparison never holds.")),
}

_SENSITIVE = {
    "sensitivity.value": (ERROR, mark("“{value}” is no sensitivity. Write public, internal, restricted or identifying.")),
    "sensitivity.untagged": (WARNING, mark("“{name}” seems to ask for personal data ({reason}), but has no sensitivity. Write restricted or identifying, or internal if it is harmless.")),
    "sensitive.untagged": (ERROR, mark("“{name}” seems to ask for personal data ({reason}) in a sensitive form. Say in the column sensitivity: identifying, restricted, or internal if it is harmless.")),
    "sensitive.no_consent": (ERROR, mark("The form is sensitive but never asks for consent. Add a select_one question whose name begins with consent.")),
    "sensitive.late_consent": (ERROR, mark("The sensitive question “{name}” comes before consent is asked (row {consent}). Move it behind.")),
    "sensitive.unguarded": (ERROR, mark("The sensitive question “{name}” is asked even without consent. Give it or its group a relevant with {reference}.")),
}

_MEDIA = {
    "media.missing": (WARNING, mark("The file {file} is not in the media folder beside the form. Put it there, unless the server makes it from entities.")),
    "media.column_missing": (ERROR, mark("The file {file} has no column “{column}”; it has {columns}.")),
    "media.column_name": (ERROR, mark("The column “{column}” of {file} cannot be read by tablets. Use letters, digits and _ in the first row of the file.")),
}

_PROGRAMS = {
    "compiler.error": (ERROR, mark("The form cannot be made: pyxform does not accept this.")),
    "compiler.warning": (WARNING, mark("pyxform has something to say here.")),
    "compiler.stopped": (ERROR, mark("Making the form took more than {limit_s} seconds or too much memory, and was stopped. The workbook is too large or too intricate.")),
    "compiler.header": (ERROR, mark("A column of this sheet is not understood.")),
    "compiler.parameters": (ERROR, mark("The parameters of this question are not right.")),
    "compiler.entity": (ERROR, mark("What is to be saved as an entity is not right.")),
    "compiler.calculation_missing": (ERROR, mark("The row calculates nothing. Write something in calculation.")),
    "compiler.max_pixels": (WARNING, mark("Photos are sent in full size. Write max-pixels=1600 in parameters, so that they are sent quickly.")),
    "compiler.sheet_name": (WARNING, mark("A sheet has nearly the name of one that forms use. Correct it, or begin its name with _.")),
    "compiler.other_untranslated": (WARNING, mark("or_other adds a choice in English only. Add the choice other to the list, and a text question after it.")),
    "validate.function": (ERROR, mark("Tablets know no function “{function}”.")),
    "validate.cycle": (ERROR, mark("The questions {names} depend on each other in a circle.")),
    "validate.expression": (ERROR, mark("Tablets cannot work this expression out.")),
    "validate.error": (ERROR, mark("ODK Validate does not accept the form.")),
}

_COMPARED = {
    "compared.other_form": (WARNING, mark("The published form has the id “{old}”, this one “{new}”. It will be another form, with tables of its own.")),
    "compared.same_version": (ERROR, mark("The form has changed, but its version is still “{version}”. Give it another: tablets fetch only a new version.")),
    "compared.removed": (WARNING, mark("The question “{path}” is gone. Its answers stay, in a column that is only exported with deleted fields, and is empty for new submissions.")),
    "compared.renamed": (WARNING, mark("“{path}” seems to have been “{old}”. Merged exports get two columns: the old one for earlier submissions, the new one for later ones. Keep the old name if the question is the same.")),
    "compared.changed_case": (WARNING, mark("“{path}” was “{old}”: only capital letters changed. Merged exports get two columns that some programs take for one. Keep the old name.")),
    "compared.moved": (WARNING, mark("“{path}” was “{old}” before. The column gets another name, so merged exports have one for earlier and one for later submissions.")),
    "compared.retyped": (ERROR, mark("“{path}” was {old}, now it is {new}. One column cannot hold both, so a hub refuses this version. Ask it under another name.")),
    "compared.became_text": (WARNING, mark("“{path}” was {old}, now it is text. The column holds both, and programs will no longer count with it.")),
    "compared.select_changed": (WARNING, mark("“{path}” was {old}, now it is {new}. One column holds both kinds of answers; those with several choices are separated by spaces.")),
    "compared.repeat_changed": (ERROR, mark("“{path}” was asked in {old}, now in {new}. Its answers would lie in two tables. Ask it under another name.")),
    "compared.choice_removed": (WARNING, mark("“{path}” no longer offers “{choice}”. Earlier answers keep it, without a label in tables made by this version.")),
    "compared.choice_renamed": (WARNING, mark("The choice “{new}” of “{path}” seems to have been “{old}”. Merged exports count them as two answers. Keep the old name.")),
    "compared.choice_changed": (WARNING, mark("The choice “{choice}” of “{path}” said “{old}” and says “{new}” now. Earlier answers would be read as the new text. If the meaning changed, give it another name.")),
}
# fmt: on

CODES: Mapping[str, tuple[str, str]] = {
    **_WORKBOOK, **_TRANSLATIONS, **_KHMER, **_NAMES, **_LOGIC, **_SENSITIVE, **_MEDIA, **_PROGRAMS, **_COMPARED,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Finding:
    """code: a key of CODES. sheet "" and row 0: it is about the whole workbook or sheet. column: a
    spreadsheet letter, header: what row 1 says there; both "" when it is about the whole row.
    original: what pyxform or ODK Validate said, in its own words."""

    code: str
    sheet: str = ""
    row: int = 0
    column: str = ""
    header: str = ""
    values: Mapping[str, Any] = field(default_factory=dict)
    original: str = ""

    @property
    def severity(self) -> str:
        return CODES[self.code][0]

    @property
    def cell(self) -> str:
        """Where it is, as people say it: survey!C12, survey!12, survey."""
        place = f"{self.column}{self.row or ''}"
        return f"{self.sheet}!{place}" if place else self.sheet

    def text(self, lang: str) -> str:
        return translate(CODES[self.code][1], lang, **self.values)

    def said_by(self, original: str) -> Finding:
        """The same with another program's words beside it."""
        return replace(self, original=self.original or original)


def find(
    code: str, sheet: Sheet, row: Row | int = 0, header: Header | None = None, /, **values: object
) -> Finding:
    """A finding at a cell, a row or a sheet."""
    number = row.number if isinstance(row, Row) else row
    column, said = (header.letter, header.text.strip()) if header else ("", "")
    return Finding(code, sheet.name, number, column, said, values)
