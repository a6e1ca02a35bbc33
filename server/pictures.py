"""Reading a QR code from a picture: a screenshot, or a photo of a screen or of paper."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

from server.errors import Fault

FILE_LIMIT = 40 * 1024 * 1024  # bytes
PIXEL_LIMIT = 120_000_000  # the largest telephones' cameras; a small file may claim far more
KINDS = (".png", ".jpg", ".jpeg", ".webp")
FORMATS = ("PNG", "JPEG", "WEBP")


def is_picture(path: Path) -> bool:
    return path.suffix.lower() in KINDS


def read_codes(path: Path) -> list[str]:
    """What the QR codes in a picture say. Raises Fault file.unreadable, picture.no_code."""
    import zxingcpp

    wanted = zxingcpp.BarcodeFormats(zxingcpp.BarcodeFormat.QRCode)
    grey = _grey(path)
    found = [] if grey is None else [code.text for code in zxingcpp.read_barcodes(grey, formats=wanted)]
    if not found:
        raise Fault("picture.no_code", path=str(path))
    return found


def _grey(path: Path) -> Any:
    """The picture without colours; None when it is none, damaged, or larger than any camera's."""
    from PIL import Image

    try:
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # our own limit stands below
            if path.stat().st_size > FILE_LIMIT:
                return None
            return _within_limit(Image, file)
    except OSError as fault:
        raise Fault("file.unreadable", path=str(path), reason=fault.strerror or "") from fault


def _within_limit(image: Any, file: Any) -> Any:
    try:
        with image.open(file, formats=FORMATS) as picture:
            fits = picture.width * picture.height <= PIXEL_LIMIT
            return picture.convert("L") if fits else None
    except (OSError, ValueError, SyntaxError, image.DecompressionBombError):  # what a damaged one makes
        return None
