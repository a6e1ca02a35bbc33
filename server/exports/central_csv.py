"""CSV as ODK Central writes it: the root table and repeats, line by line."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import orjson

from forms.fields import Table
from server.exports.columns import Alignment, Columns, CsvOptions
from server.exports.csv_lines import line
from server.exports.rows import Head, Source

STATUS = {
    None: "",
    "notDecrypted": "not decrypted",
    "missingEncryptedFormData": "missing encrypted form data",
    "damagedEncryptedFormData": "damaged encrypted form data",  # ours: while decrypting, to say which
}
BEFORE = ["SubmissionDate"]
AFTER = [
    "KEY",
    "SubmitterID",
    "SubmitterName",
    "AttachmentsPresent",
    "AttachmentsExpected",
    "Status",
    "ReviewState",
    "DeviceID",
    "Edits",
    "FormVersion",
]
Values = dict[str, list[str]]


def root_lines(source: Source, table: Table, options: CsvOptions, values: Values) -> Iterator[str]:
    """The header and a line a submission."""
    columns = Columns(table, group_paths=options.group_paths, values=values)
    align = Alignment(table, source.schemas()).align
    extra = ["Hub"] if options.hub else []
    yield line([*BEFORE, *columns.header, *AFTER, *extra])
    blank = [""] * len(columns.header)
    for head, record in source.submissions():
        cells = columns.cells(align(head.schema, orjson.loads(record)[0])) if record else blank
        if options.hub:
            extra = [head.hub]
        yield line([head.submitted_at, *cells, *_after(head), *extra])


def _after(head: Head) -> Sequence[str]:
    return (
        head.instance_id,
        "" if head.submitter_id is None else str(head.submitter_id),
        head.submitter_name or "",
        str(head.attachments_present),
        str(head.attachments_expected),
        STATUS[head.status],
        head.review_state or "",
        head.device_id or "",
        str(head.edits),
        head.form_version,
    )


def repeat_lines(source: Source, table: Table, options: CsvOptions, values: Values) -> Iterator[str]:
    """The header and a line a row of the repeat, in the order of submissions and of the document."""
    columns = Columns(table, group_paths=options.group_paths, values=values)
    align = Alignment(table, source.schemas()).align
    yield line([*columns.header, "PARENT_KEY", "KEY"])
    for instance_id, schema, record in source.repeats(table.path):
        for suffix, *row in orjson.loads(record):
            cells = columns.cells(align(schema, row))
            cells += (instance_id + parent_suffix(suffix), instance_id + suffix)
            yield line(cells)


def parent_suffix(suffix: str) -> str:
    """The key suffix of the nearest enclosing repeat row: "/a/b[2]/c/d[1]" -> "/a/b[2]", or ""."""
    return suffix[: suffix.rfind("]", 0, -1) + 1]


def chosen_values(source: Source, tables: Iterable[Table]) -> Values:
    """path -> the values that submissions hold of each select of several choices, sorted.

    From the data, not from the form's choices: so a removed choice keeps its column as long as it
    has answers. Deleted submissions have no say, even where the filter shows them.
    """
    found: dict[str, set[str]] = {}
    deleted = {head.instance_id for head, _ in source.submissions() if head.deleted_at}
    for table in tables:
        places = [(n, f.path) for n, f in enumerate(table.columns) if f.select_multiple]
        if not places:
            continue
        for row in _rows(source, table, deleted):
            for place, path in places:
                if row[place]:
                    found.setdefault(path, set()).update((row[place] or "").split())
    return {path: sorted(values) for path, values in found.items()}


def _rows(source: Source, table: Table, deleted: set[str]) -> Iterator[list[str | None]]:
    align = Alignment(table, source.schemas()).align
    if not table.path:
        for head, record in source.submissions():
            if record and not head.deleted_at:
                yield align(head.schema, orjson.loads(record)[0])
        return
    for instance_id, schema, record in source.repeats(table.path):
        if instance_id not in deleted:
            for _, *row in orjson.loads(record):
                yield align(schema, row)
