"""`python -m server` is the command `samleng`, where no script was installed."""

from server.cli import entry_point

entry_point()
