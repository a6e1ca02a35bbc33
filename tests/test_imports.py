"""Who may know whom: the rooms' rules, read from the import lines of the tree.

The rules are docs/architecture.md's. Each rule is also tried on a text that breaks it, so that it can fail.
"""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
ROOMS = {
    "server": {"server", "forms", "sync", "i18n"},
    "forms": {"forms", "i18n"},
    "sync": {"sync"},
    "i18n": {"i18n"},
}
SYNC_ORDER = (
    "errors", "plain", "ledger", "merge", "entities", "withdrawal", "keys", "pairing", "http", "messages", "receipt",
    "bundle", "exchange", "transport", "link", "device",
)  # fmt: skip
# Who may import a library, as beginnings of paths; nobody else may.
KEEPERS = {
    "flask": ("server/web/", "server/app.py"),
    "werkzeug": ("server/web/", "server/app.py"),
    "sqlite3": ("server/store/",),
    "sqlite_utils": ("server/store/",),
    "pyxform": ("forms/compile.py",),
    "cryptography": (
        "forms/encrypted.py",
        "server/managed_keys.py",
        "server/exporting.py",
        "server/exports/decrypted.py",
    ),
}
SQL = re.compile(
    r"\s*(SELECT\s.+\sFROM\s|INSERT\s+(OR\s+\w+\s+)?INTO\s|UPDATE\s+\S+\s+SET\s|DELETE\s+FROM\s"
    r"|(CREATE|DROP|ALTER)\s+(TABLE|INDEX|VIEW|TRIGGER|VIRTUAL)\s|PRAGMA\s+\w+|BEGIN\s+IMMEDIATE)",
    re.IGNORECASE | re.DOTALL,
)


def imports(tree: ast.AST, path: str) -> Iterator[tuple[int, str]]:
    """Line and dotted name of everything imported, inside functions too. `from a import b` gives a.b."""
    package = path.removesuffix(".py").split("/")[:-1]
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = package[: len(package) - node.level + 1] if node.level else []
            module = ".".join([*base, *([node.module] if node.module else [])])
            yield from ((node.lineno, f"{module}.{alias.name}") for alias in node.names)


def breaches(source: str, path: str) -> list[str]:
    """What the file at `path` (from the root, with slashes) may not do, one line each."""
    tree = ast.parse(source, filename=path)
    known = list(imports(tree, path))
    found = [*_rooms(known, path), *_libraries(known, path), *_order(known, path), *_sql(tree, path)]
    return [f"{path}:{line} {what}" for line, what in found]


def _rooms(known: list[tuple[int, str]], path: str) -> Iterator[tuple[int, str]]:
    room = path.split("/")[0]
    for line, name in known:
        other = name.split(".")[0]
        if other in ROOMS and other not in ROOMS[room]:
            yield line, f"{room} may not know {name}"


def _libraries(known: list[tuple[int, str]], path: str) -> Iterator[tuple[int, str]]:
    for line, name in known:
        library = name.split(".")[0].lower()
        if library in KEEPERS and not path.startswith(KEEPERS[library]):
            yield line, f"{library} is for {', '.join(KEEPERS[library])} alone"


def _order(known: list[tuple[int, str]], path: str) -> Iterator[tuple[int, str]]:
    if not path.startswith("sync/") or path == "sync/__init__.py":
        return
    own = path.removeprefix("sync/").removesuffix(".py")
    if own not in SYNC_ORDER:
        yield 1, f"sync/{own}.py has no place in the order of sync's files"
        return
    above = SYNC_ORDER[: SYNC_ORDER.index(own)]
    for line, name in known:
        parts = name.split(".")
        if parts[0] == "sync" and (len(parts) < 2 or parts[1] not in above):
            yield line, f"sync/{own}.py knows only what is above it, not {name}"


def _sql(tree: ast.AST, path: str) -> Iterator[tuple[int, str]]:
    if path.startswith("server/store/"):
        return
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and is_sql(node.value):
            yield node.lineno, "SQL is for server/store/ alone"


def is_sql(text: str) -> bool:
    # SQL is written in all capitals or all small: "Select a form from the list" is English.
    return bool(SQL.match(text)) and not text.split()[0].istitle()


def files() -> list[Path]:
    return sorted(path for room in ROOMS for path in (ROOT / room).rglob("*.py"))


def test_the_tree_keeps_every_rule() -> None:
    found = [
        breach
        for path in files()
        for breach in breaches(path.read_text(encoding="utf-8"), path.relative_to(ROOT).as_posix())
    ]
    assert not found, "\n".join(found)


def test_the_rules_are_tried_on_all_rooms() -> None:
    read = {path.relative_to(ROOT).parts[0] for path in files()}
    assert read == set(ROOMS)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        ("forms/lint.py", "import server.store.forms"),
        ("forms/lint.py", "def check():\n    from sync.ledger import Entry"),
        ("sync/merge.py", "from i18n import mark"),
        ("sync/merge.py", "import forms"),
        ("i18n/khmer.py", "from forms import fields"),
        ("i18n/khmer.py", "from ..server import errors"),
        ("server/intake.py", "from flask import request"),
        ("server/exports/csv.py", "import werkzeug.http"),
        ("sync/transport.py", "import flask"),
        ("server/intake.py", "import sqlite3"),
        ("server/projection/state.py", "from sqlite_utils import Database"),
        ("forms/compile.py", "import sqlite3"),
        ("forms/fields.py", "from pyxform.xls2xform import convert"),
        ("server/publish.py", "import pyxform"),
        ("server/review.py", "ROWS = 'SELECT id FROM entry ORDER BY seq'"),
        ("server/web/rest.py", "def f(db):\n    db.execute('insert into entry values (?)', [1])"),
        ("sync/ledger.py", "TABLE = '''\n  create table entry (id text)'''"),
        ("sync/ledger.py", "from sync import merge"),
        ("sync/ledger.py", "from . import merge"),
        ("sync/errors.py", "import sync.ledger"),
        ("sync/messages.py", "from sync.bundle import read"),
        ("sync/stray.py", "import json"),
    ],
)
def test_a_breach_is_seen(path: str, source: str) -> None:
    assert breaches(source, path)


@pytest.mark.parametrize(
    ("path", "source"),
    [
        (
            "server/intake.py",
            "from forms.instance import parse_instance\nfrom sync.ledger import Entry\nimport i18n",
        ),
        ("server/web/rest.py", "from flask import request"),
        ("server/app.py", "from flask import Flask"),
        ("server/store/forms.py", "import sqlite3\nROWS = 'SELECT id FROM form ORDER BY id'"),
        ("forms/compile.py", "def f():\n    from pyxform.xls2xform import convert"),
        ("sync/merge.py", "from sync.ledger import Entry\nfrom sync import errors"),
        ("server/faults.py", "TEXT = 'Select a form from the list. Update it, then delete the old one.'"),
    ],
)
def test_what_is_allowed_is_let_be(path: str, source: str) -> None:
    assert breaches(source, path) == []


HEAVY = {"numpy", "pandas", "pyarrow", "openpyxl", "pyxform"}


def test_a_hub_starts_without_what_exports_and_forms_alone_need(tmp_path: Path) -> None:
    """An old laptop has little memory, and a start is waited for. sqlite-utils would load the first two."""
    program = (
        "import sys; from pathlib import Path; from server.hub import Hub; from server.opening import Opening; "
        "from server.projects import create_project; from server.tablets import add_tablet; "
        "from server.background import Background; path = Path(sys.argv[1]); hub = Hub.create(path, 'h'); "
        "add_tablet(hub, create_project(hub, 'p'), 't'); hub.close(); opening = Opening(path, lambda app: None); "
        "assert opening.is_open; print(*sys.modules)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path / "h")],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert HEAVY.isdisjoint(done.stdout.split())
