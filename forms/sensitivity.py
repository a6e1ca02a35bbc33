"""How carefully each answer is to be kept: the column `sensitivity`. docs/xlsform.md, "Sensitivity".

A question has the level that it says, else its nearest group's that says one, else the form's (settings),
else DEFAULT. In the XForm the levels are `sensitivity` attributes of NAMESPACE, on binds and on the root.
"""

from __future__ import annotations

LEVELS = ("public", "internal", "restricted", "identifying")  # from least to most
DEFAULT = "internal"  # of a form that says nothing
PREFIX, NAMESPACE = "samleng", "urn:samleng:xforms"
ATTRIBUTE = f"{{{NAMESPACE}}}sensitivity"
SENSITIVE = ("restricted", "identifying")


def read_level(text: str) -> str | None:
    """The level that a cell or an attribute names; None for blanks and for what is no level."""
    said = text.strip().lower()
    return said if said in LEVELS else None
