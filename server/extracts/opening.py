"""The stages of an extract, one over the other: what an analyst gets of a form."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace

from server.extracts.arranging import arranged
from server.extracts.gathering import Gathered, gathered
from server.extracts.losses import Losses
from server.extracts.options import Choosing, Options
from server.extracts.provenance import SEALED
from server.extracts.sheets import Extract
from server.formats import Work
from server.hub import Hub
from server.privacy.agreeing import Agreeing
from server.privacy.consent import refused
from server.privacy.profiles import private
from server.privacy.public import rounded
from server.privacy.waves import waves_of
from server.store.forms import Form
from server.store.keys import keys_in_use


@contextmanager
def opened(
    hub: Hub, form: Form, options: Options, passphrases: Mapping[int, str], work: Work
) -> Iterator[tuple[Extract, int]]:
    """The arranged extract, and how many submissions it has. passphrases: by number of the key. What is lost on
    the way is counted in `work.losses`; what the ledger is to remember of it stands in `work.remembered`.
    Raises Fault form.unknown, export.province, export.facilitator, public.*, Problem 400.12."""
    is_public = options.profile == "public"
    # A public extract chooses among what is hidden already, never what it is hidden among.
    choosing = Choosing() if is_public else options.choosing
    with gathered(hub, form, choosing, passphrases=passphrases) as extract:
        losses = Losses() if is_public else work.losses
        losses.add("parked.unread", extract.sheets[0].name, "", extract.unread)
        heard = agreed(extract, losses)
        if keys_in_use(hub.read(), form.id):
            _count_shut(heard, losses)
        waves = waves_of(hub, form) if is_public else None
        if waves is not None:
            work.remembered |= {"k": options.k}
        shown = private(hub, form.project_uid, heard, _with_codes(extract, options), work.losses, waves)
        if is_public:
            left = sum(loss.count for loss in losses)
            work.losses.add("public.left_out", shown.sheets[0].name, "", rounded(left, options.k))
        yield arranged(shown, options), extract.count()


def agreed(extract: Gathered, losses: Losses) -> Extract:
    """Without the submissions of those who did not agree to take part, nor people of repeats who did not."""
    paths = {path for version in extract.published for path in version.fields}
    asked = {path: {v.number for v in extract.published if path in v.fields} for path in paths}
    left = refused(extract, asked)
    losses.add("consent.refused", extract.sheets[0].name, "", len(left))
    heard = Agreeing(extract.leaving_out(left) if left else extract, asked, losses)
    return heard if heard.asks else heard.inner


def _with_codes(extract: Gathered, options: Options) -> Options:
    """Provinces by their codes, however they were named."""
    if not options.choosing.provinces:
        return options
    codes = frozenset(extract.province_codes(options.choosing.provinces))
    return replace(options, choosing=replace(options.choosing, provinces=codes))


def _count_shut(extract: Extract, losses: Losses) -> None:
    """What is encrypted and stays so has a row without answers."""
    root = extract.sheets[0]
    place = next(n for n, column in enumerate(root.columns) if column.name == "Status")
    shut = sum(
        batch.columns[place].count(status) for batch in extract.batches(root) for status in SEALED.values()
    )
    losses.add("row.not_decrypted", root.name, "", shut)
