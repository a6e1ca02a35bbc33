"""Multipart bodies of tablets' posts: RFC 7578 as OkHttp, browsers and scripts write it.

Small bodies are taken apart in memory, since nearly every submission is one; larger ones are left
to Werkzeug, which keeps big files on disk. Names are UTF-8, never Latin-1: tablets send Khmer ones.
"""

from __future__ import annotations

import io
import re
from dataclasses import dataclass, field
from typing import Any, BinaryIO, cast

from flask import Request
from werkzeug.formparser import MultiPartParser, default_stream_factory

from server.errors import Fault

IN_MEMORY_BYTES = 1 << 20
TEXT_BYTES = 16 << 20  # a plain field of a large body above which it is refused before it fills memory
_BOUNDARY = re.compile(r'boundary=(?:"([^"]+)"|([^;,\s]+))', re.IGNORECASE)
_NAME = re.compile(rb'(?:^|;)\s*name=(?:"((?:[^"\\]|\\.)*)"|([^;\s]+))', re.IGNORECASE)
_FILENAME = re.compile(rb"(?:^|;)\s*filename\*?=", re.IGNORECASE)


@dataclass(slots=True)
class Parts:
    """`files`: field name -> stream; `texts`: plain fields. Of equal names the last one counts.
    `opened`: what must be closed, files of which only a name came twice too."""

    files: dict[str, BinaryIO] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    opened: list[BinaryIO] = field(default_factory=list)

    def __enter__(self) -> Parts:
        return self

    def __exit__(self, *_fault: object) -> None:
        self.close()

    def close(self) -> None:
        for stream in self.opened:
            stream.close()


def read_parts(request: Request) -> Parts:
    """The parts of a request. Raises Fault submission.multipart when the body is cut or misshapen:
    half a post must not be taken for a whole one."""
    length = request.content_length
    found = _BOUNDARY.search(request.headers.get("Content-Type", ""))
    if request.mimetype != "multipart/form-data" or found is None:
        raise Fault("submission.multipart")
    boundary = (found[1] or found[2]).encode("latin-1")
    if length is None or length > IN_MEMORY_BYTES:
        return _through_werkzeug(request, boundary)
    return split(boundary, request.get_data(cache=False))


def split(boundary: bytes, body: bytes) -> Parts:
    """Takes a whole body apart. The closing boundary must be there."""
    fence = b"--" + boundary
    if not body.startswith(fence):
        start = body.find(b"\r\n" + fence)  # a preamble is allowed, and ignored
        if start < 0:
            raise Fault("submission.multipart")
        body = body[start + 2 :]
    pieces = body[len(fence) :].split(b"\r\n" + fence)
    if len(pieces) < 2 or not pieces[-1].startswith(b"--"):
        raise Fault("submission.multipart")
    parts = Parts()
    for piece in pieces[:-1]:
        _add(parts, piece)
    return parts


def _add(parts: Parts, piece: bytes) -> None:
    head, blank, content = piece.lstrip(b" \t").partition(b"\r\n\r\n")
    if not blank or not head.startswith(b"\r\n"):
        raise Fault("submission.multipart")
    for line in head.split(b"\r\n"):
        label, _, value = line.partition(b":")
        if label.strip().lower() == b"content-disposition":
            name = _NAME.search(value)
            if name is not None:
                _keep(parts, _decoded(name), value, content)
            return
    raise Fault("submission.multipart")


def _keep(parts: Parts, name: str, disposition: bytes, content: bytes) -> None:
    if _FILENAME.search(disposition):
        parts.files[name] = io.BytesIO(content)
    else:
        parts.texts[name] = content.decode("utf-8", "replace")


def _decoded(name: re.Match[bytes]) -> str:
    raw = name[1] if name[1] is not None else name[2]
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError:
        raise Fault("submission.encoding") from None
    # Browsers write a quotation mark in a name as %22, older ones as \".
    return text.replace('\\"', '"').replace("%22", '"').replace("%0D%0A", "\n")


def _through_werkzeug(request: Request, boundary: bytes) -> Parts:
    """For large bodies. Parsed here and not by `request.form`, which passes over a body that is cut."""
    opened: list[BinaryIO] = []

    def open_part(*said: Any, **more: Any) -> BinaryIO:
        opened.append(cast(BinaryIO, default_stream_factory(*said, **more)))
        return opened[-1]

    parser = MultiPartParser(open_part, max_form_memory_size=TEXT_BYTES)
    try:
        texts, files = parser.parse(request.stream, boundary, request.content_length)
        parts = Parts(
            {n: cast(BinaryIO, f.stream) for n, f in files.items(multi=True)}, texts.to_dict(), opened
        )
    except BaseException as fault:
        Parts(opened=opened).close()
        if isinstance(fault, ValueError):
            raise Fault("submission.multipart") from None
        raise
    return parts
