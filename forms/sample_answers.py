"""Plausible made-up answers to the bundled consultation form. Nobody real is in them.

Answers are drawn for every question; `RELEVANT` then says which of them the form would have asked.
The weights in `sample_weights.csv` are guesses that make tables worth looking at; they are no findings.
"""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta, timezone
from functools import cache
from pathlib import Path
from random import Random

Answers = dict[str, str]

FORM_FOLDER = Path(__file__).parent / "library" / "wps_consultation"
CAMBODIA = timezone(timedelta(hours=7))  # no summer time
FIRST_DAY, LAST_DAY = date(2026, 9, 1), date(2026, 11, 15)
FUNCTIONS = ("seeing", "hearing", "walking", "remembering", "selfcare", "communicating")
COASTAL = ("07", "09", "18", "23")

STORIES = (
    *("participation_story", "prevention_ideas", "protection_story", "recovery_story"),
    *("trafficking_story", "climate_story", "recommendations"),
)
PHRASES = ("quote", "facilitator_notes", "conflict_other", "participation_barrier_other", "stakeholder_other")

RELEVANT: Mapping[str, Callable[[Answers], bool]] = {
    "consent_refused": lambda a: a["consent"] == "no",
    "consultation": lambda a: a["consent"] == "yes",
    "private_place_advice": lambda a: a["private_place"] == "no",
    "village_other": lambda a: not a["village"],
    "guardian_consent": lambda a: a["age_band"] == "15_17",
    "stakeholder_other": lambda a: a["stakeholder"] == "other",
    "women_only_note": lambda a: a["session_type"] == "women" and a["count_men"] != "0",
    "participation_barrier_other": lambda a: "other" in a["participation_barriers"].split(),
    "main_barrier": lambda a: len(a["participation_barriers"].split()) > 1,
    "conflict_other": lambda a: "other" in a["conflicts"].split(),
    "violence_forms": lambda a: _protection(a),
    "services_known": lambda a: _protection(a),
    "services_access": lambda a: _protection(a) and a["services_known"] != "none",
    "service_barriers": lambda a: _protection(a) and a["services_access"] != "easy",
    "protection_story": lambda a: _protection(a),
    "distress_seen": lambda a: _protection(a),
    "women_in_relief": lambda a: a["crises"] != "none",
    "recovery_needs": lambda a: a["crises"] != "none",
    "trafficking_lures": lambda a: a["trafficking_risk"] in ("medium", "high"),
    "climate_effects": lambda a: a["hazards"] != "none",
    "quote": lambda a: a["consent_quote"] == "yes",
    "photo": lambda a: a["consent_recording"] == "yes",
    "recording": lambda a: a["consent_recording"] == "yes",
    "referral": lambda a: _protection(a),
}


def _protection(answers: Answers) -> bool:
    return answers["protection_discussed"] == "yes"


@dataclass(frozen=True)
class Setting:
    """One province: its row of `sample_provinces.csv`, and its rows of the form's external lists."""

    about: Mapping[str, str]
    communes: Mapping[str, Mapping[str, str]]
    villages: tuple[Mapping[str, str], ...]


def read_setting(province: str, media: Path) -> Setting:
    """province: its two-digit code; media: the folder of the form's lists. Raises KeyError."""
    about = {row["code"]: row for row in read_rows(FORM_FOLDER / "sample_provinces.csv")}
    communes = {row["name"]: row for row in read_rows(media / "communes.csv")}
    villages = [row for row in read_rows(media / "villages.csv") if row["name"].startswith(province)]
    return Setting(about[province], communes, tuple(villages))


def read_rows(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as source:
        return list(csv.DictReader(source))


@cache
def _weights() -> dict[str, dict[str, dict[str, int]]]:
    """How often each answer is drawn: "one" or "many" -> question -> answer -> weight."""
    weights: dict[str, dict[str, dict[str, int]]] = {"one": {}, "many": {}}
    for row in read_rows(FORM_FOLDER / "sample_weights.csv"):
        weights[row["choose"]].setdefault(row["question"], {})[row["answer"]] = int(row["weight"])
    return weights


@cache
def _texts() -> dict[str, list[str]]:
    texts: dict[str, list[str]] = {}
    for row in read_rows(FORM_FOLDER / "sample_texts.csv"):
        texts.setdefault(row["field"], []).append(row["text"])
    return texts


def draw(rng: Random, setting: Setting, number: int) -> tuple[Answers, list[Answers]]:
    """The answers of one consultation by question name, and those of each participant."""
    answers = {name: _one(rng, weights) for name, weights in _weights()["one"].items()}
    answers |= {name: _many(rng, weights) for name, weights in _weights()["many"].items()}
    answers |= {name: _story(rng, _texts()[name]) for name in STORIES}
    answers |= {name: rng.choice(_texts()[name]) for name in PHRASES}
    answers |= _session(rng, setting, number) | _place(rng, setting)
    answers["consent"] = "no" if rng.random() < 0.02 else "yes"
    answers["main_barrier"] = rng.choice(answers["participation_barriers"].split())
    answers["recovery_needs"] = " ".join(rng.sample(("food", "water", "income", "health", "safety"), 5))
    answers["water_hours"] = str(round(rng.triangular(0.2, 6, 1.5), 1))
    if setting.about["code"] in COASTAL and rng.random() < 0.5 and answers["hazards"] != "none":
        answers["hazards"] += " salinity"
    people = [_person(rng, answers, place + 1) for place in range(rng.randint(4, 14))]
    return answers | _counts(people), people


def _one(rng: Random, weights: Mapping[str, int]) -> str:
    return rng.choices(list(weights), list(weights.values()))[0]


def _many(rng: Random, weights: Mapping[str, int]) -> str:
    """One to four answers in the order of the list, as Collect writes them; "none" only alone."""
    drawn = set(rng.choices(list(weights), list(weights.values()), k=rng.randint(1, 4)))
    return " ".join(name for name in weights if name in drawn and (name != "none" or len(drawn) == 1))


def _story(rng: Random, texts: list[str]) -> str:
    told = rng.sample(texts, rng.randint(1, 4))
    return rng.choice((" ", "\n")).join(told)


def _session(rng: Random, setting: Setting, number: int) -> Answers:
    day = FIRST_DAY + timedelta(days=rng.randrange((LAST_DAY - FIRST_DAY).days + 1))
    start = datetime(day.year, day.month, day.day, rng.randint(8, 15), rng.randrange(60), tzinfo=CAMBODIA)
    end = start + timedelta(minutes=rng.randint(70, 160), milliseconds=rng.randrange(60_000))
    languages = setting.about["languages"].split()
    return {
        "start": start.isoformat(timespec="milliseconds"),
        "end": end.isoformat(timespec="milliseconds"),
        "consultation_date": day.isoformat(),
        "session_code": f"{setting.about['session']}-{number % 99 + 1:02d}",
        "facilitator_code": f"F{rng.randint(1, 40):03d}",
        "languages": " ".join(sorted({languages[0], rng.choice(languages)}, key=languages.index)),
    }


def _place(rng: Random, setting: Setting) -> Answers:
    village, about = rng.choice(setting.villages), setting.about
    commune = village["commune"]
    listed = rng.random() > 0.04
    latitude = float(about["latitude"]) + rng.gauss(0, 0.08)
    longitude = float(about["longitude"]) + rng.gauss(0, 0.08)
    altitude, accuracy = round(rng.uniform(4, 90), 1), round(rng.uniform(3, 25), 1)
    return {
        "province": commune[:2],
        "district": commune[:4],
        "commune": commune,
        "village": village["name"] if listed else "",
        "village_other": rng.choice(_texts()["village_other"]),
        "near_border": "yes" if rng.random() < float(about["border"]) else "no",
        "location": f"{round(latitude, 6)} {round(longitude, 6)} {altitude} {accuracy}",
        "commune_name": setting.communes[commune]["label_km"],
    }


def _person(rng: Random, answers: Answers, place: int) -> Answers:
    kind = answers["session_type"]
    women = {"women": 1.0, "men": 0.0, "authority": 0.3}.get(kind, 0.6)
    other = kind not in ("women", "men") and rng.random() < 0.01
    person = {name: _one(rng, _weights()["one"][name]) for name in ("age_band", "stakeholder")}
    person["sex"] = "other" if other else "female" if rng.random() < women else "male"
    person["person_code"] = f"{answers['session_code']}-P{place}"
    person["guardian_consent"] = "yes"
    person["stakeholder_other"] = rng.choice(_texts()["stakeholder_other"])
    hard = 8.0 if kind == "disability" else 3.0 if person["age_band"] == "60_over" else 1.0
    for function in FUNCTIONS:
        person[f"wg_{function}"] = _difficulty(rng, hard)
    severe = any(person[f"wg_{function}"] in ("a_lot", "cannot") for function in FUNCTIONS)
    return person | {"disability": "1" if severe else "0"}


def _difficulty(rng: Random, hard: float) -> str:
    weights = (100, 10 * hard, 1.5 * hard, 0.3 * hard)
    return rng.choices(("none", "some", "a_lot", "cannot"), weights)[0]


def _counts(people: Iterable[Answers]) -> Answers:
    people = list(people)
    return {
        "participants_present": str(len(people)),
        "count_all": str(len(people)),
        "count_women": str(sum(p["sex"] == "female" for p in people)),
        "count_men": str(sum(p["sex"] == "male" for p in people)),
        "count_disability": str(sum(int(p["disability"]) for p in people)),
    }
