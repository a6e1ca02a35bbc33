"""What looks like personal data: a word of a question's name or label. For the checks, and for exports of forms whose
questions do not say how carefully their answers are to be kept."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable

# Behind these, "name" is no person's: "village_name".
PLACES = frozenset(
    [
        "village",
        "commune",
        "district",
        "province",
        "sangkat",
        "khan",
        "place",
        "site",
        "school",
        "organisation",
        "organization",
        "org",
        "ngo",
        "office",
        "institution",
        "ministry",
        "department",
        "group",
        "project",
        "form",
        "file",
        "market",
        "river",
        "road",
        "health",
        "facility",
        "centre",
        "center",
        "product",
        "crop",
        "list",
        "choice",
        "question",
        "other",
        "code",
    ]
)
PHONES = frozenset(["phone", "tel", "telephone", "mobile", "whatsapp", "telegram"])
EMAILS = frozenset(("email",))
NAMES = frozenset(["firstname", "lastname", "surname", "fullname", "nickname"])
IDENTIFIERS = frozenset(
    ["address", "street", "nid", "passport", "idcard", "idpoor", "dob", "birthday", "birthdate"]
)
WORDS = PHONES | EMAILS | NAMES | IDENTIFIERS
PAIRS = frozenset(
    (("id", "card"), ("national", "id"), ("birth", "date"), ("date", "birth"), ("house", "number"))
)
# Only whole phrases, so that "ឈ្មោះភូមិ" (name of the village) is none.
NAME_LABELS = (
    re.compile(r"\b(?:full|first|last|family|your|her|his|their) name\b|^\W*name\W*$", re.IGNORECASE),
    re.compile(r"ឈ្មោះ(?:ពេញ|របស់អ្នក|អ្នកឆ្លើយ|អ្នកចូលរួម)|គោត្តនាម|^\W*ឈ្មោះ\W*$"),
)
PHONE_LABELS = (re.compile(r"\b(?:tele)?phone number\b|លេខទូរស័ព្ទ", re.IGNORECASE),)
EMAIL_LABELS = (re.compile(r"\be-?mail\b|អ៊ីមែល|អ៊ីម៉ែល", re.IGNORECASE),)
IDENTIFIER_LABELS = (
    re.compile(r"\bnational id\b|\bhome address\b|\bdate of birth\b|អត្តសញ្ញាណប័ណ្ណ|ថ្ងៃខែឆ្នាំកំណើត", re.IGNORECASE),
)
SORTS = {
    "names": (NAMES | {"name"}, NAME_LABELS),
    "phones": (PHONES, PHONE_LABELS),
    "emails": (EMAILS, EMAIL_LABELS),
    "identifiers": (IDENTIFIERS, IDENTIFIER_LABELS),
}


def personal_word(name: str, labels: Iterable[str]) -> tuple[str, str]:
    """(sort, what tells it): a sort of SORTS, and the word of the name, or what is found in a label. ("", "") of what
    does not look like personal data."""
    if word := _in_name(name):
        sort = next((sort for sort, (words, _) in SORTS.items() if word in words), "identifiers")
        return sort, word
    for text in labels:
        for sort, (_, patterns) in SORTS.items():
            for pattern in patterns:
                if found := pattern.search(text):
                    return sort, found[0]
    return "", ""


def _in_name(name: str) -> str:
    words = re.findall("[a-z]+", re.sub("([a-z])([A-Z])", r"\1_\2", name).lower())
    for pair in itertools.pairwise(words):
        if pair in PAIRS:
            return "_".join(pair)
    if "name" in words and not PLACES & set(words):
        return "name"
    return next((word for word in words if word in WORDS), "")
