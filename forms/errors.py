"""What can be wrong with a form or with what was filled in by it.

FormFault            a code of MESSAGES and the values that its message names
├── xlsform.*        the workbook a designer wrote
├── form.*           an XForm
├── entities.*       what an XForm declares of entities
├── gazetteer.*      a place that the gazetteer does not know
├── po.*             a translators' catalogue
├── sample.*         a form for which no sample submission can be made
├── submission.*     an instance that is no submission at all
└── combine.*        versions that cannot be put together
"""

from __future__ import annotations

from collections.abc import Mapping

from i18n import mark, translate

MESSAGES: Mapping[str, str] = {
    "xlsform.invalid": mark("The XLSForm could not be compiled: {error}"),
    "xlsform.unreadable": mark("The file is no readable spreadsheet ({error}). Save it again as .xlsx."),
    "xlsform.too_large": mark("The XLSForm is {size_bytes} bytes; at most {limit_bytes} are accepted."),
    "xlsform.too_deep": mark("The XLSForm nests groups too deeply. Use fewer levels of groups."),
    "xlsform.unknown_type": mark("{file_type} is not a kind of XLSForm. Use .xlsx, .xls or .xml."),
    "xlsform.encrypted": mark(
        "The workbook is protected by a password. Remove it in the spreadsheet program and save."
    ),
    "xlsform.macros": mark("The workbook holds macros, which a form never needs. Save it as .xlsx."),
    "xlsform.other_spreadsheet": mark(
        "A {file_type} file cannot hold a whole form with its formats. Save it as an Excel workbook (.xlsx)."
    ),
    "form.not_xml": mark("The form is not well-formed XML (line {line})."),
    "form.doctype": mark("The form has a document type declaration. Remove it: forms do not need one."),
    "form.no_model": mark("This XML is no XForm: it has no model."),
    "form.no_instance": mark("The form has no primary instance."),
    "form.no_id": mark("The form has no id. Give its main instance an id attribute."),
    "form.no_meta": mark("The form has no meta group with an instanceID."),
    "form.bad_name": mark(
        "{name} cannot name a form. Begin with a small Latin letter; go on with small letters, digits and _ only."
    ),
    "form.exists": mark("{path} is there already and was left as it is. Choose another name."),
    "entities.no_version": mark("Entities specification version is missing."),
    "entities.version_unknown": mark("Entities specification version [{version}] is not supported."),
    "entities.version_repeats": mark(
        "Entities specification version [{version}] is not compatible with entities from repeats or multiple "
        "entity lists.  Please use version 2025.1.0 or later."
    ),
    "entities.no_dataset": mark("Dataset name is missing."),
    "entities.bad_dataset": mark("Invalid dataset name."),
    "entities.no_action": mark(
        "The form must specify at least one entity action, for example, create or update."
    ),
    "entities.bad_property": mark("Invalid entity property name."),
    "entities.same_property": mark("Multiple Form Fields cannot be saved to a single property."),
    "entities.repeat_outside": mark("Cannot save properties from a repeat on an entity outside of a repeat."),
    "gazetteer.unknown_place": mark("The gazetteer has no place with the code {place}."),
    "combine.encrypted": mark("The answers are encrypted, so they cannot be put together. Pick one version."),
    "combine.no_question": mark("{path} is no question that the versions answer otherwise. Check the path."),
    "sample.no_rule": mark("The rule {expression} cannot be worked out here: {error}"),
    "sample.circle": mark("The rules of the form still change one another after {passes} passes."),
    "sample.unanswerable": mark(
        "No sample answer fits the question {question}. Add one to sample_answers.csv."
    ),
    "po.unreadable": mark("The catalogue {path} cannot be read (line {line}). Mend it, or make it anew."),
    "submission.not_xml": mark("The submission is not well-formed XML (line {line})."),
    "submission.doctype": mark("The submission has a document type declaration, which is not accepted."),
    "submission.no_form_id": mark("The submission does not say which form it answers: <{root}> has no id."),
    "submission.undecryptable": mark(
        "The encrypted submission cannot be decrypted: it is damaged, or was encrypted with another key."
    ),
    "submission.id_too_long": mark("An instanceID of the submission is longer than {limit} characters."),
}


class FormFault(Exception):
    """Something is wrong with a form or an instance. `code` is a key of MESSAGES; `values` fill
    the message's placeholders and may carry more (such as `warnings`)."""

    def __init__(self, code: str, /, **values: object) -> None:
        super().__init__(code, values)
        self.code = code
        self.values = values

    def text(self, lang: str) -> str:
        """What happened, in `lang` (km or en)."""
        return translate(MESSAGES[self.code], lang, **self.values)
