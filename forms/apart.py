"""Compiling in a process of its own, with limits: a workbook can be made to take pyxform minutes and gigabytes.

The parent goes on with its own checks meanwhile. `python -m forms.apart` is the child: a workbook on stdin,
one JSON document on stdout.
"""

from __future__ import annotations

import base64
import contextlib
import json
import os
import subprocess
import sys
import threading
import time
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from forms.compile import CompiledForm, compile_form, name_of, odk_validate
from forms.errors import FormFault

TIME_LIMIT_S = 60
MEMORY_LIMIT = 2 * 1024**3  # bytes of address space: pyxform needs 60 MB, the largest workbook allowed 700
ROOT = Path(__file__).parent.parent


@dataclass(frozen=True, slots=True)
class Saying:
    """One message of pyxform. name: as pyxform calls it, such as NAMES_001, or ""."""

    name: str
    text: str


@dataclass(frozen=True)
class Made:
    """form: None when there is none. errors, warnings: pyxform's. fault: what else is wrong with the file.
    stopped: it took too long or too much. validate: ODK Validate's words, "" when it passes, None when
    it was not asked or there is no Java. compile_s: pyxform's own time, without starting a process."""

    form: CompiledForm | None = None
    errors: tuple[Saying, ...] = ()
    warnings: tuple[Saying, ...] = ()
    fault: FormFault | None = None
    stopped: bool = False
    validate: str | None = None
    compile_s: float = 0.0


class Compiling:
    """A compilation that has begun. java: whether ODK Validate is to look at what came out."""

    def __init__(self, source: bytes, file_type: str, fallback: str | None, *, java: bool) -> None:
        self._said = (source, file_type, fallback or "")
        self._java = java
        self._made = Made()
        self._thread = threading.Thread(target=self._work, daemon=True)
        self._thread.start()

    def wait(self) -> Made:
        self._thread.join()
        return self._made

    def _work(self) -> None:
        source, file_type, fallback = self._said
        self._made = _compile_apart(source, file_type, fallback)
        if self._java and self._made.form is not None:
            # Where it takes too long, the form counts as not looked at.
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._made = replace(self._made, validate=odk_validate(self._made.form.xform))


def _compile_apart(source: bytes, file_type: str, fallback: str) -> Made:
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH")]))
    environment = {**os.environ, "PYTHONPATH": path, "PYTHONIOENCODING": "utf-8"}
    command = [sys.executable, "-m", "forms.apart", file_type, fallback]
    try:
        done = subprocess.run(  # noqa: S603 - ourselves
            command, input=source, capture_output=True, timeout=TIME_LIMIT_S, env=environment, check=False
        )
        return _read(json.loads(done.stdout))
    except (subprocess.TimeoutExpired, ValueError):
        return Made(stopped=True)  # it hangs, or the system ended it before it could speak


def _read(said: dict[str, Any]) -> Made:
    form = said["form"]
    if form is not None:
        form["xform"] = base64.b64decode(form["xform"])
        form["itemsets"] = form["itemsets"] and base64.b64decode(form["itemsets"])
        form = CompiledForm(**{**form, "warnings": tuple(form["warnings"])})
    fault = said["fault"]
    return Made(
        form=form,
        errors=tuple(Saying(*one) for one in said["errors"]),
        warnings=tuple(Saying(*one) for one in said["warnings"]),
        fault=FormFault(fault[0], **fault[1]) if fault else None,
        stopped=said["stopped"],
        compile_s=said["compile_s"],
    )


def _compile(source: bytes, file_type: str, fallback: str) -> dict[str, Any]:
    """What the child says. Whatever goes wrong in there is something to tell, never a traceback."""
    from forms.compile import load_pyxform

    load_pyxform()
    begun = time.perf_counter()
    made: dict[str, Any] = {"form": None, "errors": [], "warnings": [], "fault": None, "stopped": False}
    try:
        form = compile_form(source, file_type=file_type, form_id_fallback=fallback or None)
        made["form"] = {**vars(form), "xform": _encoded(form.xform), "itemsets": _encoded(form.itemsets)}
        made["warnings"] = _sayings(form.warnings)
    except FormFault as fault:
        if fault.code == "xlsform.invalid":
            made["errors"] = _sayings(str(fault.values["error"]).split("\n[row"), "[row")
            made["warnings"] = _sayings(fault.values.get("warnings", ()))
        else:
            made["fault"] = [fault.code, {k: str(v) for k, v in fault.values.items() if k != "warnings"}]
    except MemoryError:
        made["stopped"] = True
    except Exception as fault:  # noqa: BLE001 - pyxform stumbles over odd cells in many ways
        made["errors"] = [["", f"{type(fault).__name__}: {fault}"]]
    return {**made, "compile_s": time.perf_counter() - begun}


def _encoded(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode()


def _sayings(texts: Any, cut: str = "") -> list[list[str]]:
    """Several errors come as one text, a line each; `cut` is what splitting took from all but the first."""
    whole = [str(text) if n == 0 or not cut else cut + str(text) for n, text in enumerate(texts)]
    return [[name_of(text), text] for text in whole]


def _limit() -> None:
    try:
        import resource
    except ImportError:  # Windows has no such limits; the time limit holds there too
        return
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_LIMIT, MEMORY_LIMIT))
    resource.setrlimit(resource.RLIMIT_CPU, (TIME_LIMIT_S, TIME_LIMIT_S))


def main() -> None:
    _limit()
    file_type, fallback = sys.argv[1:3]
    sys.stdout.write(json.dumps(_compile(sys.stdin.buffer.read(), file_type, fallback)))


if __name__ == "__main__":
    main()
