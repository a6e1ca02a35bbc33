"""A version of a hub's form as people read it: on paper, as a page, as a codebook. No Flask, no SQL."""

from __future__ import annotations

from typing import BinaryIO

from forms.codebook import Codebook, read_codebook
from server.codebooks import codebook_of
from server.hub import Hub
from server.store import forms
from server.store.forms import Form, FormVersion

LANGUAGES = ("km", "en", "both")
SIZES = ("A4", "A5", "Letter")


def printed(hub: Hub, version: FormVersion, language: str, size: str) -> bytes:
    """A PDF. language: of LANGUAGES, size: of SIZES. Raises FormFault form.*."""
    from forms.paper.printing import lists_from, print_form  # fonts and shaping, which few ever need
    from forms.questions import read_questionnaire

    held = {file.name: file.sha256 for file in forms.list_files(hub.read(), version.id)}

    def open_file(name: str) -> BinaryIO | None:
        sha256 = held.get(name)
        return hub.blobs.open(sha256) if sha256 and hub.blobs.has(sha256) else None

    form = read_questionnaire(hub.blobs.read(version.xform))
    return print_form(form, language, size, lists=lists_from(form, open_file)).pdf


def previewed(hub: Hub, version: FormVersion, lang: str) -> bytes:
    """A page. Raises FormFault form.*."""
    from forms.preview import preview

    return preview(hub.blobs.read(version.xform), lang)


def codebook(hub: Hub, form: Form, version: FormVersion) -> Codebook:
    """Of all published versions; of a draft by itself."""
    if version.published_at is None:
        return read_codebook([hub.blobs.read(version.xform)])
    return codebook_of(hub, form)
