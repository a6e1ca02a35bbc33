"""A report as one HTML file that stands alone: no script, nothing from elsewhere, fit to be printed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from html import escape
from typing import assert_never

from forms.paper.typesetting import words
from i18n.khmer import has_khmer
from server.reports.blocks import (
    Bar,
    Block,
    Facts,
    Heading,
    Paragraph,
    Quote,
    Report,
    Said,
    Table,
    Tile,
    Tiles,
    voices,
)  # fmt: skip
from server.reports.letters import font_faces
from server.reports.style import STYLE

POLICY = "default-src 'none'; style-src 'unsafe-inline'; font-src data:"
SHORT = 9  # rows of a table that is not torn between pages
WIDTH, HEIGHT = 108, 50  # of a tile, in units of its picture
SHADES = ("#ffffff", "#e3ecf5", "#c3d6ea", "#9dbcdb", "#76a2cc")


def as_html(report: Report) -> bytes:
    body = "\n".join(part for block in report.blocks for part in _drawn(block, report.languages))
    title = escape(" · ".join(text for _, text in voices(report.title, report.languages)))
    foot = f"Samleng · {report.export}"
    fonts = font_faces(body + title + foot)
    return (
        f'<!doctype html>\n<html lang="{report.languages[0]}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f"<title>{title}</title>\n<style>\n{fonts}\n{STYLE}\n"
        f'@page {{ @bottom-left {{ content: "{foot}"; }} }}\n</style>\n</head>\n<body>\n<main>\n{body}\n'
        f"</main>\n<footer>{foot}</footer>\n</body>\n</html>\n"
    ).encode("utf-8", "replace")


def _drawn(block: Block, languages: Sequence[str]) -> Iterator[str]:
    match block:
        case Heading():
            new_page = ' class="new-page"' if block.new_page else ""
            yield f"<h{block.level}{new_page}>{_said(block.said, languages)}</h{block.level}>"
        case Paragraph():
            yield f'<div class="{"soft " if block.soft else ""}voices">{_beside(block.said, languages)}</div>'
        case Facts():
            rows = "".join(
                f"<div><dt>{_said(name, languages)}</dt><dd>{_said(value, languages)}</dd></div>"
                for name, value in block.rows
            )
            yield f"<dl>{rows}</dl>"
        case Table():
            yield from _table(block, languages)
        case Tiles():
            yield _tiles(block, languages)
        case Quote():
            source = f"<footer>{_said(block.source, languages)}</footer>" if block.source else ""
            yield f"<blockquote><p>{breakable(block.text)}</p>{source}</blockquote>"
        case _:
            assert_never(block)


def _beside(said: Said, languages: Sequence[str]) -> str:
    """Languages side by side where there is room."""
    return "".join(f'<p lang="{lang}">{breakable(text)}</p>' for lang, text in voices(said, languages))


def _said(said: Said, languages: Sequence[str]) -> str:
    """Languages one under the other."""
    return "".join(f'<span lang="{lang}">{breakable(text)}</span>' for lang, text in voices(said, languages))


def breakable(text: str) -> str:
    """With places where a line of Khmer may end, which are no letters: what is copied is what was written."""
    if not has_khmer(text):
        return escape(text)
    return "<wbr>".join(escape(part) for part in words(text))


def _table(table: Table, languages: Sequence[str]) -> Iterator[str]:
    has_bars = any(isinstance(cell, Bar) for row in table.rows for cell in row)
    kinds = [*(["bars"] if has_bars else []), *(["short"] if len(table.rows) <= SHORT else [])]
    kind = f' class="{" ".join(kinds)}"' if kinds else ""
    is_wide = len(table.heads) > 4 and not has_bars
    yield f'<div class="wide"><table{kind}>' if is_wide else f"<table{kind}>"
    yield f"<caption>{_said(table.caption, languages)}</caption>"
    if table.heads:
        yield f"<thead><tr>{''.join(_head(said, languages) for said in table.heads)}</tr></thead>"
    end = len(table.rows) - table.sums
    yield f"<tbody>{''.join(_row(row, languages) for row in table.rows[:end])}</tbody>"
    if table.sums:
        yield f"<tfoot>{''.join(_row(row, languages) for row in table.rows[end:])}</tfoot>"
    yield "</table></div>" if is_wide else "</table>"
    if table.note:
        yield f'<div class="note voices">{_beside(table.note, languages)}</div>'


def _head(said: Said, languages: Sequence[str]) -> str:
    text = _said(said, languages)
    return f'<th scope="col">{text}</th>' if text else "<td></td>"


def _row(row: Iterable[Said | Bar], languages: Sequence[str]) -> str:
    first, *rest = row
    cells = [
        f'<th scope="row">{_said(first, languages)}</th>'
        if not isinstance(first, Bar)
        else _bar(first, languages)
    ]
    cells += [_bar(c, languages) if isinstance(c, Bar) else f"<td>{_said(c, languages)}</td>" for c in rest]
    return f"<tr>{''.join(cells)}</tr>"


def _bar(bar: Bar, languages: Sequence[str]) -> str:
    """Nothing of a hidden number is drawn."""
    drawn = ""
    if bar.share is not None:
        drawn = f'<rect y="1" width="{100 * bar.share:.1f}" height="8" fill="#1d4268"/>'
    if bar.goal is not None:
        drawn += f'<rect x="{max(100 * bar.goal - 1, 0):.1f}" width="1" height="10" fill="#b45309"/>'
    title = escape(" · ".join(text for _, text in voices(bar.title, languages)))
    return (
        '<td class="bar"><svg viewBox="0 0 100 10" preserveAspectRatio="none" role="img">'
        f"<title>{title}</title>{drawn}</svg></td>"
    )


def _tiles(tiles: Tiles, languages: Sequence[str]) -> str:
    rows, columns = 1 + max(one.row for one in tiles.tiles), 1 + max(one.column for one in tiles.tiles)
    title = " · ".join(text for _, text in voices(tiles.title, languages))
    drawn = "".join(_tile(one, languages) for one in tiles.tiles)
    size = f"0 0 {columns * WIDTH} {rows * HEIGHT}"
    picture = f'<svg class="tiles" role="img" viewBox="{size}"><title>{escape(title)}</title>{drawn}</svg>'
    caption = _said(tiles.title, languages)
    return f'<figure><figcaption>{caption}</figcaption><div class="wide">{picture}</div></figure>'


def _tile(tile: Tile, languages: Sequence[str]) -> str:
    x, y = tile.column * WIDTH, tile.row * HEIGHT
    lang, name = voices(tile.name, languages)[0]
    return (
        f'<g><rect x="{x + 1}" y="{y + 1}" width="{WIDTH - 2}" height="{HEIGHT - 2}" rx="4" fill="{SHADES[tile.shade]}"'
        f' stroke="#8492a3"/><text lang="{lang}" x="{x + WIDTH / 2}" y="{y + 21}" class="name">{escape(name)}</text>'
        f'<text x="{x + WIDTH / 2}" y="{y + 41}" class="count">{escape(voices(tile.said, languages)[0][1])}</text></g>'
    )
