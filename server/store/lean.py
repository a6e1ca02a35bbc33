"""sqlite-utils, without what it loads when it finds it: numpy and pandas, to know their types as columns. The hub
gives it none, and every start would pay for them with half a second and 90 MB."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

UNWANTED = ("numpy", "pandas")


@contextmanager
def without(names: tuple[str, ...]) -> Iterator[None]:
    """Imports of these fail meanwhile, as where they are not installed. One that is loaded already stays."""
    hidden = [name for name in names if name not in sys.modules]
    sys.modules.update(dict.fromkeys(hidden))  # type: ignore[arg-type]  # what Python takes for "there is none"
    try:
        yield
    finally:
        for name in hidden:
            del sys.modules[name]


with without(UNWANTED):
    import sqlite_utils as sqlite_utils
