"""A report of a form as an export like any other: with what the form calls its groups, and the quotas."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from forms.questions import Section, flat, read_questionnaire
from forms.texts import language_code
from server.errors import Fault
from server.extracting import Order
from server.extracts.options import Choosing, Options
from server.extracts.sheets import Labels
from server.form_entries import By
from server.hub import Hub
from server.quota_keeping import quotas_of
from server.reports.chapters import Wishes
from server.reports.quotas import Quota
from server.reports.writing import report_format
from server.store import forms
from server.store.forms import Form

LANGUAGES: dict[str, tuple[str, ...]] = {"km": ("km",), "en": ("en",), "both": ("km", "en")}


def report_order(
    hub: Hub,
    form: Form,
    ending: str,
    *,
    language: str = "both",
    khmer_digits: bool = True,
    quotas: Sequence[Quota] = (),
    options: Options | None = None,
    by: By = None,
    who: str = "",
    stem: str = "",
    passphrases: Mapping[int, str] | None = None,
) -> Order:
    """ending: html or pdf; language: a key of LANGUAGES; quotas: else those kept with the consultation. To be given
    to `extracting.extraction`.
    Raises Fault form.unknown, format.unknown, export.option."""
    if language not in LANGUAGES:
        raise Fault("export.option", option="lang", value=language, allowed=", ".join(LANGUAGES))
    wishes = Wishes(
        LANGUAGES[language], khmer_digits, quotas or quotas_of(hub, form), group_labels(hub, form)
    )
    # What is set aside takes no part, but the title page says how much it is.
    counted = replace(options or Options(), choosing=Choosing(parked=True))
    return Order(
        form, report_format(ending, wishes), counted, by=by, who=who, stem=stem,
        passphrases=passphrases or {},
    )  # fmt: skip


def group_labels(hub: Hub, form: Form) -> dict[str, Labels]:
    """path of each group and repeat -> what the version in force calls it."""
    db = hub.read()
    version = forms.find_version(db, form.current_id) if form.current_id is not None else None
    if version is None:
        raise Fault("form.unknown", form_id=form.xml_form_id)
    asked = read_questionnaire(hub.blobs.read(version.xform, db))
    return {
        item.path: {language_code(name): text for name, text in item.labels.items() if text}
        for item in flat(asked.items)
        if isinstance(item, Section)
    }
