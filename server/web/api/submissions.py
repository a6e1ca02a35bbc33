"""Submissions, what is said of them, and what comes out again."""

from __future__ import annotations

from server.web.api.rows import read_rows

# fmt: off
ROWS = read_rows("""
GET    S | submission.list | deleted limit offset | | [Submission] | Newest first; the trash with ?deleted=true.
POST   S | submission.create | deviceID | xml | Submission | A new submission.
GET    S/keys | submission.read | | | [Key] | Encryption keys that exports would need.
GET    S/submitters | submission.read | | | [Actor] | Who sent any.
GET    S/{instance_id} | submission.read | | | Submission | One submission.
GET    S/{instance_id}.xml | submission.read | | | xml | Its XML as it was received.
PUT    S/{instance_id} | submission.create | deviceID | xml | Submission | An edit of the version that stands.
PATCH  S/{instance_id} | submission.update | | Review? | Submission | Reviews it.
DELETE S/{instance_id} | submission.delete | | | Success | Moves it to the trash.
POST   S/{instance_id}/restore | submission.restore | | | Success | Takes it back from there.
POST   S/{instance_id}/withdraw | submission.delete | | Withdrawal? | Success | Wipes its content on every hub, for good. Ours.
GET    S/{instance_id}/comments | submission.read | | | [Comment] | Comments, newest first.
POST   S/{instance_id}/comments | submission.read | | CommentIn | Comment | Adds one.
GET    S/{instance_id}/attachments | submission.read | | | [File] | Files that the answers name.
GET    S/{instance_id}/attachments/{file} | submission.read | | | file | One file.
POST   S/{instance_id}/attachments/{file} | submission.update | | file | Success | Gives it; who sent the submission may fill what is still missing.
DELETE S/{instance_id}/attachments/{file} | submission.update | | | Success | Takes it away; the name stays expected.
GET    S/{instance_id}/versions | submission.read | | | [Version] | Every version, newest first.
GET    S/{instance_id}/versions/{version_id} | submission.read | | | Version | One version.
GET    S/{instance_id}/versions/{version_id}.xml | submission.read | | | xml | Its XML.
GET    S/{instance_id}/versions/{version_id}/attachments | submission.read | | | [File] | Its files.
GET    S/{instance_id}/versions/{version_id}/attachments/{file} | submission.read | | | file | One of them.
DELETE S/{instance_id}/versions/{version_id}/attachments/{file} | submission.update | | | Success | Takes it away.
GET    S/{instance_id}/diffs | submission.read | | | {[Change]} | What each later version changed.

GET    S/{instance_id}/audits | submission.read | limit offset | | [Audit] | What happened to it, newest first.
GET    S/{instance_id}/edit | submission.update | | | nothing | Leads to its web form.
GET    S.geojson | submission.read | fieldpath limit $filter deleted | | json | Submissions on a map.
GET    S/{instance_id}.geojson | submission.read | fieldpath | | json | One of them on a map.
GET    S/{instance_id}/versions/{version_id}.geojson | submission.read | fieldpath | | json | One version on a map.

GET    S.csv | submission.read | splitSelectMultiples groupPaths deletedFields $filter | | csv | The main table.
POST   S.csv | submission.read | splitSelectMultiples groupPaths deletedFields $filter | Passphrases? | csv | The same.
GET    S.csv.zip | submission.read | attachments splitSelectMultiples groupPaths deletedFields $filter | | zip | Every table, and the files.
POST   S.csv.zip | submission.read | attachments splitSelectMultiples groupPaths deletedFields $filter | Passphrases? | zip | The same.
GET    F.svc | submission.read | | | OData | OData 4: the tables.
GET    F.svc/$metadata | submission.read | | | xml | OData 4: their columns.
GET    F.svc/{table} | submission.read | $top $skip $skiptoken $count $filter $expand $select $orderby $wkt | | OData | OData 4: rows of a table.

GET    P/search | submission.read | q form limit | | json | Words in open answers, however Khmer was typed; ?form= for one form. Ours.
GET    F/export | submission.read | format codebook profile reason values language labelsAs headers selects repeats groupNames points times bom guard media k since until province reviewState facilitator deleted parked | | file | An export for analysts, while it is made. The profile `full` needs submission.update too, and a reason. Ours.
POST   F/export | submission.read | format codebook profile | ExportIn? | file | The same, with options and passphrases in the body. Ours.
GET    F/exports | submission.read | | | [Taken] | Who exported what, newest first; one's own alone without submission.update. Ours.
POST   F/exports | submission.read | | ExportIn? | ExportJob | Makes an export in the background. Ours.
GET    F/exports/{export_id} | submission.read | | | ExportJob | How far it is. Ours.
GET    F/exports/{export_id}/file | submission.read | | | file | Its file, once it is finished, for a day. Ours.
DELETE F/exports/{export_id} | submission.read | | | Success | Stops it, or deletes its file. Ours.

GET    F/report.html | submission.read | languages khmerDigits | | file | A report that can be printed: counts, charts, quotes. Ours.
GET    F/report.pdf | submission.read | languages khmerDigits | | file | The same on A4. Ours.

GET    P/conflicts | submission.read | | | [json] | Submissions about which hubs said different things. Ours.
GET    F/conflicts | submission.read | | | [json] | Those of one form. Ours.
GET    S/{instance_id}/conflict | submission.read | | | json | Both sides, question by question. Ours.
POST   S/{instance_id}/conflict | submission.update | | Decision | json | Ends a conflict. Ours.
GET    P/parked | submission.read | | | [json] | What is held for a person to look at. Ours.
GET    F/parked | submission.read | | | [json] | That of one form. Ours.
GET    P/parked/{parked}.xml | submission.read | | | xml | Its XML. Ours.
GET    P/parked/{parked}/attachments/{file} | submission.read | | | file | One of its files. Ours.
POST   P/parked/{parked}/accept | submission.update@form | | | Success | Lets it take part. Ours.
""")
# fmt: on
