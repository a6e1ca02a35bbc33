"""A hub at the other end of a link that answers anything at all: the caller gives up by a code, and soon."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync.errors import LedgerError, Refused, Unreached
from sync.exchange import Pace, Parcel, Progress
from sync.transport import Answer, HttpCarrier, LinkBroken, Patience, Piece, Sink
from tests.fuzzing.spoiling import EXAMPLES, odd

REQUESTS = 400  # of one deed; no honest answer makes as many necessary
statuses = st.sampled_from((200, 201, 204, 206, 301, 304, 400, 404, 409, 410, 412, 413, 416, 500, 502, 503))
headers = st.dictionaries(
    st.sampled_from(("upload-offset", "samleng-batch", "samleng-receipt", "content-range", "content-length")),
    st.sampled_from(("0", "5", "100", "99999999999", "9" * 5000, "-1", "²", "", "entries-01", "../../etc", "a" * 65,
                     "bytes 0-9/10", "bytes 5-9/10", "QQ==", "====", "ទេ")),
)  # fmt: skip
bodies = st.binary(max_size=20) | odd | st.sampled_from(
    (b'{"code":"upload.offset","values":{"offset":3}}', b'{"code":5,"values":{"code":1,"self":2}}', b'{"code":"x"}',
     b'{"code":"a","values":[1]}')
)  # fmt: skip
said = st.lists(st.none() | st.builds(Answer, statuses, headers, bodies), min_size=1, max_size=6)


class Hostile:
    """sync.transport.Link that gives these answers, over and over; None: it breaks."""

    def __init__(self, answers: list[Answer | None]) -> None:
        self.answers, self.requests = answers, 0

    def send(
        self,
        method: str,
        path: str,
        headers: Mapping[str, str],
        body: bytes | Piece,
        sink: Sink | None = None,
    ) -> Answer:
        answer = self.answers[self.requests % len(self.answers)]
        self.requests += 1
        assert self.requests < REQUESTS, "it never gives up"
        if answer is None:
            raise LinkBroken("hostile")
        place = sink.begin(answer) if sink is not None else None
        if place is None:
            return answer
        with place:
            place.write(answer.body)
        return Answer(answer.status, answer.headers)


def carrier(link: Hostile) -> HttpCarrier:
    patience = Patience("ជាតិ", lambda seconds: None, lambda: 0.5)
    moments = iter(range(10**6))
    return HttpCarrier(
        link, hub="h", credential="c", patience=patience, pace=Pace(), progress=Progress(),
        now_s=lambda: next(moments),
    )  # fmt: skip


@given(said, st.booleans(), st.integers(min_value=1, max_value=60_000))
@EXAMPLES
def test_a_push_ends_whatever_is_answered(answers: list[Answer | None], begun: bool, size: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "entries-0123456789.bundle"
        path.write_bytes(bytes(size))
        with suppress(LedgerError):
            carrier(Hostile(answers)).push(Parcel(path, path.stem, 1, begun=begun))
        assert path.stat().st_size == size


@given(said, st.booleans())
@EXAMPLES
def test_a_pull_ends_whatever_is_answered(answers: list[Answer | None], growing: bool) -> None:
    with tempfile.TemporaryDirectory() as folder:
        inbox = Path(folder) / "inbox"
        inbox.mkdir()
        if growing:
            (inbox / "pull-entries-01.part").write_bytes(b"begun")
        with suppress(LedgerError):
            found = carrier(Hostile(answers)).pull(b"ask", inbox)
            assert found is None or found.parent == inbox
        assert [path.name for path in Path(folder).iterdir()] == ["inbox"], "nothing beside it"


@given(said)
@EXAMPLES
def test_a_post_ends_whatever_is_answered(answers: list[Answer | None]) -> None:
    with suppress(LedgerError):
        carrier(Hostile(answers)).post("/hub/hello", b"ask")


def test_an_upload_that_gets_nowhere_is_given_up(tmp_path: Path) -> None:
    path = tmp_path / "entries-0123456789.bundle"
    path.write_bytes(bytes(100))
    with pytest.raises(Unreached):
        carrier(Hostile([Answer(204, {"upload-offset": "0"})])).push(Parcel(path, path.stem, 1))


def test_an_upload_whose_place_goes_back_and_forth_is_given_up(tmp_path: Path) -> None:
    """Found by the fuzz above: each step forward counted as a gain, however often the place fell back."""
    path = tmp_path / "entries-0123456789.bundle"
    path.write_bytes(bytes(200_000))
    back_and_forth = [Answer(200, {"upload-offset": "100"}), Answer(204, {"upload-offset": "5"}), None]
    with pytest.raises(LedgerError):
        carrier(Hostile(back_and_forth)).push(Parcel(path, path.stem, 1, begun=True))
    beyond = [Answer(200, {"upload-offset": "999999"}), Answer(204, {"upload-offset": "0"}), None]
    with pytest.raises(Refused):
        carrier(Hostile(beyond)).push(Parcel(path, path.stem, 1, begun=True))


def test_a_number_of_thousands_of_digits_is_no_offset(tmp_path: Path) -> None:
    path = tmp_path / "entries-0123456789.bundle"
    path.write_bytes(bytes(100))
    with pytest.raises(Refused):
        carrier(Hostile([Answer(204, {"upload-offset": "9" * 5000})])).push(Parcel(path, path.stem, 1))


def test_a_receipt_that_is_none_is_asked_for_again_by_the_next_hello(tmp_path: Path) -> None:
    path = tmp_path / "entries-0123456789.bundle"
    path.write_bytes(bytes(100))
    good = base64.b64encode(b"signed").decode()
    for header, expected in ((good, b"signed"), ("====", None), ("ទេ", None)):
        answer = Answer(204, {"upload-offset": "100", "samleng-receipt": header})
        assert carrier(Hostile([answer])).push(Parcel(path, path.stem, 1)) == expected
