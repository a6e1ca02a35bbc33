"""The stages of an extract, one over the other: what an analyst gets of a form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from server.extracts.arranging import arranged
from server.extracts.gathering import gathered
from server.extracts.options import Options
from server.extracts.sheets import Extract
from server.formats import Work
from server.hub import Hub
from server.store.forms import Form


@contextmanager
def opened(
    hub: Hub, form: Form, options: Options, passphrases: Mapping[int, str], work: Work
) -> Iterator[tuple[Extract, int]]:
    """The arranged extract, and how many submissions it has. passphrases: by number of the key. What is lost on
    the way is counted in `work.losses`."""
    with gathered(hub, form, options.choosing) as extract:
        yield arranged(extract, options), extract.count()
