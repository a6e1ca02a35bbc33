"""Reading the table of endpoints. A line has six columns:

    CALL | WHO MAY | QUERY | TAKES | GIVES | WHAT FOR

CALL      method and path below /v1; {names} of parts of the path are those that people read. At its beginning
          P stands for a project, F for a form, S for the submissions of a form, D for an entity list
WHO MAY   `anyone`, `signed-in`, `user` (who has a password), or verbs of which one is enough. A verb counts where the path leads: at
          the form, the project or the site; `verb@site`, `verb@project`, `verb@form` say otherwise.
          `tablet`: an app user of the project; `token`: what the path or the body brings opens the door
QUERY     names of server/web/api/parameters.py
TAKES     a schema of server/web/api/schemas.py, or `xml`, `form`, `file`, `multipart`; `?` after it: may be left out
GIVES     a schema, [schema] for a list, {schema} for an object of them; `file`, `xml`, `csv`, `zip`, `nothing`
WHAT FOR  one sentence
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace

from server.roles import Rights

_SHORT = {
    "P": "/projects/{project_id}",
    "F": "/projects/{project_id}/forms/{xml_form_id}",
    "S": "/projects/{project_id}/forms/{xml_form_id}/submissions",
    "D": "/projects/{project_id}/datasets/{dataset}",
}
_FORM = f"/v1{_SHORT['F']}"
_PART = re.compile(r"<[^>]*>|\{[^}]*\}")
OPEN, SIGNED_IN, USER, TABLET, TOKEN = "anyone", "signed-in", "user", "tablet", "token"


@dataclass(frozen=True, slots=True)
class Row:
    method: str
    path: str
    needs: tuple[str, ...]
    query: tuple[str, ...]
    takes: str
    gives: str
    says: str

    @property
    def call(self) -> str:
        return f"{self.method} {self.path}"

    @property
    def shape(self) -> tuple[str, str]:
        """Method and path without the names: by this a row and a route find each other."""
        return self.method, shape_of(self.path)

    @property
    def parts(self) -> list[str]:
        return re.findall(r"\{([^}]*)\}", self.path)

    @property
    def has_draft(self) -> bool:
        """Whether the same is served of a draft's test submissions, below …/forms/ID/draft."""
        return self.path.startswith((f"{_FORM}/submissions", f"{_FORM}.svc"))

    def of_draft(self) -> Row:
        return replace(self, path=self.path.replace(_FORM, f"{_FORM}/draft", 1))

    def place(self) -> str:
        """Where its verbs count: form, project or site."""
        if "/forms/{xml_form_id}" in self.path:
            return "form"
        return "project" if "{project_id}" in self.path else "site"

    def opens_to(self, rights: Rights, project: str, form: str, *, said_of: Collection[str]) -> bool:
        """Whether somebody who is signed in and has these rights may make the call. project, form: of the
        place that the path names; said_of: what else is true of the caller, such as USER, TABLET."""
        places = {"site": ("", ""), "project": (project, ""), "form": (project, form)}
        for need in self.needs:
            if need in (OPEN, SIGNED_IN, TOKEN) or need in said_of:
                return True
            verb, _, where = need.partition("@")
            if rights.may(verb, *places[where or self.place()]):
                return True
        return False


def shape_of(path: str) -> str:
    return _PART.sub("{}", path)


def read_rows(table: str) -> tuple[Row, ...]:
    """Raises ValueError for a line that has not six columns."""
    lines = [line.strip() for line in table.splitlines()]
    return tuple(_row(line) for line in lines if line and not line.startswith("#"))


def _row(line: str) -> Row:
    call, needs, query, takes, gives, says = (column.strip() for column in line.split("|"))
    method, path = call.split(" ", 1)
    path = path.strip()
    path = _SHORT.get(path[0], path[0]) + path[1:]
    return Row(method, f"/v1{path}", tuple(needs.split()), tuple(query.split()), takes, gives, says)
