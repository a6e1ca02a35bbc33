"""A form made for measuring, and instances of it: about 5.5 KB, 3-10 repeat rows, Khmer and numbers."""

from __future__ import annotations

import uuid
from collections.abc import Callable, Iterator
from random import Random

FORM_ID, VERSION = "bench_consultation", "1"
TEXTS, CHOICES, NUMBERS, ROW = 24, 20, 16, ("sex", "age_band", "role", "seeing", "hearing", "walking", "note")
WORDS = ("អ្នក", "ចូលរួម", "បាន", "និយាយ", "ថា", "ផ្លូវ", "ទៅ", "មណ្ឌលសុខភាព", "នៅ", "ឆ្ងាយ", "ហើយ", "ពេលយប់", "មិនមាន", "ភ្លើង",
         "បំភ្លឺ", "ទេ", "ស្ត្រី", "ភូមិ", "ទឹក", "ដី", "សន្តិសុខ", "កុមារ", "ទីផ្សារ", "សាលារៀន")  # fmt: skip
STORY = "អ្នកចូលរួមបាននិយាយថា ផ្លូវទៅមណ្ឌលសុខភាពនៅឆ្ងាយ ហើយពេលយប់មិនមានភ្លើងបំភ្លឺទេ។"


def form() -> str:
    """The XForm."""
    leaves = [(f"text_{n}", "string") for n in range(TEXTS)]
    leaves += [(f"choice_{n}", "string") for n in range(CHOICES)]
    leaves += [(f"number_{n}", "int") for n in range(NUMBERS)]
    row = "".join(f"<{name}/>" for name in ROW)
    inside = "".join(f"<{name}/>" for name, _ in leaves)
    binds = [f'<bind nodeset="/data/{name}" type="{kind}"/>' for name, kind in leaves]
    binds += [f'<bind nodeset="/data/person/{name}" type="string"/>' for name in ROW]
    questions = [f'<input ref="/data/{name}"><label>{name}</label></input>' for name, _ in leaves]
    asked = "".join(f'<input ref="/data/person/{name}"><label>{name}</label></input>' for name in ROW)
    return (
        '<h:html xmlns="http://www.w3.org/2002/xforms" xmlns:h="http://www.w3.org/1999/xhtml"><h:head>'
        f'<h:title>ការវាស់ល្បឿន</h:title><model><instance><data id="{FORM_ID}" version="{VERSION}">{inside}'
        f"<person>{row}</person><meta><instanceID/></meta></data></instance>{''.join(binds)}"
        '<bind nodeset="/data/meta/instanceID" type="string"/></model></h:head><h:body>'
        f'{"".join(questions)}<group ref="/data/person"><repeat nodeset="/data/person">{asked}</repeat>'
        "</group></h:body></h:html>"
    )


def instances(count: int, seed: int) -> Iterator[bytes]:
    """The same seed gives the same bytes."""
    rng = Random(seed)
    for _ in range(count):
        yield _instance(rng, _begun, rng.randint(3, 10)).encode()


def varied(count: int, seed: int, rows: int) -> Iterator[bytes]:
    """Instances in which no two people say the same, with so many repeat rows each."""
    rng = Random(seed)
    for _ in range(count):
        yield _instance(rng, _spoken, rows).encode()


def _begun(rng: Random) -> str:
    return STORY[: rng.randint(8, 66)]


def _spoken(rng: Random) -> str:
    return "".join(rng.choices(WORDS, k=rng.randint(2, 14)))


def _instance(rng: Random, say: Callable[[Random], str], count: int) -> str:
    texts = (f"<text_{n}>{say(rng)}</text_{n}>" for n in range(TEXTS))
    choices = (f"<choice_{n}>option_{rng.randint(1, 9)}</choice_{n}>" for n in range(CHOICES))
    numbers = (f"<number_{n}>{rng.randint(0, 999)}</number_{n}>" for n in range(NUMBERS))
    rows = (_row(rng) for _ in range(count))
    instance_id = uuid.UUID(int=rng.getrandbits(128), version=4)
    return (
        f'<?xml version="1.0"?><data id="{FORM_ID}" version="{VERSION}">{"".join(texts)}{"".join(choices)}'
        f"{''.join(numbers)}{''.join(rows)}<meta><instanceID>uuid:{instance_id}</instanceID></meta></data>"
    )


def _row(rng: Random) -> str:
    cells = (f"<{name}>option_{rng.randint(1, 5)}</{name}>" for name in ROW[:-1])
    return f"<person>{''.join(cells)}<note>{STORY[: rng.randint(4, 12)]}</note></person>"
