"""The command `samleng` as a hub has it: without pandas, which is here for tests alone. sqlite-utils and pyarrow
load it where they find it, which takes a third of a second and 60 MB.
"""

from __future__ import annotations

import sys
from typing import Any


class Hidden:
    """A finder of modules before all others."""

    @staticmethod
    def find_spec(name: str, path: Any = None, target: Any = None) -> None:
        if name == "pandas":
            raise ImportError(name)


sys.meta_path.insert(0, Hidden)  # before anything of ours is loaded


if __name__ == "__main__":
    from server.cli import entry_point

    entry_point()
