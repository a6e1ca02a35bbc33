"""What a device does when it finalizes a form with a public key: written from the ODK XForms specification,
"Encryption", block by block and apart from the code that decrypts."""

from __future__ import annotations

import base64
import hashlib
import random
from collections.abc import Mapping
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from cryptography.hazmat.primitives.asymmetric.padding import MGF1, OAEP
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import load_der_public_key

NAMESPACE = "http://www.opendatakit.org/xforms/encrypted"


@dataclass(frozen=True)
class Sealed:
    """manifest: the XML that is sent in the clear; files: everything else, by name."""

    manifest: str
    files: dict[str, bytes]


def encrypt(
    public: str,
    form_id: str,
    version: str,
    instance_id: str,
    xml: str,
    media: Mapping[str, bytes] | None = None,
    *,
    seed: int = 7,
    mask: type = SHA256,
) -> Sealed:
    """public: base64 of its DER, as the form says it. mask: SHA1 as Java's own provider masks."""
    key = random.Random(seed).randbytes(32)
    rsa = load_der_public_key(base64.b64decode(public))
    assert isinstance(rsa, RSAPublicKey)
    padding = OAEP(mgf=MGF1(mask()), algorithm=SHA256(), label=None)
    vector = bytearray(hashlib.md5(instance_id.encode() + key).digest())
    plain = {**(media or {}), "submission.xml": xml.encode()}
    files = {}
    for n, (name, data) in enumerate(plain.items()):
        vector[n % 16] = (vector[n % 16] + 1) % 256
        files[f"{name}.enc"] = feedback(key, bytes(vector), data)
    wrapped = _text(rsa.encrypt(key, padding))
    said = [form_id, *([version] if version else []), wrapped, instance_id]
    said += [f"{name}::{hashlib.md5(data).hexdigest()}" for name, data in plain.items()]
    signature = rsa.encrypt(hashlib.md5("".join(f"{s}\n" for s in said).encode()).digest(), padding)
    return Sealed(_manifest(form_id, version, instance_id, wrapped, list(files), _text(signature)), files)


def feedback(key: bytes, vector: bytes, data: bytes) -> bytes:
    """AES in cipher feedback of 128 bits, padded to whole blocks."""
    block = Cipher(algorithms.AES(key), modes.ECB()).encryptor()
    short = 16 - len(data) % 16
    data += bytes([short]) * short
    out, before = b"", vector
    for start in range(0, len(data), 16):
        mask = block.update(before)
        before = bytes(a ^ b for a, b in zip(data[start : start + 16], mask, strict=True))
        out += before
    return out


def _manifest(
    form_id: str, version: str, instance_id: str, key: str, names: list[str], signature: str
) -> str:
    said = f" version={quoteattr(version)}" if version else ""
    media = "".join(f"<media><file>{name}</file></media>" for name in names[:-1])
    return (
        f'<data id={quoteattr(form_id)}{said} encrypted="yes" xmlns="{NAMESPACE}">'
        f"<base64EncryptedKey>{key}</base64EncryptedKey>"
        f'<orx:meta xmlns:orx="http://openrosa.org/xforms"><orx:instanceID>{instance_id}</orx:instanceID></orx:meta>'
        f"{media}<encryptedXmlFile>{names[-1]}</encryptedXmlFile>"
        f"<base64EncryptedElementSignature>{signature}</base64EncryptedElementSignature></data>"
    )


def _text(data: bytes) -> str:
    return base64.b64encode(data).decode()


__all__ = ["SHA1", "SHA256", "Sealed", "encrypt", "feedback"]
