"""A hub's identity: an Ed25519 key, and what is done with it. PyNaCl does the cryptography."""

from __future__ import annotations

import base64
import hashlib
from dataclasses import dataclass

from nacl.exceptions import BadSignatureError, CryptoError
from nacl.public import SealedBox
from nacl.signing import SigningKey, VerifyKey


def hub_id(public_key: bytes) -> str:
    """The id of the hub with this Ed25519 public key: 26 letters and digits, no look-alikes."""
    digest = hashlib.sha256(b"samleng hub\n" + public_key).digest()[:16]
    return base64.b32encode(digest).decode().rstrip("=").lower()


@dataclass(frozen=True)
class HubKey:
    """The private key of this hub."""

    seed: bytes

    @classmethod
    def make(cls) -> HubKey:
        return cls(bytes(SigningKey.generate()))

    @property
    def public(self) -> bytes:
        return bytes(SigningKey(self.seed).verify_key)

    @property
    def id(self) -> str:
        return hub_id(self.public)

    def sign(self, message: bytes) -> bytes:
        return SigningKey(self.seed).sign(message).signature

    def unseal(self, sealed: bytes) -> bytes | None:
        """What somebody sealed for this hub; None when it was for another or is damaged."""
        try:
            return SealedBox(SigningKey(self.seed).to_curve25519_private_key()).decrypt(sealed)
        except CryptoError:
            return None


def seal(secret: bytes, public_key: bytes) -> bytes:
    """A few bytes that only the hub with this Ed25519 public key can read."""
    return SealedBox(VerifyKey(public_key).to_curve25519_public_key()).encrypt(secret)


def is_signed(message: bytes, signature: bytes, public_key: bytes) -> bool:
    try:
        VerifyKey(public_key).verify(message, signature)
    except (BadSignatureError, ValueError):
        return False
    return True
