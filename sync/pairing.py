"""How two hubs come to know each other: codes, links, sealed messages and pairing files, as bytes.

One hub makes an offer: a secret that it shows to a person as a code, in a QR picture or in a file. The
other proves with it that it was asked, and each sends its card sealed under it. Whoever listens or
stands between without the secret learns and changes nothing. Described in docs/sync-protocol.md.
No Flask, no SQL, no network.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import orjson
from nacl.exceptions import CryptoError
from nacl.pwhash import argon2id
from nacl.secret import SecretBox

from sync.errors import BadPairing
from sync.keys import HubKey, hub_id, is_signed

PAIRING = 1
OFFER, REPLY = "samleng_offer", "samleng_pair_reply"
MESSAGE_LIMIT = 16 * 1024  # bytes; a card is a few hundred
# Without I, L, O and U, which are taken for 1, 0 and V on paper and on the telephone.
ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
SALT_BYTES, SIGNATURE_BYTES = 16, 64
_READ_AS = str.maketrans("ILO០១២៣៤៥៦៧៨៩", "1100123456789", " \t\r\n-‐–—_")
_CODE = re.compile(f"[{ALPHABET}]{{10}}")
_LINK = re.compile(r"([a-z2-7]{26})\.(.+)")


def make_code(random: Callable[[int], bytes] = secrets.token_bytes) -> str:
    """A new code of 50 random bits: two groups of five."""
    number = int.from_bytes(random(7)) >> 6
    signs = [ALPHABET[number >> 5 * place & 31] for place in range(10)]
    return f"{''.join(signs[:5])}-{''.join(signs[5:])}"


def read_code(said: str) -> str:
    """The ten signs of a code as a person typed it: small letters, blanks, Khmer digits, O for 0.

    Raises BadPairing pair.code_invalid.
    """
    signs = said.upper().translate(_READ_AS)
    if not _CODE.fullmatch(signs):
        raise BadPairing("pair.code_invalid")
    return signs


def key_of(code: str, salt: bytes) -> bytes:
    """The secret of a code, 32 bytes: Argon2id, so that guessing what was overheard takes ages. Costs
    this computer 64 MB for a moment."""
    if len(salt) != SALT_BYTES:
        raise BadPairing("pair.not_understood")
    return argon2id.kdf(
        SecretBox.KEY_SIZE, read_code(code).encode(), salt,
        opslimit=argon2id.OPSLIMIT_INTERACTIVE, memlimit=argon2id.MEMLIMIT_INTERACTIVE,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """What the QR picture of an offer says: where the hub is, which it is, and the code."""

    address: str
    hub: str
    code: str


def make_link(address: str, hub: str, code: str) -> str:
    # Behind the #, so that a browser that opens it sends the code to nobody.
    return f"{address.rstrip('/')}/hub/pair#{hub}.{code}"


def read_link(said: str) -> Link:
    """Raises BadPairing pair.link_invalid."""
    address, _, rest = said.strip().partition("#")
    found = _LINK.fullmatch(rest)
    if found is None or not is_address(address) or not address.endswith("/hub/pair"):
        raise BadPairing("pair.link_invalid")
    try:
        code = read_code(found[2])
    except BadPairing as fault:
        raise BadPairing("pair.link_invalid") from fault
    return Link(address.removesuffix("/hub/pair"), found[1], code)


def is_link(said: str) -> bool:
    try:
        read_link(said)
    except BadPairing:
        return False
    return True


def is_address(said: str) -> bool:
    """Whether this is an http or https address with a host."""
    try:
        parts = urlsplit(said)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and (parts.port or 1) > 0
    except ValueError:
        return False


def fingerprint(one: bytes, other: bytes) -> str:
    """16 digits in fours that two people compare by telephone: the same on both hubs, other for every
    other two public keys."""
    digest = hashlib.sha256(b"samleng pair\n" + b"".join(sorted((one, other)))).digest()
    digits = f"{int.from_bytes(digest[:8]) % 10**16:016}"
    return " ".join(digits[place : place + 4] for place in range(0, 16, 4))


def seal_message(said: Mapping[str, Any], key: HubKey, secret: bytes) -> bytes:
    """A message with this hub's card in it, signed by the hub and sealed under the offer's secret."""
    text = orjson.dumps(said)
    return bytes(SecretBox(secret).encrypt(key.sign(text) + text))


def open_message(sealed: bytes, secret: bytes, step: str, to: str) -> dict[str, Any] | None:
    """The message; None when it was sealed under another secret. Raises BadPairing pair.not_understood
    when it is none for this step and hub, or not signed by the hub whose card it brings."""
    try:
        opened = SecretBox(secret).decrypt(sealed[:MESSAGE_LIMIT])
    except (CryptoError, ValueError, TypeError):
        return None
    signature, text = opened[:SIGNATURE_BYTES], opened[SIGNATURE_BYTES:]
    try:
        said = json.loads(text)
        public = base64.b64decode(said["card"]["public_key"], validate=True)
        fits = said["step"] == step and said["to"] == to and said["card"]["id"] == hub_id(public)
    except (ValueError, TypeError, KeyError, RecursionError) as fault:
        raise BadPairing("pair.not_understood") from fault
    if not fits or not is_signed(text, signature, public):
        raise BadPairing("pair.not_understood")
    return dict(said)


def message_id(sealed: bytes) -> str:
    """By which an answer names what it answers."""
    return hashlib.sha256(sealed).hexdigest()


def make_file(kind: str, said: Mapping[str, Any], key: HubKey) -> bytes:
    """A pairing file: JSON, signed by the hub that makes it, so that a changed one is found."""
    whole = {kind: PAIRING, "hub_key": _text(key.public), **said}
    return json.dumps({**whole, "signature": _text(key.sign(_signed(whole)))}, ensure_ascii=False,
                      indent=1).encode()  # fmt: skip


def read_file(data: bytes) -> tuple[str, dict[str, Any]]:
    """(OFFER or REPLY, what it says). Raises BadPairing pair.file_invalid, pair.newer."""
    try:
        said = dict(json.loads(data))
        kind = next(k for k in (OFFER, REPLY) if k in said)
        signature = base64.b64decode(said.pop("signature"), validate=True)
        public = base64.b64decode(said["hub_key"], validate=True)
        whole = is_signed(_signed(said), signature, public)
    except (ValueError, TypeError, KeyError, StopIteration, RecursionError) as fault:
        raise BadPairing("pair.file_invalid") from fault
    if not whole:
        raise BadPairing("pair.file_invalid")
    if said[kind] != PAIRING:
        raise BadPairing("pair.newer")
    return kind, said


def _signed(said: Mapping[str, Any]) -> bytes:
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS)


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()
