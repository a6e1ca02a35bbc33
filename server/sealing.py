"""A file sealed with a passphrase: nobody reads it, or changes it unnoticed, who does not know the passphrase.

Layout: MAGIC, then steps and memory of the key's derivation (two 8-byte numbers), salt, stream header, and
chunks, each its own sealed message; the last is marked as such, so that a cut-off file is noticed. Argon2id
makes the key, libsodium's secretstream (XChaCha20-Poly1305) seals. No Flask, no SQL.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Iterator
from typing import BinaryIO

from nacl import bindings
from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id

from server.errors import Fault

MAGIC = b"samleng sealed 1\n"
CHUNK = 64 * 1024
MOST_MEMORY = 1 << 30  # bytes: a hostile file must not make us take more
MOST_STEPS = 20
STEPS = 3
_NUMBERS = struct.Struct(">QQ")
_OVERHEAD = bindings.crypto_secretstream_xchacha20poly1305_ABYTES
_HEADER = bindings.crypto_secretstream_xchacha20poly1305_HEADERBYTES
_MESSAGE = bindings.crypto_secretstream_xchacha20poly1305_TAG_MESSAGE
_FINAL = bindings.crypto_secretstream_xchacha20poly1305_TAG_FINAL


def memory_of(cost: int) -> int:
    """Bytes that deriving the key takes, by the hub's `password_cost`: 256 MB for the usual 15."""
    return int(min(max(1 << (cost + 13), argon2id.MEMLIMIT_MIN), MOST_MEMORY))


def seal(stream: BinaryIO, passphrase: str, cost: int) -> Iterator[bytes]:
    """The sealed bytes of a stream, piece by piece."""
    salt, memory = os.urandom(argon2id.SALTBYTES), memory_of(cost)
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    key = _key(passphrase, salt, STEPS, memory)
    header = bindings.crypto_secretstream_xchacha20poly1305_init_push(state, key)
    yield MAGIC + _NUMBERS.pack(STEPS, memory) + salt + header
    chunk = stream.read(CHUNK)
    while True:
        following = stream.read(CHUNK)
        tag = _MESSAGE if following else _FINAL
        yield bindings.crypto_secretstream_xchacha20poly1305_push(state, chunk, MAGIC, tag)
        if not following:
            return
        chunk = following


def is_sealed(stream: BinaryIO) -> bool:
    """Whether a file begins as a sealed one; it is left at its beginning."""
    start = stream.read(len(MAGIC))
    stream.seek(0)
    return start == MAGIC


def unseal(stream: BinaryIO, passphrase: str) -> Iterator[bytes]:
    """What was sealed. Raises Fault seal.passphrase for another passphrase or a changed beginning,
    seal.damaged for what follows."""
    stream.read(len(MAGIC))
    numbers, salt, header = stream.read(_NUMBERS.size), stream.read(argon2id.SALTBYTES), stream.read(_HEADER)
    if len(header) < _HEADER:
        raise Fault("seal.damaged")
    steps, memory = _NUMBERS.unpack(numbers)
    if not 1 <= steps <= MOST_STEPS or not argon2id.MEMLIMIT_MIN <= memory <= MOST_MEMORY:
        raise Fault("seal.damaged")
    state = bindings.crypto_secretstream_xchacha20poly1305_state()
    key = _key(passphrase, salt, steps, memory)
    bindings.crypto_secretstream_xchacha20poly1305_init_pull(state, header, key)
    fault, ended = "seal.passphrase", False
    while chunk := stream.read(CHUNK + _OVERHEAD):
        if ended:
            raise Fault("seal.damaged")
        try:
            said, tag = bindings.crypto_secretstream_xchacha20poly1305_pull(state, chunk, MAGIC)
        except (CryptoError, ValueError, RuntimeError):
            raise Fault(fault) from None
        fault, ended = "seal.damaged", tag == _FINAL
        yield said
    if not ended:
        raise Fault("seal.damaged")


def _key(passphrase: str, salt: bytes, steps: int, memory: int) -> bytes:
    size = bindings.crypto_secretstream_xchacha20poly1305_KEYBYTES
    made: bytes = argon2id.kdf(size, passphrase.encode(), salt, opslimit=steps, memlimit=memory)
    return made
