"""The command `samleng`: gathers the commands and turns what went wrong into the contract's exit codes.

Exit codes: 0 done, 1 findings or nothing to do, 2 wrong usage or bad input, 3 the other side could
not be reached, 4 damaged data found.
"""

from __future__ import annotations

import logging
import os
import sys
from collections.abc import Sequence

import click

from forms.errors import FormFault
from server.commands import (
    bundles,
    conflicts,
    consultation,
    devices,
    exports,
    forms,
    hubs,
    projects,
    reports,
    service,
    submissions,
    syncing,
    tablets,
    upkeep,
    users,
)
from server.commands.session import EXIT_FINDINGS, EXIT_INPUT, LANG, _, shared_options
from server.errors import Refusal

SUBJECTS = (
    service,
    users,
    projects,
    forms,
    tablets,
    devices,
    submissions,
    conflicts,
    hubs,
    syncing,
    bundles,
    exports,
    reports,
    consultation,
    upkeep,
)


@click.group(help=_("Samleng gathers consultations from tablets, keeps them, and merges hubs."))
@shared_options
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
        click.echo(
            _("This command line is not understood: {reason}").format(reason=fault.format_message()), err=True
        )
        if isinstance(fault, click.UsageError) and fault.ctx is not None:
            click.echo(_("See: {command} --help").format(command=fault.ctx.command_path), err=True)
        code = EXIT_INPUT
    except click.Abort:
        code = EXIT_INPUT
    except (Refusal, FormFault) as fault:
        click.echo(fault.text(LANG), err=True)
        code = getattr(fault, "exit_code", EXIT_FINDINGS)
    sys.exit(code or 0)


for subject in SUBJECTS:
    for command in subject.COMMANDS:
        main.add_command(command)


def entry_point() -> None:
    run()
