"""Secrets: passwords, tokens and what is kept of them. No Flask, no SQL.

A kept password says by itself how it was made: "scrypt$15$8$1$<salt>$<hash>", so that the setting
password_cost may change without locking anybody out.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
import threading

REALM = "Samleng"
MINIMUM_LENGTH = 10  # characters; Central's rule
MAXIMUM_BYTES = 72  # Central's rule (bcrypt's limit), kept so that the same passwords work in both
_BLOCK, _LANES, _SALT_BYTES, _HASH_BYTES = 8, 1, 16, 32
# Each hashing holds 32 MB: a burst of sign-ins must queue rather than fill a small laptop's memory.
_AT_ONCE = threading.BoundedSemaphore(2)


def hash_password(password: str, cost: int) -> str:
    """cost: log2 of scrypt's n; 15 takes about 0.1 s and 32 MB."""
    salt = secrets.token_bytes(_SALT_BYTES)
    made = _scrypt(password, salt, cost, _BLOCK, _LANES)
    return f"scrypt${cost}${_BLOCK}${_LANES}${_text(salt)}${_text(made)}"


def password_fits(password: str, kept: str) -> bool:
    """Whether this is the password that was kept; compared in constant time."""
    method, cost, block, lanes, salt, made = kept.split("$")
    if method != "scrypt":
        return False
    found = _scrypt(password, base64.b64decode(salt), int(cost), int(block), int(lanes))
    return hmac.compare_digest(found, base64.b64decode(made))


def _scrypt(password: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    needed = 128 * block * ((1 << cost) + lanes + 2)  # bytes; OpenSSL's own limit is below cost 15
    with _AT_ONCE:
        return hashlib.scrypt(
            password.encode(), salt=salt, n=1 << cost, r=block, p=lanes, maxmem=needed * 2, dklen=_HASH_BYTES
        )


def digest_secret(user: str, password: str) -> str:
    """HA1 of RFC 2617, MD5 in hex: all that the Digest scheme needs. Tablets on plain http have no
    other way to show a password (ODK Collect sends Basic over https only)."""
    return md5(f"{user}:{REALM}:{password}")


def md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def make_token() -> str:
    """64 characters of [A-Za-z0-9!$], as ODK Central makes them."""
    return base64.b64encode(secrets.token_bytes(48), b"$!").decode()


def token_hash(token: str) -> bytes:
    """What is kept of a session's token: a stolen file opens no session."""
    return hashlib.sha256(token.encode()).digest()


def _text(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
