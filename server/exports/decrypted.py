"""An export's source with what the given keys open: submissions are decrypted as they are read, one at a time.

Nothing plain is written anywhere but into the export, and no more than the keys of some submissions are
remembered. Rules: ODK Central's API, "Exporting Form Submissions"; what cannot be decrypted is named and passed
over.
"""

from __future__ import annotations

import functools
import logging
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import BinaryIO

import orjson
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from forms.encrypted import Manifest, open_plain, plain_name, read_manifest, submission_key
from forms.errors import FormFault
from forms.fields import Schema
from forms.instance import InstanceReader, Reading, parse_instance
from server.exports.rows import Encrypted, EncryptedSource, Head, Media

log = logging.getLogger(__name__)
REMEMBERED = (
    20_000  # submissions whose key is remembered: finding one takes a millisecond, and each table asks
)
XML_LIMIT = 64 * 1024 * 1024  # bytes of answers: what an attacker encrypted must not fill the memory
AUDIT = "audit.csv"  # what devices call their log (Central tells it by its name here too)
PIECE_BYTES = 64 * 1024
DAMAGED, MISSING = "damagedEncryptedFormData", "missingEncryptedFormData"


class DecryptedSource:
    """A Source: `inner` with its encrypted submissions opened by `keys` (number -> private key).

    Submissions of other keys are left out, as ODK Central does; of `given` keys that the hub does not hold they
    stay without answers. damaged: (root instanceID, file) of what could not be decrypted so far.
    """

    def __init__(
        self, inner: EncryptedSource, keys: Mapping[int, RSAPrivateKey], given: frozenset[int]
    ) -> None:
        self._inner, self._keys, self._given = inner, keys, given
        self._remembered: OrderedDict[str, bytes] = OrderedDict()
        self._readers: dict[int, InstanceReader] = {}
        self.damaged: dict[tuple[str, str], None] = {}

    def schemas(self) -> Mapping[int, Schema]:
        return self._inner.schemas()

    def submissions(self) -> Iterator[tuple[Head, bytes | None]]:
        for head, record, sealed in self._paired():
            if sealed is None:
                yield head, record
            elif sealed.key in self._keys:
                yield self._decrypted(head, sealed)
            elif sealed.key is None or sealed.key in self._given:
                yield head, None

    def repeats(self, path: str) -> Iterator[tuple[str, int, bytes]]:
        plain = self._inner.repeats(path)
        waiting = next(plain, None)
        for head, _, sealed in self._paired():
            if waiting is not None and waiting[0] == head.instance_id:
                yield waiting
                waiting = next(plain, None)
            elif sealed is not None and sealed.key in self._keys:
                rows = self._rows(sealed, path)
                if rows:
                    yield head.instance_id, sealed.schema, orjson.dumps(rows)

    def media(self) -> Iterator[Media]:
        yield from self._inner.media()
        for sealed in self._inner.encrypted():
            if sealed.key in self._keys:
                yield from self._files(sealed, lambda name: name != AUDIT)

    def audits(self) -> Iterator[Media]:
        yield from self._inner.audits()
        for sealed in self._inner.encrypted(oldest_first=True):
            if sealed.key in self._keys:
                yield from self._files(sealed, lambda name: name == AUDIT)

    def reading_of(self, sealed: Encrypted) -> Reading | None:
        """All its answers; None when no key opens them, they have not come, or are damaged."""
        return self._read(sealed) if sealed.key in self._keys else None

    def _paired(self) -> Iterator[tuple[Head, bytes | None, Encrypted | None]]:
        """Every submission with what is encrypted of it: both come in the same order."""
        encrypted = self._inner.encrypted()
        waiting = next(encrypted, None)
        for head, record in self._inner.submissions():
            if waiting is not None and waiting.instance_id == head.instance_id:
                yield head, record, waiting
                waiting = next(encrypted, None)
            else:
                yield head, record, None

    def _decrypted(self, head: Head, sealed: Encrypted) -> tuple[Head, bytes | None]:
        reading = self._read(sealed)
        if reading is not None:
            return replace(head, status=None), orjson.dumps(reading.tables[0])
        is_damaged = (sealed.instance_id, sealed.answers_file) in self.damaged
        return replace(head, status=DAMAGED if is_damaged else MISSING), None

    def _rows(self, sealed: Encrypted, path: str) -> list[list[str | None]]:
        numbers = [t.number for t in self.schemas()[sealed.schema].tables if t.path == path]
        reading = self._read(sealed) if numbers else None
        return reading.tables[numbers[0]] if reading is not None else []

    def _read(self, sealed: Encrypted) -> Reading | None:
        """None when its answers have not come, or are damaged."""
        try:
            manifest, key = self._open(sealed)
            plain = _plain(sealed, manifest, key, manifest.answers)
            if plain is None:
                return None
            with plain:
                return self._answers(sealed, manifest, _bytes_of(plain))
        except FormFault:
            self._note(sealed, sealed.answers_file)
            return None

    def _answers(self, sealed: Encrypted, manifest: Manifest, xml: bytes) -> Reading:
        """Raises FormFault submission.*"""
        root, inside = parse_instance(xml)
        if inside.named and inside.instance_id != manifest.instance_id:
            # Else one person's answers under another's manifest would count as the other's.
            raise FormFault("submission.undecryptable")
        if sealed.schema not in self._readers:
            self._readers[sealed.schema] = InstanceReader(self.schemas()[sealed.schema])
        return self._readers[sealed.schema].read(root)

    def _open(self, sealed: Encrypted) -> tuple[Manifest, bytes]:
        """The manifest and key of a submission. Raises FormFault submission.*"""
        manifest = read_manifest(sealed.manifest())
        key = self._remembered.get(sealed.instance_id)
        if key is None:
            key = submission_key(manifest, self._keys[sealed.key or 0])
            self._remembered[sealed.instance_id] = key
            if len(self._remembered) > REMEMBERED:
                self._remembered.popitem(last=False)
        return manifest, key

    def _files(self, sealed: Encrypted, wanted: Callable[[str], bool]) -> Iterator[Media]:
        try:
            manifest, key = self._open(sealed)
        except FormFault:
            self._note(sealed, sealed.answers_file)
            return
        for name in manifest.places:
            if not name or name == manifest.answers or not wanted(plain_name(name)):
                continue
            opened = functools.partial(_plain, sealed, manifest, key, name)
            if self._is_whole(sealed, name, opened):
                yield Media(sealed.instance_id, plain_name(name), opened)  # type: ignore[arg-type]

    def _is_whole(self, sealed: Encrypted, name: str, opened: Callable[[], BinaryIO | None]) -> bool:
        """Asked before it goes into a zip, from which nothing can be taken back."""
        try:
            plain = opened()
        except FormFault:
            self._note(sealed, name)
            return False
        if plain is not None:
            plain.close()
        return plain is not None

    def _note(self, sealed: Encrypted, name: str) -> None:
        if (sealed.instance_id, name) not in self.damaged:
            self.damaged[sealed.instance_id, name] = None
            log.warning("not decrypted instance=%s", sealed.instance_id)


def _plain(sealed: Encrypted, manifest: Manifest, key: bytes, name: str) -> BinaryIO | None:
    """A file of the submission, decrypted; None when it has not come. Raises FormFault submission.*"""
    source = sealed.open(name)
    if source is None:
        return None
    try:
        return open_plain(source, manifest.instance_id, key, manifest.places[name])
    except FormFault:
        source.close()
        raise


def _bytes_of(plain: BinaryIO) -> bytes:
    """Piece by piece: asked for the limit at once, the reader would take room for all of it. What is longer is
    cut off, and then is no XML."""
    held = bytearray()
    while len(held) < XML_LIMIT and (piece := plain.read(PIECE_BYTES)):
        held += piece
    return bytes(held[:XML_LIMIT])
