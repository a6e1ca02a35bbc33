"""The table of figures: what was measured, in which unit, against ODK Central's and our own floor."""

from __future__ import annotations

import tomllib
from pathlib import Path

BASELINE = Path(__file__).parent / "baseline.toml"


class Sheet:
    """Prints each row as it is known. `failures`: what did not go as it must."""

    def __init__(self) -> None:
        self._baseline = tomllib.loads(BASELINE.read_text(encoding="utf-8"))
        self.failures: list[str] = []
        print(f"{'measure':<44}{'here':>10} {'unit':<5}{'ODK Central':>12}{'times better':>14}  floor")

    def baseline(self, held: int | str, name: str) -> float | None:
        """ODK Central's figure with as many submissions: taken from the size nearest below twice ours."""
        sizes = [int(k) for k in self._baseline if k.isdigit()]
        key = str(min(sizes, key=lambda s: abs(s - held))) if isinstance(held, int) else held
        value: float | None = self._baseline[key].get(name)
        # A tenth as many rows take a tenth as long: only sizes that were measured are compared.
        if (
            isinstance(held, int)
            and int(key) != held
            and not name.startswith(("formlist", "ingest", "again"))
        ):
            return None
        return value

    def add(
        self,
        name: str,
        value: float,
        unit: str,
        base: float | None = None,
        *,
        more: bool = False,
        floor: float | None = None,
    ) -> None:
        """more: whether more is better. floor: what must be kept; a miss is marked and counted."""
        missed = floor is not None and (value < floor if more else value > floor)
        if missed:
            self.failures.append(f"{name.strip()}: {value:.3g} {unit}, floor {floor:.3g}")
        ratio = "" if not base or not value else f"{(value / base if more else base / value):.1f}"
        shown = "" if base is None else f"{base:,.4g}"
        kept = "" if floor is None else f"{'≥' if more else '≤'} {floor:.3g}{'  MISSED' if missed else ''}"
        print(f"{name:<44}{_number(value):>10} {unit:<5}{shown:>12}{ratio:>14}  {kept}", flush=True)

    def fail_unless(self, kept: bool, what: str, count: int) -> None:
        if not kept:
            self.failures.append(f"{what}: {count} went wrong")


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
