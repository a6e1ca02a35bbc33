"""full, working, public: what a profile makes of a gathered extract."""

from __future__ import annotations

from server.errors import Fault
from server.extracts.losses import Losses
from server.extracts.options import Options
from server.extracts.sheets import Extract
from server.extracts.stages import Stage
from server.hub import Hub
from server.privacy.keeping import defaults_of, pseudonym_key
from server.privacy.levels import levelled
from server.privacy.pseudonyms import Pseudonyms
from server.privacy.public import Public, check_public
from server.privacy.waves import Waves
from server.privacy.working import Working


def private(
    hub: Hub, project_uid: str, extract: Extract, options: Options, losses: Losses, waves: Waves | None = None
) -> Extract:
    """waves: of a public profile. Raises Fault public.k, public.filter."""
    defaults = defaults_of(hub, project_uid)
    plain = Stage(extract, levelled(extract.sheets, defaults))  # for the codebook, and to choose by
    if options.profile == "full":
        return plain
    if options.profile == "working":
        return Working(extract, Pseudonyms(pseudonym_key(hub, project_uid)), defaults, losses)
    if waves is None:
        raise Fault("public.filter")
    check_public(options.k, options.choosing, waves)
    return Public(plain, options.k, waves, losses, options.choosing.provinces)
