"""Projects, forms, their drafts and versions, and the tablets' list of them."""

from __future__ import annotations

from server.web.api.rows import Row, read_rows

# fmt: off
_PROJECTS = read_rows("""
GET    /projects | signed-in | forms datasets | | [Project] | Projects whose forms the caller may see.
POST   /projects | project.create | | ProjectIn | Project | A new project.
GET    P | project.read | | | Project | One project.
PATCH  P | project.update | | ProjectChange? | Project | Changes name, description, archived.
PUT    P | project.update | | Deep | Project | Says the project with states and assignments of all its forms at once.
POST   P/key | project.update | | KeyIn | Success | Has the answers of all its forms encrypted on tablets from now on.
DELETE P | project.delete | | | Success | Ends the project.
""")
_FORMS = read_rows("""
GET    P/forms | form.list open_form.list | deleted | | [Form] | Forms by name; the trash with ?deleted=true.
POST   P/forms | form.create | publish ignoreWarnings | form | Form | A new form from an XForm or a workbook, as a draft or published at once.
POST   P/forms/{form_number}/restore | form.restore | | | Success | Takes a form back from the trash.
PATCH  F | form.update | | FormChange? | Form | Changes its state.
DELETE F | form.delete | | | Success | Moves it to the trash.
POST   F/draft | form.update | ignoreWarnings | form? | Success | A draft in place of the one there is; without a body a copy of what is published.
DELETE F/draft | form.update | | | Success | Drops the draft.
POST   F/draft/publish | form.update | version | | Success | Publishes the draft.
POST   F/draft/attachments/{form_file} | form.update | | file | FormFile | Fills a slot of the draft.
DELETE F/draft/attachments/{form_file} | form.update | | | Success | Empties it.
PATCH  F/draft/attachments/{form_file} | form.update | | LinkIn | FormFile | Fills it with an entity list of the same name, or no longer.
GET    F/dataset-diff | form.read | | | [ListDiff] | What the form says of entity lists.
GET    F/draft/dataset-diff | form.update | | | [ListDiff] | What the draft would change in them.
GET    F/versions | open_form.read form.read | | | [Form] | Published versions, newest first.
""")
_TABLETS = read_rows("""
GET    P/formList | signed-in | formID | | xml | OpenRosa: forms that the caller may fill in.
GET    F/manifest | open_form.read form.read | | | xml | OpenRosa: the files of the form.
GET    P/submission | signed-in | | | nothing | OpenRosa: how much to send at once.
GET    F/draft/manifest | form.update | | | xml | OpenRosa: the files of the draft.
GET    F/versions/{form_version}/manifest | open_form.read form.read | | | xml | OpenRosa: the files of a version.
GET    F/draft/submission | signed-in | | | nothing | OpenRosa: how much to send to the draft at once.
POST   F/draft/submission | submission.create | deviceID | multipart | xml | OpenRosa: tries the draft out.
GET    /form-links/{form_link}/form | open_form.read@form form.read@form | | | Form | The form that a web form's id leads to.
POST   P/submission | submission.create@form tablet | deviceID | multipart | xml | OpenRosa: hands a submission over; it is never refused for what we think of it.
""")
_TRIALS = read_rows("""
GET    /test/{draft_token}F/draft/formList | token | | | xml | OpenRosa: the draft, by its token.
GET    /test/{draft_token}F/draft/manifest | token | | | xml | OpenRosa: its files.
GET    /test/{draft_token}F/draft.xml | token | | | xml | Its XForm.
GET    /test/{draft_token}F/draft/attachments/{form_file} | token | | | file | One of its files.
GET    /test/{draft_token}F/draft/submission | token | | | nothing | OpenRosa: how much to send at once.
POST   /test/{draft_token}F/draft/submission | token | deviceID | multipart | xml | OpenRosa: tries it out.
POST   /test/{draft_token}F/draft/submissions | token | | xml | Submission | Tries it out.
""".replace("}F", "}/projects/{project_id}/forms/{xml_form_id}"))
_READINGS = """
GET {base} | {needs} | | | Form | {what}.
GET {base}.xml | {needs} | | | xml | {what}: the XForm, byte for byte.
GET {base}.xls | {needs} | | | file | {what}: the workbook that it was made from.
GET {base}.xlsx | {needs} | | | file | {what}: the workbook that it was made from.
GET {base}/fields | {needs} | odata | | [Field] | {what}: its fields.
GET {base}/attachments | {needs} | | | [FormFile] | {what}: its files.
GET {base}/attachments/{{form_file}} | {needs} | | | file | {what}: one file.
"""
# fmt: on
READ = "open_form.read form.read"


def _readings(base: str, needs: str, what: str) -> tuple[Row, ...]:
    """What is read the same way below a form, its draft and its versions."""
    return read_rows(_READINGS.format(base=base, needs=needs, what=what))


ROWS = (
    *_PROJECTS,
    *_FORMS,
    *_readings("F", READ, "The published version, else the draft"),
    *_readings("F/draft", "form.update", "The draft"),
    *_readings("F/versions/{form_version}", READ, "A published version"),
    *_TABLETS,
    *_TRIALS,
)
