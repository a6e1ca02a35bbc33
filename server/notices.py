"""What a tablet's user is told once a form is received: a short notice on ODK Collect. No Flask, no SQL."""

from __future__ import annotations

from collections.abc import Sequence

from i18n import mark, translate, translate_count

NAMES_SHOWN = 3

PARKED: dict[str, str] = {
    "content.differs": mark("a form with the same number but other answers is already here"),
    "version.unknown": mark("this server does not know the form's version yet"),
    "form.unknown": mark("this server does not know the form yet"),
    "form.closed": mark("the form is closed"),
    "edit.outdated": mark("someone changed these answers meanwhile"),
    "original.missing": mark("the answers that this edit changes have not arrived yet"),
    "access.missing": mark("this tablet was not given this form"),
    "submission.deleted": mark("these answers were deleted on the server before"),
    "attachment.unexpected": mark("it came with a file that the form does not ask for"),
}


def receipt_text(
    lang: str, *, missing: Sequence[str], again: bool, parked: str | None, withdrawn: bool = False
) -> str:
    """One or two short sentences on a form that is now safe on the hub.

    missing: names of attachments that the answers mention and the hub does not hold yet, in form order.
    again: the same form was held already.
    parked: why a coordinator must look at it, a key of PARKED; None when it went straight in.
    withdrawn: its owner took it back, so nothing was kept.
    """
    if withdrawn:
        return translate(
            mark(
                "These answers were withdrawn, so nothing of them is kept. You may delete the form on the tablet."
            ),
            lang,
        )
    if parked is not None:
        first = translate(
            mark("Received and safe. Your coordinator will look at it: {reason}."),
            lang,
            reason=translate(PARKED[parked], lang),
        )
    elif again:
        first = translate(mark("Thank you. This form was already here; nothing is lost."), lang)
    else:
        first = translate(mark("Thank you. The form is received."), lang)
    return f"{first} {_missing_text(lang, missing)}" if missing else first


def _missing_text(lang: str, missing: Sequence[str]) -> str:
    names = ", ".join(missing[:NAMES_SHOWN]) + (" …" if len(missing) > NAMES_SHOWN else "")
    return translate_count(
        "{n} attachment is still missing: {names}",
        "{n} attachments are still missing: {names}",
        len(missing),
        lang,
        names=names,
    )
