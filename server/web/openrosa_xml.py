"""The XML documents of OpenRosa, one function each. Text in, bytes out; no Flask.

Sources: OpenRosa Form Discovery, Form Submission and Metadata APIs 1.0; what ODK Collect parses.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from xml.sax.saxutils import escape

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n'


@dataclass(frozen=True, slots=True)
class ListedForm:
    """`manifest_url` only for forms that expect files. `md5` of the very bytes at `download_url`."""

    form_id: str
    name: str
    version: str
    md5: str
    download_url: str
    manifest_url: str | None


@dataclass(frozen=True, slots=True)
class ListedFile:
    name: str
    md5: str
    download_url: str


def form_list(forms: Iterable[ListedForm]) -> bytes:
    items = "".join(_form(f) for f in forms)
    return f'{HEAD}<xforms xmlns="http://openrosa.org/xforms/xformsList">{items}</xforms>'.encode()


def _form(form: ListedForm) -> str:
    manifest = f"<manifestUrl>{escape(form.manifest_url)}</manifestUrl>" if form.manifest_url else ""
    return (
        f"<xform><formID>{escape(form.form_id)}</formID><name>{escape(form.name)}</name>"
        f"<version>{escape(form.version)}</version><hash>md5:{form.md5}</hash>"
        f"<downloadUrl>{escape(form.download_url)}</downloadUrl>{manifest}</xform>"
    )


def manifest(files: Iterable[ListedFile]) -> bytes:
    items = "".join(
        f"<mediaFile><filename>{escape(f.name)}</filename><hash>md5:{f.md5}</hash>"
        f"<downloadUrl>{escape(f.download_url)}</downloadUrl></mediaFile>"
        for f in files
    )
    return f'{HEAD}<manifest xmlns="http://openrosa.org/xforms/xformsManifest">{items}</manifest>'.encode()


def response(message: str, nature: str) -> bytes:
    """`nature`: "submit_success" or "error". Collect shows the message to the person."""
    return (
        f'{HEAD}<OpenRosaResponse xmlns="http://openrosa.org/http/response" items="0">'
        f'<message nature="{nature}">{escape(message)}</message></OpenRosaResponse>'
    ).encode()
