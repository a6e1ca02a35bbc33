"""The stages of an extract, one over the other: what an analyst gets of a form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import cast

from server.exporting import unlocked
from server.exports.decrypted import DecryptedSource
from server.extracts.arranging import arranged
from server.extracts.decrypting import DecryptedRows
from server.extracts.gathering import Gathered, gathered
from server.extracts.losses import Losses
from server.extracts.options import Options
from server.extracts.sheets import Extract
from server.formats import Work
from server.hub import Hub
from server.store.extract_source import ExtractSource
from server.store.forms import Form
from server.store.keys import keys_in_use


@contextmanager
def opened(
    hub: Hub, form: Form, options: Options, passphrases: Mapping[int, str], work: Work
) -> Iterator[tuple[Extract, int]]:
    """The arranged extract, and how many submissions it has. passphrases: by number of the key. What is lost on
    the way is counted in `work.losses`. Raises Fault form.unknown, export.province, Problem 400.12."""
    with gathered(hub, form, options.choosing) as found:
        extract = _decrypted(hub, form, found, passphrases, work.losses)
        yield arranged(extract, options), extract.count()


def _decrypted(
    hub: Hub, form: Form, extract: Gathered, passphrases: Mapping[int, str], losses: Losses
) -> Gathered:
    if not keys_in_use(hub.read(), form.id):
        return extract
    keys = unlocked(hub, form, passphrases)
    source = DecryptedSource(extract.source, keys.keys, keys.given)
    rows = DecryptedRows(extract.source, source, losses, extract.sheets[0].name)
    return replace(extract, source=cast(ExtractSource, rows))
