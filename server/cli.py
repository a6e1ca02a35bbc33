"""The command `samleng`: reads arguments, calls one use case, prints what came of it.

Exit codes: 0 done, 1 findings or nothing to do, 2 wrong usage or bad input, 3 the other side could
not be reached, 4 damaged data found. People read stderr and plain stdout; programs read --json.
"""

from __future__ import annotations

import json
import logging
import os
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from forms.errors import FormFault
from i18n import LANGUAGES, translate
from server.errors import Refusal

EXIT_FINDINGS, EXIT_INPUT, EXIT_DAMAGED = 1, 2, 4


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


def _shared(command: Callable[..., Any]) -> Callable[..., Any]:
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


@click.group(help=_("Samleng gathers consultations from tablets, keeps them, and merges hubs."))
@_shared
def main() -> None:
    logging.basicConfig(level=os.environ.get("SAMLENG_LOG", "WARNING"), stream=sys.stderr)


def run(arguments: Sequence[str] | None = None) -> None:
    """Runs the command line and ends the process with the contract's exit codes."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):  # a Khmer message must not fail on a Windows code page
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        code = main.main(args=arguments, prog_name="samleng", standalone_mode=False)
    except click.ClickException as fault:
        fault.show()
        code = EXIT_INPUT
    except click.Abort:
        code = EXIT_INPUT
    except (Refusal, FormFault) as fault:
        click.echo(fault.text(LANG), err=True)
        code = getattr(fault, "exit_code", EXIT_FINDINGS)
    sys.exit(code or 0)


def load_commands() -> None:
    """Each file of server/commands adds its commands to `main`."""
    from server.commands import bundles, exports, forms, hubs, projects, service, tablets, upkeep, users

    for module in (service, users, projects, forms, tablets, hubs, bundles, exports, upkeep):
        for command in module.COMMANDS:
            main.add_command(command)


def entry_point() -> None:
    load_commands()
    run()
