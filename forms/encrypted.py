"""Encrypted submissions: what their manifest says, and the plain bytes behind their files.

A device encrypts every file of a submission with a key of that submission, and this key with the form's public
one. Source: ODK XForms specification, "Encryption". No Flask, no SQL; nothing plain is ever written to a disk.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import io
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, BinaryIO

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA1, SHA256

from forms.errors import FormFault
from forms.instance import encrypted_files, parse_instance

BLOCK = 16  # bytes of AES
KEY_BYTES = 32
ENDING = ".enc"
# BouncyCastle, which ODK Collect brings along, masks with SHA-256; Java's own provider with SHA-1.
_PADDINGS = tuple(OAEP(mgf=MGF1(mask), algorithm=SHA256(), label=None) for mask in (SHA256(), SHA1()))  # noqa: S303


@dataclass(frozen=True)
class Manifest:
    """What an encrypted submission says in the clear. key: the submission's key, encrypted. files: names in the
    order of encryption, the answers' file last."""

    form_id: str
    instance_id: str
    key: bytes
    files: tuple[str, ...]

    @property
    def answers(self) -> str:
        """Name of the file that holds the answers."""
        return self.files[-1]

    @cached_property
    def places(self) -> Mapping[str, int]:
        """name -> how many files were encrypted before it; of a name given twice, the first."""
        return {name: n for n, name in reversed(list(enumerate(self.files)))}


def read_manifest(xml: bytes) -> Manifest:
    """Raises FormFault submission.*, submission.undecryptable when the manifest names no key or no answers."""
    root, envelope = parse_instance(xml)
    key = next((e.text for e in root if str(e.tag).rpartition("}")[2] == "base64EncryptedKey"), None)
    media, answers = encrypted_files(root)
    if not key or answers is None:
        raise FormFault("submission.undecryptable")
    try:
        sealed = base64.b64decode(key)
    except (binascii.Error, ValueError):
        raise FormFault("submission.undecryptable") from None
    return Manifest(envelope.form_id, envelope.instance_id, sealed, (*media, answers))


def submission_key(manifest: Manifest, private: RSAPrivateKey) -> bytes:
    """The key of one submission, 32 bytes. Raises FormFault submission.undecryptable: it was made for another
    private key, or is damaged."""
    for padding in _PADDINGS:
        try:
            key = private.decrypt(manifest.key, padding)
        except ValueError:
            continue
        if len(key) == KEY_BYTES:
            return key
    raise FormFault("submission.undecryptable")


def initial_vector(instance_id: str, key: bytes, place: int) -> bytes:
    """Of the file that was encrypted after `place` others: a hash of instanceID and key, in which one byte after
    the other grows by one with every file."""
    seed = hashlib.md5(instance_id.encode() + key, usedforsecurity=False).digest()
    return bytes((byte + (place - n) // BLOCK + 1) % 256 for n, byte in enumerate(seed))


def open_plain(source: BinaryIO, instance_id: str, key: bytes, place: int) -> BinaryIO:
    """The plain bytes of an encrypted file, deciphered as they are read. source: seekable; closed with it.

    Raises FormFault submission.undecryptable before the first byte when its end is not as encryption leaves it:
    cut off, damaged, or encrypted with another key.
    """
    plain = _Plain(source, key, initial_vector(instance_id, key, place))
    return io.BufferedReader(plain, 64 * 1024)


class _Plain(io.RawIOBase):
    """AES-256 in cipher feedback of whole blocks, with the padding of PKCS #7."""

    def __init__(self, source: BinaryIO, key: bytes, vector: bytes) -> None:
        self._source = source
        # In cipher feedback a block is what the one before it encrypts to, xor itself: many at once.
        self._cipher = Cipher(algorithms.AES(key), modes.ECB()).encryptor()  # noqa: S305
        self._before = vector
        self._left = self._plain_bytes(vector)
        self._over = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        """As many bytes as the buffer takes; 0 at the end."""
        if not self._over and self._left:
            piece = self._source.read(max(len(buffer) // BLOCK, 1) * BLOCK)
            plain = self._decipher(piece)[: self._left]
            self._left = self._left - len(plain) if plain else 0
            self._over = plain
        given, self._over = self._over[: len(buffer)], self._over[len(buffer) :]
        buffer[: len(given)] = given
        return len(given)

    def close(self) -> None:
        self._source.close()
        super().close()

    def _decipher(self, piece: bytes) -> bytes:
        mask = self._cipher.update((self._before + piece)[: len(piece)])
        self._before = piece[-BLOCK:]
        return (int.from_bytes(piece) ^ int.from_bytes(mask)).to_bytes(len(piece))

    def _plain_bytes(self, vector: bytes) -> int:
        """How many bytes come before the padding, from the last block alone."""
        size = self._source.seek(0, io.SEEK_END)
        if size == 0 or size % BLOCK:
            raise FormFault("submission.undecryptable")
        self._source.seek(max(size - 2 * BLOCK, 0))
        self._before = vector if size == BLOCK else self._source.read(BLOCK)
        last = self._decipher(self._source.read(BLOCK))
        self._before = vector
        self._source.seek(0)
        padding = last[-1]
        if not 1 <= padding <= BLOCK or last[-padding:] != bytes([padding]) * padding:
            raise FormFault("submission.undecryptable")
        return size - padding


def plain_name(name: str) -> str:
    """What a file was called before it was encrypted."""
    return name[: -len(ENDING)] if name.lower().endswith(ENDING) else name
