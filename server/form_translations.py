"""How far a hub's form is translated, its texts as a translators' catalogue, and a catalogue back into its workbook.

No Flask, no SQL. The workbook that was uploaded is the source (docs/translating.md); a form that came as an XForm
or as an old .xls has none that texts could be written into.
"""

from __future__ import annotations

import io
from dataclasses import dataclass

from babel.messages.catalog import Catalog

from forms.catalogues import catalogue_bytes, parse_catalogue
from forms.errors import FormFault
from forms.texts import FormTexts, Text, read_texts
from forms.translations import Merged, Progress, languages_of, merge, progress, update
from server.errors import Fault
from server.hub import Hub
from server.known import Known
from server.store.forms import Form, FormVersion

CATALOGUE_LIMIT = 5_000_000  # bytes; the largest form's is 200,000
_progress = Known()


@dataclass(frozen=True, slots=True)
class Language:
    """How far a form is in one language, and which of its texts are old or missing."""

    progress: Progress
    stale: tuple[Text, ...]
    blank: tuple[Text, ...]


def is_translatable(version: FormVersion) -> bool:
    return version.xls_type == "xlsx"


def progress_of(hub: Hub, form: Form, version: FormVersion) -> tuple[Progress, ...]:
    """One a language. () when the version has no workbook that can be read for its texts."""
    if not is_translatable(version) or not hub.blobs.has(version.xls):
        return ()
    return _progress.find((version.xls, form.xml_form_id), lambda: _counted(hub, form, version))


def _counted(hub: Hub, form: Form, version: FormVersion) -> tuple[Progress, ...]:
    try:
        texts = texts_of(hub, form, version)
    except (FormFault, Fault):  # a workbook that pyxform reads and we do not
        return ()
    return tuple(progress(texts, language) for language in languages_of([texts]))


def languages(hub: Hub, form: Form, version: FormVersion) -> list[Language]:
    """Raises Fault po.no_workbook, FormFault xlsform.*."""
    texts = texts_of(hub, form, version)
    return [
        Language(
            progress(texts, code),
            tuple(text for text in texts.texts if texts.is_stale(text, code)),
            tuple(text for text in texts.texts if code not in text.translations),
        )
        for code in languages_of([texts])
    ]


def texts_of(hub: Hub, form: Form, version: FormVersion) -> FormTexts:
    """Raises Fault po.no_workbook, FormFault xlsform.*."""
    if not is_translatable(version):
        raise Fault("po.no_workbook")
    return read_texts(hub.blobs.read(version.xls), form.xml_form_id)


def catalogue(hub: Hub, form: Form, version: FormVersion, language: str) -> bytes:
    """A .po file with what stands in the workbook. Raises Fault po.no_workbook, po.language, FormFault xlsform.*."""
    texts = texts_of(hub, form, version)
    if language not in languages_of([texts]):
        raise Fault("po.language", language=language)
    return catalogue_bytes(update(Catalog(fuzzy=False), [texts], language), language)


def with_catalogue(
    hub: Hub, form: Form, version: FormVersion, language: str, source: bytes, name: str
) -> Merged:
    """The version's workbook with the translations of a .po file in its blank and stale cells.

    Raises Fault po.no_workbook, po.language, po.too_large, po.none, po.nothing_new, FormFault po.unreadable.
    """
    texts = texts_of(hub, form, version)
    if language not in languages_of([texts]):
        raise Fault("po.language", language=language)
    if len(source) > CATALOGUE_LIMIT:
        raise Fault("po.too_large", limit_bytes=CATALOGUE_LIMIT)
    entries = parse_catalogue(io.BytesIO(source), name)
    ours = f"{form.xml_form_id}:"
    if not any(str(message.context or "").startswith(ours) for message in entries):
        raise Fault("po.none", name=name, form_id=form.xml_form_id)
    done = merge(texts, {language: entries})
    if not done.filled and not done.renewed:
        raise Fault("po.nothing_new", name=name)
    return done
