"""ODK's encryption, against values worked out by hand and against a device written apart."""

from __future__ import annotations

import base64
import io

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given, settings
from hypothesis import strategies as st

from forms.encrypted import initial_vector, open_plain, plain_name, read_manifest, submission_key
from forms.errors import FormFault
from forms.fields import read_schema
from forms.versioning import with_public_key
from tests.encrypting_device import SHA1, SHA256, encrypt, feedback

INSTANCE = "uuid:00000000-0000-4000-8000-000000000001"
KEY = bytes(range(32))
XML = '<data id="ស្រី"><meta><instanceID>uuid:1</instanceID></meta><ឈ្មោះ>សុខ</ឈ្មោះ></data>'
FORM = b"""<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml">
<h:head><model><instance><data id="f"><meta><instanceID/></meta></data></instance>%s</model></h:head></h:html>"""


@pytest.fixture(scope="module")
def private() -> RSAPrivateKey:
    return generate_private_key(public_exponent=65537, key_size=2048)


@pytest.fixture(scope="module")
def public(private: RSAPrivateKey) -> str:
    der = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return base64.b64encode(der).decode()


@pytest.mark.parametrize(
    ("place", "vector"),
    [
        (0, "3d0acb4803fb1c838c5d7eb03592c2e4"),
        (1, "3d0bcb4803fb1c838c5d7eb03592c2e4"),
        (15, "3d0bcc4904fc1d848d5e7fb13693c3e5"),
        (16, "3e0bcc4904fc1d848d5e7fb13693c3e5"),
        (17, "3e0ccc4904fc1d848d5e7fb13693c3e5"),
    ],
)
def test_every_file_has_the_vector_of_its_place(place: int, vector: str) -> None:
    assert initial_vector(INSTANCE, KEY, place).hex() == vector


@pytest.mark.parametrize(
    ("place", "encrypted", "plain"),
    [
        (0, "3ad5f971d7915946ecdff2da12bf7ef0", b"hello"),
        (1, "dd83b0a73be02ec5266cb6cfd74700966aef8a81b17f8fd061d4a252629facf7", b"0123456789abcdef"),
    ],
)
def test_known_files_come_out_plain(place: int, encrypted: str, plain: bytes) -> None:
    with open_plain(io.BytesIO(bytes.fromhex(encrypted)), INSTANCE, KEY, place) as stream:
        assert stream.read() == plain


@settings(max_examples=60, deadline=None)
@given(data=st.binary(max_size=500), place=st.integers(0, 40), piece=st.integers(1, 70))
def test_what_a_device_encrypts_comes_out_in_any_pieces(data: bytes, place: int, piece: int) -> None:
    source = io.BytesIO(feedback(KEY, initial_vector(INSTANCE, KEY, place), data))
    with open_plain(source, INSTANCE, KEY, place) as stream:
        assert b"".join(iter(lambda: stream.read(piece), b"")) == data


def test_large_file_is_read_a_piece_at_a_time() -> None:
    data = bytes(range(256)) * 2000
    with open_plain(io.BytesIO(feedback(KEY, initial_vector(INSTANCE, KEY, 3), data)), INSTANCE, KEY, 3) as s:
        assert s.read() == data


@pytest.mark.parametrize("cut", [0, 1, 15, 16, 33])
def test_file_that_was_cut_off_is_refused_before_its_first_byte(cut: int) -> None:
    whole = feedback(KEY, initial_vector(INSTANCE, KEY, 0), b"answers " * 5)
    with pytest.raises(FormFault, match="undecryptable"):
        open_plain(io.BytesIO(whole[:cut]), INSTANCE, KEY, 0)


@pytest.mark.parametrize("mask", [SHA256, SHA1])
def test_manifest_gives_the_key_whichever_way_the_device_masked_it(
    mask: type, private: RSAPrivateKey, public: str
) -> None:
    sealed = encrypt(public, "f", "1", "uuid:1", XML, {"រូប.jpg": b"jpg"}, mask=mask)
    manifest = read_manifest(sealed.manifest.encode())
    assert manifest.files == ("រូប.jpg.enc", "submission.xml.enc")
    key = submission_key(manifest, private)
    source = io.BytesIO(sealed.files[manifest.answers])
    with open_plain(source, "uuid:1", key, manifest.places[manifest.answers]) as stream:
        assert stream.read().decode() == XML


@pytest.mark.parametrize(
    "manifest",
    [
        "<data id='f' encrypted='yes'/>",
        "<data id='f'><base64EncryptedKey>QUJD</base64EncryptedKey></data>",
        "<data id='f'><base64EncryptedKey>é</base64EncryptedKey><encryptedXmlFile>x</encryptedXmlFile></data>",
    ],
)
def test_manifest_that_lacks_its_parts_is_refused(manifest: str) -> None:
    with pytest.raises(FormFault, match="undecryptable"):
        read_manifest(manifest.encode())


def test_key_of_another_hub_is_told_apart(public: str) -> None:
    stranger = generate_private_key(public_exponent=65537, key_size=2048)
    manifest = read_manifest(encrypt(public, "f", "1", "uuid:1", XML).manifest.encode())
    with pytest.raises(FormFault, match="undecryptable"):
        submission_key(manifest, stranger)


def test_ending_goes_whatever_its_letters() -> None:
    assert [plain_name(n) for n in ("a.jpg.enc", "a.ENC", "enc", "រូប")] == ["a.jpg", "a", "enc", "រូប"]


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"", b'<submission base64RsaPublicKey="QUJD"/></model>'),
        (b"<submission/>", b'<submission base64RsaPublicKey="QUJD"/></model>'),
        (
            b"<submission action='x' method='post' ></submission>",
            b"<submission action='x' method='post' base64RsaPublicKey=\"QUJD\" ></submission></model>",
        ),
    ],
)
def test_form_is_given_a_key_and_is_otherwise_left_as_it_is(before: bytes, after: bytes) -> None:
    changed = with_public_key(FORM % before, "QUJD")
    assert changed == (FORM % before).replace(before + b"</model>", after)
    assert read_schema(changed).public_key == "QUJD"
    assert read_schema(FORM % before).public_key is None
