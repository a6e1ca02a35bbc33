"""Pages → the bytes of a PDF 1.7. The same pages always give the same bytes: no date, no random id.

Fonts are embedded so that every cluster is one glyph with its own text (see `typeface`), which is what
`ToUnicode` needs to hand Khmer back in the order in which it is encoded. Source: ISO 32000-1, §9.7 and §9.10.
"""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Sequence
from dataclasses import dataclass, field

from forms.paper.boxes import Fill, Frame, Ink, Mark, Rule, Shade
from forms.paper.pages import Page
from forms.paper.typeface import SUBSET_GLYPHS, Cluster, Subset
from forms.paper.typesetting import Glyphs

CIRCLE = 0.5523  # how far a Bézier's handle reaches along the tangent of a quarter circle
BLACK, GREY, PENCIL, GROUND = "0 g", "0.32 g", "0.35 G 0.7 w", "0.93 g"


@dataclass
class _File:
    """The numbered objects of a PDF."""

    objects: list[bytes] = field(default_factory=list)

    def reserve(self) -> int:
        self.objects.append(b"")
        return len(self.objects)

    def add(self, content: str | bytes) -> int:
        self.objects.append(content.encode("ascii") if isinstance(content, str) else content)
        return len(self.objects)

    def stream(self, content: bytes, entries: str = "") -> int:
        packed = zlib.compress(content, 9)
        head = f"<< /Length {len(packed)} /Filter /FlateDecode {entries}>>\nstream\n".encode("ascii")
        return self.add(head + packed + b"\nendstream")

    def written(self, root: int, info: int) -> bytes:
        out, places = bytearray(b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n"), []
        for number, content in enumerate(self.objects, 1):
            places.append(len(out))
            out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
        name, start = hashlib.sha256(out).hexdigest()[:32], len(out)
        out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(places) + 1)
        out += b"".join(b"%010d 00000 n \n" % place for place in places)
        trailer = f"<< /Size {len(places) + 1} /Root {root} 0 R /Info {info} 0 R /ID [<{name}> <{name}>] >>"
        return bytes(out) + f"trailer\n{trailer}\nstartxref\n{start}\n%%EOF\n".encode("ascii")


@dataclass
class _Fonts:
    """The embedded fonts so far, named F0, F1 … in the order in which they are first used."""

    subsets: list[Subset] = field(default_factory=list)

    def number(self, cluster: Cluster) -> tuple[int, int]:
        """(font, glyph) of a cluster. A full font is followed by another of the same face."""
        for place, subset in enumerate(self.subsets):
            if subset.face == cluster.face and (cluster in subset.used or len(subset.used) < SUBSET_GLYPHS):
                return place, subset.number(cluster)
        self.subsets.append(Subset(cluster.face))
        return len(self.subsets) - 1, self.subsets[-1].number(cluster)


def write_pdf(pages: Sequence[Page], width: float, height: float, title: str, lang: str) -> bytes:
    """width, height: of the paper, in points. lang: "km" or "en", for screen readers."""
    file, fonts = _File(), _Fonts()
    contents = [file.stream(_content(page, height, fonts)) for page in pages]
    resources = " ".join(f"/F{n} {_font(file, subset)} 0 R" for n, subset in enumerate(fonts.subsets))
    tree = file.reserve()
    same = f"/Parent {tree} 0 R /MediaBox [0 0 {_n(width)} {_n(height)}] /Resources << /Font << {resources} >> >>"
    kids = [file.add(f"<< /Type /Page {same} /Contents {content} 0 R >>") for content in contents]
    listed = " ".join(f"{kid} 0 R" for kid in kids)
    file.objects[tree - 1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{listed}] >>".encode("ascii")
    root = file.add(
        f"<< /Type /Catalog /Pages {tree} 0 R /Lang ({lang}) /ViewerPreferences << /DisplayDocTitle true >> >>"
    )
    info = file.add(f"<< /Title <{_utf16(chr(0xFEFF) + title)}> /Producer (Samleng) >>")
    return file.written(root, info)


def _content(page: Page, height: float, fonts: _Fonts) -> bytes:
    # Grounds first: what is painted later lies above.
    marks = sorted(page.marks, key=lambda mark: not isinstance(mark, Shade | Fill))
    return "\n".join(_drawn(mark, height, fonts) for mark in marks).encode("ascii")


def _drawn(mark: Mark, height: float, fonts: _Fonts) -> str:
    y = height - mark.y
    match mark:
        case Ink():
            return _text(mark, y, fonts)
        case Shade():
            return f"{GROUND} {_n(mark.x)} {_n(y - mark.height)} {_n(mark.width)} {_n(mark.height)} re f"
        case Fill():
            tone = " ".join(map(_n, mark.tone))
            return f"{tone} rg {_n(mark.x)} {_n(y - mark.height)} {_n(mark.width)} {_n(mark.height)} re f"
        case Rule():
            pencil = "0 G 1 w" if mark.heavy else PENCIL
            return f"{pencil} {_n(mark.x)} {_n(y)} m {_n(mark.x + mark.width)} {_n(y)} l S"
        case Frame(round=True):
            return _circle(mark.x + mark.width / 2, y - mark.width / 2, mark.width / 2)
        case Frame():
            return f"{PENCIL} {_n(mark.x)} {_n(y - mark.height)} {_n(mark.width)} {_n(mark.height)} re S"


def _circle(x: float, y: float, r: float) -> str:
    h = r * CIRCLE
    quarters = (
        (x + r, y + h, x + h, y + r, x, y + r),
        (x - h, y + r, x - r, y + h, x - r, y),
        (x - r, y - h, x - h, y - r, x, y - r),
        (x + h, y - r, x + r, y - h, x + r, y),
    )
    curves = " ".join(" ".join(map(_n, quarter)) + " c" for quarter in quarters)
    return f"{PENCIL} {_n(x + r)} {_n(y)} m {curves} s"


def _text(ink: Ink, y: float, fonts: _Fonts) -> str:
    x, parts = ink.x, []
    for stretch in ink.line.stretches:
        parts.append(
            f"{GREY if stretch.grey else BLACK} 1 0 0 1 {_n(x)} {_n(y)} Tm {_shown(stretch, ink.line.size, fonts)}"
        )
        x += sum(one.advance for one in stretch.clusters) * ink.line.size / 1000 * ink.line.squeeze
    return f"BT {_n(ink.line.squeeze * 100)} Tz {' '.join(parts)} ET"


def _shown(stretch: Glyphs, size: float, fonts: _Fonts) -> str:
    """Select the font and show the clusters, again whenever one stands in another font of the same face."""
    said, font, waiting = [], -1, ""
    for cluster in stretch.clusters:
        wanted, number = fonts.number(cluster)
        if wanted != font:
            said.append(f"<{waiting}> Tj" if waiting else "")
            said.append(f"/F{wanted} {_n(size)} Tf")
            font, waiting = wanted, ""
        waiting += f"{number:04X}"
    return " ".join([*said, f"<{waiting}> Tj"]).strip()


def _font(file: _File, subset: Subset) -> int:
    name = f"{_tag(subset)}+{subset.face}"
    program = subset.program()
    data = file.stream(program, f"/Length1 {len(program)} ")
    top = max([1069, *(one.top for one in subset.used)])
    bottom = min([-293, *(one.bottom for one in subset.used)])
    descriptor = file.add(
        f"<< /Type /FontDescriptor /FontName /{name} /Flags 4 /FontBBox [-600 {bottom} 2500 {top}] /ItalicAngle 0"
        f" /Ascent 1069 /Descent -293 /CapHeight 714 /StemV 80 /FontFile2 {data} 0 R >>"
    )
    widths = " ".join(str(max(one.advance, 0)) for one in subset.used)
    cid = file.add(
        f"<< /Type /Font /Subtype /CIDFontType2 /BaseFont /{name} /FontDescriptor {descriptor} 0 R /DW 500"
        " /CIDSystemInfo << /Registry (Adobe) /Ordering (Identity) /Supplement 0 >>"
        f" /CIDToGIDMap /Identity /W [1 [{widths}]] >>"
    )
    unicode = file.stream(_unicode(subset))
    return file.add(
        f"<< /Type /Font /Subtype /Type0 /BaseFont /{name} /Encoding /Identity-H"
        f" /DescendantFonts [{cid} 0 R] /ToUnicode {unicode} 0 R >>"
    )


def _tag(subset: Subset) -> str:
    """Six capitals that tell one subset of a face from another."""
    digest = hashlib.sha256("\n".join(one.text for one in subset.used).encode()).digest()
    return "".join(chr(65 + byte % 26) for byte in digest[:6])


def _unicode(subset: Subset) -> bytes:
    rows = [f"<{number:04X}> <{_utf16(one.text)}>" for one, number in subset.used.items()]
    parts = [rows[start : start + 100] for start in range(0, len(rows), 100)]  # at most 100 in one table
    tables = "\n".join(f"{len(part)} beginbfchar\n" + "\n".join(part) + "\nendbfchar" for part in parts)
    return (
        "/CIDInit /ProcSet findresource begin\n12 dict begin\nbegincmap\n"
        "/CIDSystemInfo << /Registry (Adobe) /Ordering (UCS) /Supplement 0 >> def\n"
        "/CMapName /Adobe-Identity-UCS def\n/CMapType 2 def\n"
        f"1 begincodespacerange\n<0000> <FFFF>\nendcodespacerange\n{tables}\n"
        "endcmap\nCMapName currentdict /CMap defineresource pop\nend\nend"
    ).encode("ascii")


def _utf16(text: str) -> str:
    return text.encode("utf-16-be", "replace").hex().upper()


def _n(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")
