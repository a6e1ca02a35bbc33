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
    """A file of a form. kind, integrity_url: of an entity list."""

    name: str
    md5: str
    download_url: str
    kind: str | None = None
    integrity_url: str | None = None


def form_list(forms: Iterable[ListedForm]) -> bytes:
    return _document("xforms", "xformsList", (_form(f) for f in forms))


def _form(form: ListedForm) -> str:
    said = [
        ("formID", form.form_id),
        ("name", form.name),
        ("version", form.version),
        ("hash", f"md5:{form.md5}"),
        ("downloadUrl", form.download_url),
    ]
    if form.manifest_url:
        said.append(("manifestUrl", form.manifest_url))
    return _element("xform", said)


def manifest(files: Iterable[ListedFile]) -> bytes:
    return _document("manifest", "xformsManifest", (_file(f) for f in files))


def _file(file: ListedFile) -> str:
    said = [("filename", file.name), ("hash", f"md5:{file.md5}"), ("downloadUrl", file.download_url)]
    if file.integrity_url:
        said.append(("integrityUrl", file.integrity_url))
    return _element("mediaFile", said, f' type="{file.kind}"' if file.kind else "")


def integrity(entities: Iterable[tuple[str, bool]]) -> bytes:
    """Which entities of a list are gone. (uuid, whether it is gone)"""
    items = "".join(
        f'      <entity id="{uuid}">\n        <deleted>{str(gone).lower()}</deleted>\n      </entity>\n'
        for uuid, gone in entities
    )
    return f"{HEAD}  <data>\n    <entities>\n{items}    </entities>\n  </data>".encode()


def _document(root: str, namespace: str, items: Iterable[str]) -> bytes:
    """Laid out with line breaks as Central lays it out: programs that compare its answers find the same."""
    opening = f'<{root} xmlns="http://openrosa.org/xforms/{namespace}">'
    return f"{HEAD}  {opening}\n{''.join(items)}  </{root}>".encode()


def _element(tag: str, said: Iterable[tuple[str, str]], attributes: str = "") -> str:
    lines = "".join(f"      <{name}>{escape(text)}</{name}>\n" for name, text in said)
    return f"    <{tag}{attributes}>\n{lines}    </{tag}>\n"


def response(message: str, nature: str) -> bytes:
    """`nature`: "submit_success" or "error". Collect shows the message to the person."""
    return (
        f'{HEAD}<OpenRosaResponse xmlns="http://openrosa.org/http/response" items="0">'
        f'<message nature="{nature}">{escape(message)}</message></OpenRosaResponse>'
    ).encode()
