"""Files in answers: form media, workbooks, attachments. Strong ETags by MD5, as ODK Central sends them."""

from __future__ import annotations

import hashlib
import mimetypes
import re
from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import BinaryIO
from urllib.parse import quote

from flask import Response, request

from server.errors import Problem
from server.exports.filenames import safe_name
from server.web import wire
from sync.errors import BlobMissing

# A type and parameters, and nothing that could end the header's line.
_TYPE = re.compile(r"[A-Za-z0-9!#$&^_.+-]+/[A-Za-z0-9!#$&^_.+-]+( *;[ -~]*)?")
UNSAID = {".csv": "text/csv; charset=utf-8", ".geojson": "application/geo+json"}
INLINE = ("image/jpeg", "image/png", "image/gif")
CHUNK = 256 * 1024
OCTETS = "application/octet-stream"
# Said here so that a file has the same type on every system: Windows asks its registry.
TYPES = {
    ".csv": "text/csv",
    ".geojson": "application/geo+json",
    ".xml": "text/xml",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
    ".png": "image/png",
    ".gif": "image/gif",
    ".webp": "image/webp",
    ".svg": "image/svg+xml",
    ".m4a": "audio/mp4",
    ".mp3": "audio/mpeg",
    ".amr": "audio/amr",
    ".wav": "audio/wav",
    ".ogg": "audio/ogg",
    ".mp4": "video/mp4",
    ".3gp": "video/3gpp",
    ".webm": "video/webm",
    ".pdf": "application/pdf",
    ".enc": OCTETS,
    ".xls": "application/vnd.ms-excel",
    ".xlsx": "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


def content_type(name: str) -> str:
    """The media type of a file of this name."""
    known = TYPES.get(PurePosixPath(name).suffix.lower())
    return known or mimetypes.guess_type(name, strict=False)[0] or OCTETS


def media_type(said: str | None, name: str) -> str:
    """What a file sent by a program is, as its sender says; without a word as Central takes it."""
    said = (said or "").strip()
    if _TYPE.fullmatch(said):
        return said
    return UNSAID.get(PurePosixPath(name).suffix.lower(), OCTETS)


def disposition(name: str, kind: str = "attachment") -> str:
    """A Content-Disposition with an ASCII name for old clients and the true one beside it (RFC 6266)."""
    safe = safe_name(name)
    plain = re.sub(r"[^\x00-\x7f]+", "-", safe)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(safe, safe='!~|`^')}"


def blob_answer(
    sha256: str | None,
    name: str,
    *,
    md5: str | None = None,
    inline: bool = False,
    media_type: str | None = None,
) -> Response:
    """A stored file under its name; images open in the browser when `inline`. 304 when the caller
    holds it already. media_type: by default what the name says. Raises Problem 404.1 when its bytes are
    not here."""
    if sha256 is None:
        raise Problem("404.1")
    stream = _open(sha256)
    tag = md5 or _md5(stream)
    if is_unchanged(f'"{tag}"'):
        stream.close()
        answer = Response(status=304)
    else:
        answer = Response(_chunks(stream), direct_passthrough=True)
        answer.call_on_close(stream.close)  # also when nobody reads on: a HEAD, a lost connection
        kind = media_type or content_type(name)
        answer.headers["Content-Type"] = _with_charset(kind)
        answer.headers["Content-Disposition"] = disposition(
            name, "inline" if inline and kind in INLINE else "attachment"
        )
        answer.content_length = wire.hub().blobs.size(sha256)
        # What a stranger uploaded is never guessed to be a page.
        answer.headers["X-Content-Type-Options"] = "nosniff"
    answer.headers["ETag"] = f'"{tag}"'
    return answer


def _with_charset(kind: str) -> str:
    """Texts are UTF-8 unless their type says otherwise (Central)."""
    return f"{kind}; charset=utf-8" if kind.startswith("text/") and "charset" not in kind else kind


def is_unchanged(tag: str) -> bool:
    """Whether the caller holds what the tag ("x" in its quotes) stands for; a proxy may have weakened it."""
    return request.headers.get("If-None-Match") in (tag, f"W/{tag}")


def xml_answer(sha256: str) -> Response:
    """Stored XML, byte for byte. Raises Problem 404.1 when it has not come from its hub yet."""
    return Response(read_stored(sha256), content_type="application/xml; charset=utf-8")


def read_stored(sha256: str) -> bytes:
    """Raises Problem 404.1."""
    with _open(sha256) as stream:
        return stream.read()


def _open(sha256: str) -> BinaryIO:
    try:
        return wire.hub().blobs.open(sha256)
    except BlobMissing:
        raise Problem("404.1") from None


def _md5(stream: BinaryIO) -> str:
    digest = hashlib.md5(usedforsecurity=False)
    while chunk := stream.read(CHUNK):
        digest.update(chunk)
    stream.seek(0)
    return digest.hexdigest()


def _chunks(stream: BinaryIO) -> Iterator[bytes]:
    with stream:
        while chunk := stream.read(CHUNK):
            yield chunk
