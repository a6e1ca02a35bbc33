"""What is particular to Khmer text.

Stored text stays as it was typed: never NFC or NFD, which can tear a subscript sign from its letter.
What these functions return is only ever a derived key, to compare or to calculate with.
"""

from __future__ import annotations

_DIGITS = {0x17E0 + n: str(n) for n in range(10)}
_KHMER_DIGITS = {ord(str(n)): chr(0x17E0 + n) for n in range(10)}
_INVISIBLE = dict.fromkeys(
    (
        0x00AD,  # soft hyphen
        0x17B4,  # the inherent vowels, which no font draws
        0x17B5,
        *range(0x200B, 0x2010),  # zero-width space (between words, as some keyboards type it), joiners, marks
        *range(0x202A, 0x202F),  # bidirectional embedding
        *range(0x2060, 0x206A),  # word joiner, invisible operators, bidirectional isolation
        0xFEFF,  # byte order mark
    )
)


def digits_to_ascii(text: str) -> str:
    """The text with ០–៩ as 0–9, all else as it was: "ភូមិ១២" gives "ភូមិ12"."""
    return text.translate(_DIGITS)


def digits_to_khmer(text: str) -> str:
    """The text with 0–9 as ០–៩, for page and question numbers on Khmer pages."""
    return text.translate(_KHMER_DIGITS)


def strip_invisible(text: str) -> str:
    """The text without the characters that nobody sees, so that two spellings that look alike compare alike.

    For derived keys only: a zero-width space is how its writer marked the end of a word.
    """
    return text.translate(_INVISIBLE)


def has_khmer(text: str) -> bool:
    """Whether any Khmer letter, sign or digit is in it."""
    return any("\u1780" <= sign <= "\u17ff" or "\u19e0" <= sign <= "\u19ff" for sign in text)


def invisible_in(text: str) -> list[str]:
    """The characters that nobody sees, once each, in the order of the text."""
    return list(dict.fromkeys(sign for sign in text if ord(sign) in _INVISIBLE))
