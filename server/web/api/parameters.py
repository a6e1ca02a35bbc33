"""Parts of paths and of queries, as marshmallow fields: name -> its type, and what it says."""

from __future__ import annotations

from typing import Any

from marshmallow import fields, validate

ON_OFF = validate.OneOf(("true", "false"))


def _flag(says: str) -> fields.String:
    return fields.String(validate=ON_OFF, metadata={"description": says})


def _text(says: str, **more: Any) -> fields.String:
    return fields.String(metadata={"description": says}, **more)


def _count(says: str) -> fields.Integer:
    return fields.Integer(validate=validate.Range(min=0), metadata={"description": says})


QUERY: dict[str, fields.Field] = {
    "bom": _flag("Whether CSV begins with a byte order mark."),
    "codebook": _flag("Whether the codebook goes along, in one zip."),
    "facilitator": _text("Names or numbers of app users, with commas."),
    "format": _text("csv, csv.zip, xlsx, sav, dta, geojson, kml, parquet or sqlite."),
    "groupNames": _flag("Whether columns are named with their groups."),
    "guard": _flag("Whether cells that are formulas are made harmless."),
    "headers": _text("names or labels."),
    "k": _count("The smallest group of the public profile."),
    "labelsAs": _text("collected or current."),
    "khmerDigits": _flag("Whether Khmer texts have Khmer digits."),
    "languages": _text("km, en or both."),
    "language": _text("Of labels: km or en."),
    "media": _flag("Whether files go along."),
    "parked": _flag("Whether what is set aside goes along."),
    "points": _text("split or whole."),
    "profile": _text("working, public or full."),
    "province": _text("Codes or names, with commas."),
    "reason": _text("Why; the profile full needs it."),
    "repeats": _text("files, wide or long."),
    "reviewState": _text("received, hasIssues, edited, approved, rejected, with commas."),
    "selects": _text("column, split or both."),
    "since": _text("A day; what was received then or later."),
    "times": _text("cambodia or recorded."),
    "until": _text("A day; what was received then or before."),
    "values": _text("codes, labels or both."),
    "action": _text("The name of an action, or of a group of them."),
    "attachments": _flag("Whether the files come along."),
    "baseVersion": _count("The version that the caller saw."),
    "convert": _flag("Whether waiting submissions become entities."),
    "datasets": _flag("Whether entity lists are listed too."),
    "deleted": _flag("Whether the trash is listed instead."),
    "deletedFields": _flag("Whether fields of earlier versions have columns too."),
    "deviceID": _text("The device that sends."),
    "end": _text("A moment; what is listed was before it."),
    "fieldpath": _text("Which question says where."),
    "force": _flag("Whether to go on whatever version there is."),
    "form": _text("The only form to be looked through."),
    "formID": _text("The only form to be listed."),
    "forms": _flag("Whether forms are listed too."),
    "groupPaths": _flag("Whether columns are named with their groups."),
    "id": _text("A uuid, or several with commas."),
    "ignoreWarnings": _flag("Whether to go on in spite of warnings."),
    "limit": _count("How many at most."),
    "odata": _flag("Whether names are those of OData."),
    "offset": _count("How many to pass over."),
    "publish": _flag("Whether to publish it at once."),
    "q": _text("Words, or a part of a name or address."),
    "relevantToConflict": _flag("Whether only the versions since the conflict are listed."),
    "resolve": _flag("Whether the conflict ends."),
    "splitSelectMultiples": _flag("Whether each choice has a column."),
    "start": _text("A moment; what is listed was at it or later."),
    "ts": _text("Anything; the answer may then be kept for long."),
    "version": _text("The version to publish it as."),
    "$count": _flag("Whether the number of all rows is told."),
    "$expand": _text("Repeats inside their rows.", validate=validate.OneOf(("*",))),
    "$filter": _text("Which rows, in OData's language."),
    "$orderby": _text("The order of rows."),
    "$search": _text("Words in the label."),
    "$select": _text("Which columns."),
    "$skip": _count("How many rows to pass over."),
    "$skiptoken": _text("Where the page before ended."),
    "$top": _count("How many rows at most."),
    "$wkt": _flag("Whether places are written as WKT."),
}
NUMBERS = frozenset({"actor_id", "app_user", "form_number", "link_id", "list_number", "project_id"})
