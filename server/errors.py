"""What goes wrong, as codes and values. No Flask, no SQL, no prose.

    Refusal            a code and its values, an HTTP status, a text in each language
    ├── Problem        numbered as ODK Central numbers them: read by REST clients    rows: server/problems.py
    └── Fault          our own, named: tablets' door, command line, bundles          rows: server/faults.py

Raise with the code and the values that its row's message names:

    raise Problem("409.6", xmlFormId="wps", version="3")
    raise Fault("form.unknown", form_id="wps")

A value named `reason` may be a marked sentence: people read it in their language, `details` keep the English.

To add one, add a row, then `make catalogues` and write its Khmer. A code without a row is a LookupError.
"""

from __future__ import annotations

import json
import traceback
from collections.abc import Mapping
from typing import cast

from i18n import FALLBACK, catalogue, translate
from server.faults import FAULTS
from server.problems import PROBLEMS


class Refusal(Exception):
    """Something asked for cannot be done. `code` and `values` tell it to programs, `text` to people."""

    status: int
    exit_code: int
    message: str

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code, values)
        self.code = code
        self.values = values

    def __str__(self) -> str:
        # What a log line shows: never the values, an answer may be among them.
        return self.code

    def text(self, lang: str = FALLBACK) -> str:
        """What happened, to what, and what to do, as one line in `lang` ("km" or "en")."""
        shown = self._shown()
        if reason := shown.get("reason"):
            # A reason is a sentence itself. Looked up as it is: one from elsewhere may hold stray braces.
            shown["reason"] = catalogue(lang).gettext(reason)
        return translate(self.message, lang, **shown)

    def _shown(self) -> dict[str, str]:
        return {name: _told(name, value, self.values) for name, value in self.values.items()}


class Problem(Refusal):
    """A numbered answer of ODK Central's API: Problem("409.6", xmlFormId="wps", version="3")."""

    exit_code = 2

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code, **values)
        row = PROBLEMS[code]
        self.status = int(code.partition(".")[0])
        self.message = row.message
        self._named = row.details

    def _shown(self) -> dict[str, str]:
        """Programs find in Central's sentences what JavaScript writes for nothing."""
        said = {
            name: "null" if self.values[name] is None else text for name, text in super()._shown().items()
        }
        return {**dict.fromkeys(self._named, "undefined"), **said}

    @property
    def details(self) -> dict[str, object] | None:
        """The values that Central sends as `details`; without those not given. None if none are."""
        found = {name: self.values[name] for name in self._named if name in self.values}
        return found or None

    def json(self, lang: str = FALLBACK) -> dict[str, object]:
        """The body of the answer: `message`, `code` as a JSON number, and `details` if there are any."""
        body: dict[str, object] = {"message": self.text(lang), "code": float(self.code)}
        if self.details is not None:
            body["details"] = self.details
        return body


class Fault(Refusal):
    """One of our own, by name: Fault("email.taken", email="sok@example.org")."""

    def __init__(self, code: str, **values: object) -> None:
        super().__init__(code, **values)
        row = FAULTS[code]
        self.status, self.exit_code, self.message = row.status, row.exit_code, row.message


def places(fault: BaseException) -> str:
    """Where in the code a fault came up, for logs: without its text, which an answer may be in."""
    return f"{type(fault).__name__}\n{''.join(traceback.format_tb(fault.__traceback__))}"


def _told(name: str, value: object, values: Mapping[str, object]) -> str:
    """As Central tells it, whose clients show the sentence: these lists with blanks between, and what was
    sent beside the names of what was asked for."""
    if name == "got" and isinstance(value, dict):
        asked = cast("list[str]", values.get("expected") or list(value))
        return ", ".join(
            f"{each}: {_literal(value[each]) if each in value else 'undefined'}" for each in asked
        )
    if name in ("expected", "actual", "got") and isinstance(value, list | tuple):
        return ", ".join(_shown(item) for item in value)
    return _shown(value)


def _literal(value: object) -> str:
    return f"'{value}'" if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def _shown(value: object) -> str:
    """A value as it reads inside a sentence. Lists are joined as Central joins them, without a space."""
    if isinstance(value, list | tuple):
        return ",".join(_shown(item) for item in value)
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, default=str)
    return "" if value is None else str(value)
