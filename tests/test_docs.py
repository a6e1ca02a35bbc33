"""What the documents say is so: commands, settings, places, links, and the worked example."""

from __future__ import annotations

import importlib
import re
import zlib
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from server import cli
from server.commands import session
from server.config import SETTINGS
from server.notices import PARKED
from sync.ledger import LOCAL_KINDS, read_entry

ROOT = Path(__file__).parent.parent
DOCS = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])
OPERATE = (ROOT / "docs" / "operate.md").read_text(encoding="utf-8")
REFERENCE = OPERATE.partition("## All commands")[2]
LEDGER = (ROOT / "docs" / "ledger.md").read_text(encoding="utf-8")
README = (ROOT / "README.md").read_text(encoding="utf-8")
COMMON = {"--data", "--json", "--lang"}
PLACE = re.compile(r"`((?:forms|i18n|sync|server|tests|benchmarks|docs)/[\w/.-]*)`")
LINK = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")


def commands(group: click.Group, words: str) -> Iterator[tuple[str, click.Command]]:
    for name, command in group.commands.items():
        if isinstance(command, click.Group):
            yield from commands(command, f"{words} {name}")
        else:
            yield f"{words} {name}", command


def every_command() -> list[tuple[str, click.Command]]:
    return list(commands(cli.main, "samleng"))


@pytest.mark.parametrize(("words", "command"), every_command(), ids=lambda v: v if isinstance(v, str) else "")
def test_every_command_has_a_row_with_its_options(words: str, command: click.Command) -> None:
    row = re.search(rf"^\| `{words}( [A-Z]+)?` \|([^|]*)\|", REFERENCE, re.MULTILINE)
    assert row is not None, words
    arguments = [p for p in command.params if isinstance(p, click.Argument)]
    assert bool(row[1]) == bool(arguments)
    options = {o for p in command.params if isinstance(p, click.Option) for o in p.opts if o.startswith("--")}
    assert set(re.findall(r"`(--[\w-]+)`", row[2])) == options - COMMON


def test_no_row_is_about_a_command_that_is_gone() -> None:
    rows = re.findall(r"^\| `(samleng [a-z ]+?)(?: [A-Z]+)?` \|", REFERENCE, re.MULTILINE)
    assert sorted(rows) == sorted(words for words, _ in every_command())


def test_examples_use_commands_and_options_that_exist() -> None:
    known = dict(every_command())
    for page in (
        "README.md",
        "docs/operate.md",
        "docs/operate.km.md",
        "docs/exports.md",
        "docs/exports.km.md",
    ):
        text = (ROOT / page).read_text(encoding="utf-8")
        for line in re.findall(r"(?:`|^)(samleng (?!COMMAND|--help)[a-z][^`\n]*)", text, re.MULTILINE):
            words = max((w for w in known if f"{line} ".startswith(f"{w} ")), key=len, default=None)
            assert words is not None or line.split()[1] in cli.main.commands, line
            options = {o for p in known[words].params for o in p.opts} if words else set()
            assert set(re.findall(r"--[a-z-]+", line)) <= options | {"--help"}, line


def test_options_of_every_command_are_explained_too() -> None:
    for option in COMMON:
        assert f"`{option}" in OPERATE


def test_every_setting_is_explained_with_its_default() -> None:
    for setting in SETTINGS:
        row = re.search(rf"^\| `{setting.name}` \| (.*?) \|", OPERATE, re.MULTILINE)
        assert row is not None, setting.name
        default = {"": "empty", True: "on", False: "off"}.get(setting.default, str(setting.default))
        assert row[1].strip("`") == default, setting.name


def test_every_exit_code_is_explained() -> None:
    for code in (0, session.EXIT_FINDINGS, session.EXIT_INPUT, 3, session.EXIT_DAMAGED):
        assert re.search(rf"^\| {code} \|", OPERATE, re.MULTILINE), code


def test_every_local_kind_and_reason_for_parking_is_in_the_ledgers_page() -> None:
    for name in (*LOCAL_KINDS, *PARKED):
        assert f"`{name}`" in LEDGER, name


def test_the_worked_example_of_an_entry_is_right() -> None:
    found = re.search(
        r"```json\n(.*?)\n```\n\nis (\d+) bytes long, and its id is `([0-9a-f]{64})`", LEDGER, re.DOTALL
    )
    assert found is not None
    entry = read_entry(found[1].encode())
    assert len(entry.header) == int(found[2])
    assert entry.id == found[3]


@pytest.mark.parametrize("page", DOCS, ids=lambda p: p.name)
def test_every_place_and_link_of_a_page_is_there(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    for place in PLACE.findall(text):
        assert (ROOT / place).exists(), place
    for link in LINK.findall(text):
        if not link.startswith(("http://", "https://")):
            assert (page.parent / link).exists(), link


def test_named_functions_are_where_the_pages_say() -> None:
    named = re.findall(r"`((?:server|sync|forms)/[\w/]+)\.py`[^`\n|]{0,3}: `(\w+)`", "\n".join(_texts()))
    assert named
    for module, name in named:
        assert hasattr(importlib.import_module(module.replace("/", ".")), name), (module, name)


def _texts() -> Iterator[str]:
    return (page.read_text(encoding="utf-8") for page in DOCS)


def test_the_readme_begins_as_it_must() -> None:
    order = [
        "**សំឡេង**",
        "**Samleng**",
        "docs/images/home-km.png",
        "`make demo`",
        "`make test`",
        "## Quick start",
    ]
    order += ["## The rooms", "## What it will not do", "## More"]
    places = [README.find(said) for said in order]
    assert -1 not in places
    assert places == sorted(places)


def test_the_quick_start_is_five_commands_that_exist() -> None:
    block = re.search(r"```sh\n(samleng init.*?)```", README, re.DOTALL)
    assert block is not None
    lines = block[1].strip().splitlines()
    assert len(lines) == 5
    known = [words for words, _ in every_command()]
    assert all(any(line.startswith(words) for words in known) for line in lines)


def test_the_picture_is_a_small_png() -> None:
    picture = (ROOT / "docs" / "images" / "home-km.png").read_bytes()
    assert picture.startswith(b"\x89PNG")
    assert len(picture) < 200_000
    assert zlib.crc32(picture[-8:-4]) == int.from_bytes(picture[-4:], "big"), "cut off"
