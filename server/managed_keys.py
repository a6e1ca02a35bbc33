"""A project's own key: made here, its private part locked by a passphrase that no hub keeps.

The locked part is what ODK Central keeps: PKCS #8 in PEM under AES-256-CBC, by a key that PBKDF2 makes of the
passphrase. Who forgets the passphrase loses the answers. No Flask, no SQL.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import secrets
from collections.abc import Mapping
from typing import Any

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from server.errors import Problem

BITS = 2048  # what ODK Collect can encrypt for
ROUNDS = 128_000
BLOCK = 16
LOCKED = ("private", "salt", "iv")  # base64 each


def make_key(passphrase: str) -> tuple[str, dict[str, str]]:
    """(public part: base64 of its DER; private part, locked). Takes about half a second."""
    made = generate_private_key(public_exponent=65537, key_size=BITS)
    public = made.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return _text(public), _lock(made, passphrase)


def _lock(key: RSAPrivateKey, passphrase: str) -> dict[str, str]:
    salt, vector = secrets.token_bytes(BLOCK), secrets.token_bytes(BLOCK)
    padding = PKCS7(BLOCK * 8).padder()
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    cipher = Cipher(algorithms.AES(_derived(passphrase, salt)), modes.CBC(vector)).encryptor()
    locked = cipher.update(padding.update(pem) + padding.finalize()) + cipher.finalize()
    return {"private": _text(locked), "salt": _text(salt), "iv": _text(vector)}


def unlock(locked: Mapping[str, str], passphrase: str) -> RSAPrivateKey:
    """Raises Problem 400.12: the passphrase is another one, or the locked part is damaged."""
    try:
        private, salt, vector = (base64.b64decode(locked[part]) for part in LOCKED)
        cipher = Cipher(algorithms.AES(_derived(passphrase, salt)), modes.CBC(vector)).decryptor()
        padding = PKCS7(BLOCK * 8).unpadder()
        pem = padding.update(cipher.update(private) + cipher.finalize()) + padding.finalize()
        key = load_pem_private_key(pem, None)
    except (LookupError, ValueError, TypeError, binascii.Error):
        raise Problem("400.12") from None
    if not isinstance(key, RSAPrivateKey):
        raise Problem("400.12")
    return key


def is_key(said: Any) -> bool:
    """Whether another hub's entry says a key in our shape; what is in the locked part only shows with the
    passphrase."""
    if not isinstance(said, dict) or not all(isinstance(said.get(part), str) for part in ("public", *LOCKED)):
        return False
    return bool(said["public"]) and isinstance(said.get("hint"), str | None)


def version_suffix(public: str) -> str:
    """What tells a form's encrypted version from the open one: as long as ODK Central's, but made of the key,
    so that two hubs that switch encryption on apart publish versions of other names."""
    return f"[encrypted:{_text(hashlib.sha256(public.encode()).digest()[:6])}]"


def _derived(passphrase: str, salt: bytes) -> bytes:
    return hashlib.pbkdf2_hmac("sha256", passphrase.encode(), salt, ROUNDS, 32)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
