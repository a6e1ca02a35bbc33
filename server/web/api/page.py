"""The table of docs/central-api.md: every endpoint, and which roles may call it.

`python -m server.web.api.page` writes it into the page anew.
"""

from __future__ import annotations

from pathlib import Path

from server.roles import Rights, role_named
from server.store.actors import Assignment
from server.web.api.rows import OPEN, TABLET, TOKEN, USER, Row
from server.web.api.table import AREAS

PAGE = Path(__file__).parents[3] / "docs" / "central-api.md"
BEGIN, END = "<!-- endpoints: written by server/web/api/page.py -->", "<!-- end of endpoints -->"
# Column -> (role, where somebody has it).
ROLES = {
    "app user": ("app-user", "form"),
    "link": ("pub-link", "form"),
    "formfill": ("formfill", "project"),
    "viewer": ("viewer", "project"),
    "manager": ("manager", "project"),
    "admin": ("admin", "site"),
}


def table() -> str:
    """One table an area: call, who may by role (in the own project, of a form that the app user or link was
    given), what it is for."""
    head = ["call", "anyone", *ROLES, "what for"]
    parts = []
    for area, rows in AREAS.items():
        lines = [f"| {' | '.join(head)} |", f"|{'---|' * len(head)}"]
        lines += [_line(row) for row in rows]
        parts.append(f"### {area.capitalize()}\n\n" + "\n".join(lines))
    return "\n\n".join(parts)


def _line(row: Row) -> str:
    marks = [_mark(OPEN in row.needs or TOKEN in row.needs), *(_mark(may(row, name)) for name in ROLES)]
    return f"| `{row.method} {row.path.removeprefix('/v1')}` | {' | '.join(marks)} | {row.says} |"


def may(row: Row, column: str) -> bool:
    """Whether somebody with the role of this column may make the call in the own project."""
    system, where = ROLES[column]
    place = {"site": ("", ""), "project": ("p", ""), "form": ("p", "f")}[where]
    said_of = {"app user": {TABLET}, "link": set[str]()}.get(column, {USER})
    rights = Rights([Assignment(0, role_named(system).id, *place)])
    return row.opens_to(rights, "p", "f", said_of=said_of)


def _mark(yes: bool) -> str:
    return "yes" if yes else "–"


def renewed(page: str) -> str:
    """The page with the table as it is now."""
    before, _, rest = page.partition(BEGIN)
    after = rest.partition(END)[2]
    return f"{before}{BEGIN}\n\n{table()}\n\n{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(renewed(PAGE.read_text(encoding="utf-8")), encoding="utf-8")
