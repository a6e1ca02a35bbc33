"""Entity lists and entities."""

from __future__ import annotations

from server.web.api.rows import read_rows

# fmt: off
ROWS = read_rows("""
""")
# fmt: on
