"""The map of provinces: a square each, darker where more took part, the number always written."""

from __future__ import annotations

from collections.abc import Iterator

from forms.gazetteer import provinces
from i18n import mark
from server.reports.blocks import Block, Tile, Tiles
from server.reports.crossing import Axis
from server.reports.tiles import PLACES
from server.reports.wording import Words, same

SHADES = 4


def province_map(one: Axis, words: Words) -> Iterator[Block]:
    known = {code: place for place, code in enumerate(one.codes) if code in PLACES}
    shown = [n for place, n in enumerate(one.counts) if not one.shield.hides(place)]
    if len(known) < 1 or one.shield.whole or sum(one.counts) < words.k:
        return
    most = max(shown, default=1)
    tiles = []
    for province in provinces():
        row, column = PLACES[province.code]
        name = {"km": province.name_km, "en": province.name_en}
        said, shade = same("–"), 0
        if province.code in known:
            place = known[province.code]
            said = one.shown(place)
            if not one.shield.hides(place):
                shade = 1 + min(SHADES - 1, SHADES * one.counts[place] // max(most + 1, 1))
            elif place in one.shield.small:
                said = words.figure(f"<{words.k}")
        tiles.append(Tile(row, column, name, said, shade))
    yield Tiles(words.say(mark("Where they were heard: a square is a province")), tiles)
