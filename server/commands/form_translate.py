"""form translate extract, update, merge, status."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from forms.errors import FormFault
from i18n import mark
from server.commands.session import EXIT_FINDINGS, Session, _, pass_session, shared_options
from server.errors import Fault

if TYPE_CHECKING:
    from forms.texts import FormTexts
    from forms.translations import Merged

SHARE = mark(
    "{form_id} · {language}: {percent} % – {translated} of {total} texts; "
    "{stale} stale, {blank} blank, {ready} ready to merge."
)
LEFT = {
    "differs": mark(
        "Row {row}: {context} has another translation in the workbook, which stays. "
        "Blank the cell to have the catalogue's."
    ),
    "formula": mark("Row {row}: {context} is computed or lies in merged cells, and was left alone."),
    "too_long": mark("Row {row}: {context} is too long for a cell, and was left out."),
    "unwritable": mark("Row {row}: {context} holds a character that no workbook can, and was left out."),
}


@click.group(help=_("Forms' texts to translators' catalogues (.po), and back."))
def translate() -> None:
    pass


def _options(command: Callable[..., Any]) -> Callable[..., Any]:
    """What the four commands share: which forms, and where their catalogues are."""
    forms = click.argument("files", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
    folder = click.option(
        "--po", "folder", default="i18n", show_default=True, type=click.Path(file_okay=False, path_type=Path),
        help=_("Folder of the catalogues; a language's is in LANGUAGE/LC_MESSAGES/forms.po."),
    )  # fmt: skip
    return forms(folder(shared_options(pass_session(command))))


_languages = click.option(
    "--to", "wanted", multiple=True, metavar="CODE",
    help=_("Language to translate into, such as km; default: all that the forms have, and Khmer."),
)  # fmt: skip


@translate.command(
    help=_("Writes the template of all texts, forms.pot. Without files: the forms of the library.")
)
@_options
def extract(session: Session, files: Sequence[Path], folder: Path) -> None:
    from forms.catalogues import TEMPLATE, template, write_catalogue

    with _Forms(session, files) as forms:
        entries = template([form for _file, form in forms.read])
        _write(folder / TEMPLATE, write_catalogue, entries, "")
        session.say("Written: {path}", path=folder / TEMPLATE)
        session.answer(
            {"file": str(folder / TEMPLATE), "texts": len(entries), "unreadable": forms.unreadable}
        )


@translate.command(help=_("Brings the catalogues up to date with the forms."))
@_languages
@_options
def update(session: Session, files: Sequence[Path], folder: Path, wanted: Sequence[str]) -> None:
    from forms.catalogues import catalogue_path, read_catalogue, write_catalogue
    from forms.translations import languages_of
    from forms.translations import update as updated

    with _Forms(session, files) as forms:
        read, said = [form for _file, form in forms.read], []
        for language in wanted or languages_of(read):
            path = catalogue_path(folder, language)
            entries = updated(read_catalogue(path), read, language)
            _write(path, write_catalogue, entries, language)
            counts = {"texts": len(entries), "fuzzy": sum(m.fuzzy for m in entries if m.id),
                      "untranslated": sum(not m.string for m in entries if m.id)}  # fmt: skip
            said.append({"file": str(path), "language": language, **counts})
            session.say("{path}: {texts} texts, {fuzzy} to be looked at (fuzzy), {untranslated} without translation.",
                        path=path, **counts)  # fmt: skip
        session.answer({"catalogues": said, "unreadable": forms.unreadable})


@translate.command(
    help=_("Writes translations into blank and stale cells of the workbooks, and changes nothing else.")
)
@_languages
@_options
def merge(session: Session, files: Sequence[Path], folder: Path, wanted: Sequence[str]) -> None:
    from forms.translations import merge as merged

    with _Forms(session, files) as forms:
        said = []
        for file, form in forms.read:
            done = merged(form, _catalogues(folder, [form], wanted))
            if done.source != form.book.source:
                _write(file, _replace, done.source)
            said.append(_told(session, file, form, done))
        session.answer({"forms": said, "unreadable": forms.unreadable})


@translate.command(help=_("Says how far each form is in each language."))
@_languages
@_options
def status(session: Session, files: Sequence[Path], folder: Path, wanted: Sequence[str]) -> None:
    from forms.translations import progress, shares

    with _Forms(session, files) as forms:
        rows = [
            progress(form, language, entries)
            for _file, form in forms.read
            for language, entries in _catalogues(folder, [form], wanted).items()
        ]
        for row in rows:
            session.say(SHARE, form_id=row.form_id, language=row.language, percent=row.percent, total=row.total,
                        translated=row.translated, stale=row.stale, blank=row.blank, ready=row.ready)  # fmt: skip
        session.answer({"forms": list(shares(rows)), "unreadable": forms.unreadable})


class _Forms:
    """The forms that were named, one bad file passed over; leaving it ends with 1 if there was one."""

    def __init__(self, session: Session, files: Sequence[Path]) -> None:
        self.session, self.files = session, files
        self.unreadable: list[str] = []
        self.read: list[tuple[Path, FormTexts]] = []

    def __enter__(self) -> _Forms:
        self.read = list(self._read())
        if not self.read:  # nothing to write, and a template of nothing would overwrite one of something
            raise click.exceptions.Exit(EXIT_FINDINGS)
        return self

    def _read(self) -> Iterator[tuple[Path, FormTexts]]:
        from forms.texts import read_file
        from forms.translations import library_forms

        for file in self.files or library_forms():
            try:
                yield file, read_file(file)
            except (FormFault, OSError) as fault:
                self.unreadable.append(str(file))
                reason = fault.text(self.session.lang) if isinstance(fault, FormFault) else fault.strerror
                self.session.say("{path} was left out: {reason}", path=file, reason=reason)

    def __exit__(self, kind: object, *_: object) -> None:
        if self.unreadable and kind is None:
            raise click.exceptions.Exit(EXIT_FINDINGS)


def _catalogues(folder: Path, forms: list[FormTexts], wanted: Sequence[str]) -> dict[str, Any]:
    from forms.catalogues import catalogue_path, read_catalogue
    from forms.translations import languages_of

    return {code: read_catalogue(catalogue_path(folder, code)) for code in wanted or languages_of(forms)}


def _told(session: Session, file: Path, form: FormTexts, done: Merged) -> dict[str, Any]:
    for left in done.left:
        session.say(LEFT[left.reason], row=left.row, context=left.context)
    session.say("{path}: {filled} blank cells filled, {renewed} stale ones renewed, {left} translations left out.",
                path=file, filled=done.filled, renewed=done.renewed, left=len(done.left))  # fmt: skip
    return {
        "file": str(file),
        "form_id": form.form_id,
        "filled": done.filled,
        "renewed": done.renewed,
        "left": [
            {"context": x.context, "row": x.row, "language": x.language, "reason": x.reason}
            for x in done.left
        ],
    }


def _replace(file: Path, source: bytes) -> None:
    growing = file.with_name(file.name + ".part")
    growing.write_bytes(source)
    growing.replace(file)


def _write(path: Path, write: Callable[..., None], *arguments: object) -> None:
    """Raises Fault file.unwritable: a workbook that is open in Excel, for one."""
    try:
        write(path, *arguments)
    except OSError as fault:
        path.with_name(path.name + ".part").unlink(missing_ok=True)
        raise Fault("file.unwritable", path=str(path), reason=fault.strerror or "") from fault
