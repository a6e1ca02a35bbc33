"""Cells as the lines of a CSV: UTF-8, "\\n", quotes only where they are needed.

Python's own writer is not used: what it quotes differs between Python versions (a carriage return
is left bare up to 3.12), and it is slower.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

CHUNK_CHARS = 48 * 1024  # about 64 KB of mixed text; a few such pieces are all that is ever held


def line(cells: list[str]) -> str:
    """One CSV line without its end."""
    text = ",".join(cells)
    if text.count(",") == len(cells) - 1 and '"' not in text and "\n" not in text and "\r" not in text:
        return text
    return ",".join(quoted(cells))


def is_special(text: str) -> bool:
    """Whether the text holds anything for which a cell is put in quotes."""
    return "," in text or '"' in text or "\n" in text or "\r" in text


def quoted(cells: Iterable[str]) -> list[str]:
    """The cells, those in quotes that need them."""
    # Written out, not called a cell: this is half the cost of an export with long answers.
    return [
        '"' + c.replace('"', '""') + '"' if "," in c or "\n" in c or '"' in c or "\r" in c else c
        for c in cells
    ]


def chunks(lines: Iterable[str]) -> Iterator[bytes]:
    """Lines as UTF-8, some 64 KB at a time."""
    held: list[str] = []
    size = 0
    for one in lines:
        held.append(one)
        size += len(one)
        if size > CHUNK_CHARS:
            held.append("")
            yield "\n".join(held).encode("utf-8", "replace")
            held.clear()
            size = 0
    if held:
        held.append("")
        yield "\n".join(held).encode("utf-8", "replace")
