"""What every command shares: the options before it, its language, and how it speaks.

People read plain stdout; with --json stdout holds one document for programs, and people read stderr.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from i18n import LANGUAGES, translate

EXIT_FINDINGS, EXIT_INPUT, EXIT_UNREACHED, EXIT_DAMAGED = 1, 2, 3, 4


def early_language(arguments: Sequence[str], environment: Mapping[str, str]) -> str:
    """The language of help texts, needed before the arguments are parsed."""
    for place, said in enumerate(arguments):
        if said == "--lang" and place + 1 < len(arguments) and arguments[place + 1] in LANGUAGES:
            return arguments[place + 1]
        if said.startswith("--lang=") and said[7:] in LANGUAGES:
            return said[7:]
    spoken = environment.get("LC_ALL") or environment.get("LC_MESSAGES") or environment.get("LANG") or ""
    return "km" if spoken.lower().startswith("km") else "en"


LANG = early_language(sys.argv[1:], os.environ)


def _(message: str) -> str:
    return translate(message, LANG)


class Session:
    """What the options before the command said."""

    def __init__(self, data: Path, lang: str, as_json: bool) -> None:
        self.data, self.lang, self.as_json = data, lang, as_json

    def say(self, message: str, **values: object) -> None:
        """One line for people; on stderr when stdout belongs to a program."""
        click.echo(translate(message, self.lang, **values), err=self.as_json)

    def hint(self, message: str, **values: object) -> None:
        """One line beside what a command answers, so always on stderr."""
        click.echo(translate(message, self.lang, **values), err=True)

    def answer(self, said: Mapping[str, Any]) -> None:
        """The one JSON document of --json."""
        if self.as_json:
            click.echo(json.dumps(said, ensure_ascii=False))

    @contextmanager
    def hub(self, **settings: Any) -> Iterator[Any]:
        from server.hub import Hub

        hub = Hub(self.data, **settings)
        try:
            yield hub
        finally:
            hub.close()


pass_session = click.make_pass_decorator(Session)


def shared_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """--data, --json and --lang may stand before or behind the command."""
    for option in (
        click.option("--data", type=click.Path(path_type=Path), envvar="SAMLENG_DATA", expose_value=False,
                     callback=_set("data"), is_eager=True, help=_("Folder of the hub's data.")),
        click.option("--json", "as_json", is_flag=True, default=None, expose_value=False, callback=_set("as_json"),
                     is_eager=True, help=_("Print one JSON document for programs.")),
        click.option("--lang", type=click.Choice(LANGUAGES), expose_value=False, callback=_set("lang"),
                     is_eager=True, help=_("Language of messages: km or en.")),
    ):  # fmt: skip
        command = option(command)
    return command


def _set(name: str) -> Callable[[click.Context, click.Parameter, Any], None]:
    def keep(context: click.Context, _parameter: click.Parameter, value: Any) -> None:
        if context.obj is None:
            context.obj = Session(Path("data"), LANG, False)
        if value is not None:
            setattr(context.obj, name, value)

    return keep
