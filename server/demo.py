"""`make demo`: a season in three provinces, merged, ready to look at.

`python -m server.demo [--data DIR] [--host HOST] [--port PORT]` makes the hubs when they are not there
yet, serves the national one, and says in Khmer and English where to look. Ctrl-C stops it; run again
it goes on from where it was.
"""

from __future__ import annotations

import logging
import secrets
import shutil
import sys
from pathlib import Path

import click

from forms.errors import FormFault
from i18n import LANGUAGES, mark, translate
from server.app import create_app
from server.demo_season import EMAIL, FORM_ID, PROJECT, TRIAL_TABLET, Season
from server.errors import Fault, Refusal
from server.hub import DATABASE, Hub
from server.peers import project_of
from server.serve import serve
from server.store.projects import Project
from server.tablets import (
    find_tablet,
    network_address,
    payload,
    server_url,
    settings_of,
    terminal_text,
    write_png,
)

SIGN_IN, QR = "sign-in.txt", "tablet-qr.png"
ANYWHERE = ("0.0.0.0", "::")  # noqa: S104 - what the person asked for with --host


def tell(message: str, **values: object) -> None:
    """One sentence in each language."""
    for lang in LANGUAGES:
        click.echo(translate(message, lang, **values))


def label(message: str, value: object) -> None:
    """What something is, in both languages, and under it the thing itself, alone for copying."""
    click.echo()
    click.echo(" · ".join(translate(message, lang) for lang in LANGUAGES))
    click.echo(f"  {value}")


def prepare(folder: Path) -> bool:
    """Makes the hubs in `folder`; False when they are there. A preparation that was stopped leaves
    nothing in `folder`, so the next one begins afresh."""
    if (folder / "nation" / DATABASE).exists():
        return False
    if folder.exists() and any(folder.iterdir()):
        raise Fault("file.exists", path=str(folder))
    growing = folder.with_name(folder.name + ".preparing")
    shutil.rmtree(growing, ignore_errors=True)
    growing.mkdir(parents=True)
    password = "-".join(secrets.token_hex(2) for _ in range(4))
    Season(growing, password, tell).play()
    _write_sign_in(growing / SIGN_IN, password)
    growing.replace(folder)
    return True


def _write_sign_in(path: Path, password: str) -> None:
    path.touch(mode=0o600)
    path.write_text(f"{EMAIL}\n{password}\n", encoding="utf-8")


def reachable(host: str, port: int) -> str:
    """The address that a tablet on the same network uses."""
    return f"http://{network_address() if host in ANYWHERE else host}:{port}"


def show(folder: Path, hub: Hub, base: str) -> None:
    """Where to look, and how to sign in."""
    email, password = (folder / SIGN_IN).read_text(encoding="utf-8").split()
    project = project_of(hub, PROJECT)
    form = f"{base}/v1/projects/{project.id}/forms/{FORM_ID}"
    _show_tablet(folder, hub, base, project)
    for message, value in (
        (mark("Page for coordinators"), base),
        (mark("Email address"), email),
        (mark("Password"), password),
        (mark("All answers with their repeats and media (CSV zip)"), f"{form}/submissions.csv.zip"),
        (mark("Answers only (CSV)"), f"{form}/submissions.csv"),
        (mark("For Excel and Power BI (OData)"), f"{form}.svc"),
        (mark("For programs (ODK Central's API)"), f"{base}/v1"),
    ):
        label(message, value)
    click.echo()
    tell(mark("Stop with Ctrl-C. Run again, everything is as you left it."))


def _show_tablet(folder: Path, hub: Hub, base: str, project: Project) -> None:
    tablet = find_tablet(hub, project, TRIAL_TABLET)
    said = payload(settings_of(base, project, tablet))
    write_png(said, folder / QR)
    click.echo()
    click.echo(terminal_text(said))
    tell(mark("Scan this with ODK Collect, or open the picture {path}."), path=folder / QR)
    label(mark("Server address for ODK Collect"), server_url(base, project, tablet))
    if base.startswith("http://127."):
        tell(mark("Tablets cannot reach 127.0.0.1: start with --host 0.0.0.0 on a network that you trust."))


def run(folder: Path, host: str, port: int) -> None:
    if not prepare(folder):
        tell(mark("The demonstration in {path} is there already."), path=folder)
    app = create_app(data=folder / "nation")
    hub: Hub = app.extensions["samleng"].hub

    def ready(url: str) -> None:
        show(folder, hub, reachable(host, int(url.rpartition(":")[2])))
        click.echo(f"listening on {url}")
        sys.stdout.flush()

    try:
        serve(
            app, host=host, port=port, threads=hub.config.threads,
            body_limit=hub.config.max_content_length,
            trusted_proxy=hub.config.trusted_proxy, ready=ready,
        )  # fmt: skip
    finally:
        app.extensions["samleng"].close()


@click.command()
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), default="demo-data")
@click.option("--host", default="127.0.0.1")
@click.option("--port", type=click.IntRange(0, 65535), default=8383)
def main(data: Path, host: str, port: int) -> None:
    logging.basicConfig(level=logging.WARNING, stream=sys.stderr)
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(encoding="utf-8", errors="backslashreplace")
    try:
        run(data, host, port)
    except (Refusal, FormFault) as fault:
        for lang in LANGUAGES:
            click.echo(fault.text(lang), err=True)
        sys.exit(2)
    except KeyboardInterrupt:  # while preparing: the next run begins afresh
        sys.exit(130)


if __name__ == "__main__":
    main()
