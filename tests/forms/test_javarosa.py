"""The forms of the library, filled by JavaRosa, the engine of ODK Collect, in Khmer and in English.

JavaRosa comes inside pyxform's bundled ODK Validate; `java/Fill.java` drives it and says what it saw.
"""

from __future__ import annotations

import csv
import re
import shutil
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from lxml import etree
from pyxform.validators.odk_validate import ODK_VALIDATE_PATH

from forms import compile as compiling
from forms.compile import compile_folder
from forms.samples import make_instances
from forms.sampling import make_samples

LIBRARY = Path(compiling.__file__).parent / "library"
FORMS = sorted(folder.parent.name for folder in LIBRARY.glob("*/form.xlsx"))
DRIVER = Path(__file__).parent / "java" / "Fill.java"
WRONG = Path(__file__).parents[1] / "data" / "library" / "wrong_answers.csv"
LANGUAGES = ("English (en)", "Khmer (km)")
DRAWN = 60  # samples of each province, of which those are walked that ask something new
PLAIN = 6  # and these in any case
KHMER = re.compile("[\u1780-\u17ff]")
ANSWERED = re.compile("«[^»]*»")
JR = "{http://openrosa.org/javarosa}"
# A warning about answers that do not fit together; the samples' answers do.
NEVER_SHOWN = {"/data/consultation/attendance/women_only_note"}
# The samples are of autumn 2026, whenever the tests run.
TODAY = ("today()", "date('2026-11-24')")

pytestmark = pytest.mark.skipif(
    shutil.which("javac") is None,
    reason="filling forms with JavaRosa needs a JDK (Java 17), which is not here",
)


@dataclass
class Seen:
    """What JavaRosa showed of one form. texts: kind -> language -> path -> texts shown."""

    texts: dict[str, dict[str, dict[str, set[str]]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(lambda: defaultdict(set)))
    )
    problems: list[str] = field(default_factory=list)


def write_job(folder: Path, form_id: str) -> None:
    """The form, its lists and its samples, as the driver reads them."""
    folder.mkdir(parents=True)
    source = LIBRARY / form_id
    done = compile_folder(source / "form.xlsx", folder)
    xform = done.form.xform.decode().replace(*TODAY)
    (folder / f"{form_id}.xml").unlink()
    (folder / "form.xml").write_text(xform, encoding="utf-8")
    for name in done.missing:
        shutil.copy(source / f"sample_{name}", folder / name)
    (folder / "last-saved").write_text("<data/>", encoding="utf-8")
    (folder / "preset.txt").write_text("\n".join(presets(etree.fromstring(xform.encode()))), encoding="utf-8")
    wrong = [f"{row['path']}\t{spelled(row['answer'])}" for row in wrong_answers() if row["form"] == form_id]
    (folder / "wrong.tsv").write_text("\n".join(wrong), encoding="utf-8")
    (folder / "samples").mkdir()
    for number, sample in enumerate(samples(form_id)):
        (folder / "samples" / f"{number:02}.xml").write_bytes(sample)


def samples(form_id: str) -> list[bytes]:
    """Some samples of two provinces, and from then on those that answer what none before answered."""
    chosen: list[bytes] = []
    answered: set[str] = set()
    for number, xml in enumerate(xml for province in ("07", "16") for xml in drawn(form_id, province)):
        paths = {re.sub(r"\[\d+\]", "", p) for p in paths_of(etree.fromstring(xml))}
        if number < PLAIN or not paths <= answered:
            chosen.append(xml)
            answered |= paths
    return chosen


def drawn(form_id: str, province: str) -> Iterator[bytes]:
    if form_id == "wps_consultation":
        media = LIBRARY / form_id / "media"
        made = make_instances(seed=9, n=DRAWN, province=province, version="1", media=media)
    else:
        made = make_samples(LIBRARY / form_id, seed=9, n=DRAWN, province=province)
    return (sample.xml for sample in made)


def paths_of(root: etree._Element) -> Iterator[str]:
    tree = root.getroottree()
    return (tree.getpath(node) for node in root.iter())


def presets(document: etree._Element) -> list[str]:
    """Paths that no person fills in and no rule fixes: Collect's own, and what is made by chance."""
    binds = document.iterfind(".//{*}bind")
    own = [b.get("nodeset") for b in binds if b.get(JR + "preload") or "once(" in b.get("calculate", "")]
    chance = [v.get("ref") for v in document.iterfind(".//{*}setvalue") if "uuid()" in v.get("value", "")]
    return [*own, *chance, *(["/data/meta/audit"] if document.find(".//{*}audit") is not None else [])]


def wrong_answers() -> list[dict[str, str]]:
    with WRONG.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


def spelled(answer: str) -> str:
    """`ក*5001` stands for so many letters."""
    letter, _, times = answer.partition("*")
    return letter * int(times) if times else answer


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("javarosa")
    for form_id in FORMS:
        write_job(folder / form_id, form_id)
    return folder


@pytest.fixture(scope="module")
def seen(job: Path) -> dict[str, Seen]:
    java = shutil.which("java")
    assert java
    command = [java, "-cp", ODK_VALIDATE_PATH, str(DRIVER), str(job)]
    done = subprocess.run(command, capture_output=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr.decode()[-3000:]
    found = {form_id: Seen() for form_id in FORMS}
    for line in done.stdout.decode().splitlines():
        form_id, language, sample, kind, path, text = line.split("\t")
        found[form_id].texts[kind][language][path].add(text)
        if kind == "problem":
            found[form_id].problems.append(f"{sample} {language} {path} {text}")
    return found


def test_samples_answer_what_javarosa_asks_and_pass_its_constraints(seen: dict[str, Seen]):
    for form_id in FORMS:
        assert seen[form_id].problems == [], form_id


def outline(node: etree._Element) -> tuple[object, ...]:
    """A node without namespaces and blanks, to be compared."""
    attributes = {
        name: text for name, text in node.attrib.items() if "}" not in name and name not in ("version", "id")
    }
    if etree.QName(node).localname == "entity":
        attributes["id"] = node.get("id", "")
    children = [outline(child) for child in node]
    text = "" if children else node.text or ""
    return etree.QName(node).localname, text, sorted(attributes.items()), children


def differ(mine: tuple, theirs: tuple) -> object:
    """The first place where two outlines part."""
    if mine[:3] == theirs[:3] and len(mine[3]) == len(theirs[3]):
        return next((differ(a, b) for a, b in zip(mine[3], theirs[3], strict=True) if a != b), None)
    return (*mine[:3], [c[0] for c in mine[3]]), (*theirs[:3], [c[0] for c in theirs[3]])


def test_what_javarosa_hands_over_is_the_sample(job: Path, seen: dict[str, Seen]):
    for form_id in FORMS:
        for language in LANGUAGES:
            for sample in sorted((job / form_id / "samples").iterdir()):
                filled = job / form_id / "filled" / language / sample.name
                mine, theirs = (outline(etree.fromstring(f.read_bytes())) for f in (sample, filled))
                assert mine == theirs, (form_id, language, sample.name, differ(mine, theirs))


def controls(job: Path, form_id: str) -> dict[str, etree._Element]:
    body = etree.fromstring((job / form_id / "form.xml").read_bytes()).find("{*}body")
    named = ("input", "select", "select1", "rank", "upload", "range", "trigger")
    return {e.get("ref"): e for e in body.iter() if etree.QName(e).localname in named}


def test_every_question_is_asked_of_some_sample(job: Path, seen: dict[str, Seen]):
    for form_id in FORMS:
        for language in LANGUAGES:
            asked = set(seen[form_id].texts["asked"][language])
            assert set(controls(job, form_id)) - asked <= NEVER_SHOWN, form_id


def test_every_text_is_shown_in_the_language_that_was_chosen(seen: dict[str, Seen]):
    for form_id in FORMS:
        for kind in ("label", "hint", "choice", "required", "constraint"):
            khmer, english = (seen[form_id].texts[kind][one] for one in ("Khmer (km)", "English (en)"))
            assert set(khmer) == set(english) and khmer, (form_id, kind)
            for path in khmer:
                assert all(KHMER.search(text) for text in khmer[path]), (form_id, path)
                # A text may carry an answer along, in whatever language that was given.
                said = [re.sub(ANSWERED, "", text) for text in english[path]]
                assert not any(KHMER.search(text) or text in ("", "-") for text in said), (form_id, path)


def test_every_constraint_refuses_what_it_should(job: Path, seen: dict[str, Seen]):
    for form_id in FORMS:
        document = etree.fromstring((job / form_id / "form.xml").read_bytes())
        constrained = {b.get("nodeset") for b in document.iterfind(".//{*}bind") if b.get("constraint")}
        for language in LANGUAGES:
            assert set(seen[form_id].texts["refused"][language]) == constrained, form_id
            assert set(seen[form_id].texts["constraint"][language]) == constrained, form_id


def test_every_required_question_says_why_in_both_languages(job: Path, seen: dict[str, Seen]):
    for form_id in FORMS:
        document = etree.fromstring((job / form_id / "form.xml").read_bytes())
        required = {b.get("nodeset") for b in document.iterfind(".//{*}bind") if b.get("required")}
        for language in LANGUAGES:
            assert set(seen[form_id].texts["required"][language]) == required, form_id
