"""What an export says of itself: in the file, in its codebook, and in the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Imprint:
    """id: 16 hexadecimal digits, by which the ledger's entry is found. by: name of who took it. hub: name of the
    hub. options: what was chosen, as plain words (name -> value), without what was left at its default."""

    id: str
    by: str
    made_at: datetime
    hub: str
    project: str
    form_id: str
    profile: str
    file_format: str
    reason: str = ""
    options: Mapping[str, str] = field(default_factory=dict)

    def lines(self) -> dict[str, str]:
        """name -> value, for a file's own metadata; empty ones left out."""
        said = {
            "export": self.id, "made_by": self.by, "made_at": self.made_at.isoformat(timespec="seconds"),
            "hub": self.hub, "project": self.project, "form": self.form_id, "profile": self.profile,
            "format": self.file_format, "reason": self.reason,
            "options": ", ".join(f"{name}={value}" for name, value in self.options.items()),
        }  # fmt: skip
        return {name: value for name, value in said.items() if value}
