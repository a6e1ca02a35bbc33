"""ODK Central's problems: code, message, and the values that its clients find under `details`.

The HTTP status is the integer part of the code. Codes ending in 0 do not exist (400.9 is followed by 400.11),
since `code` travels as a JSON number. Source: the API's documented problem codes; the wording is ours except
where client programs are known to show Central's own.
"""

from __future__ import annotations

from dataclasses import dataclass

from i18n import mark


@dataclass(frozen=True, slots=True)
class ProblemRow:
    code: str
    message: str
    details: tuple[str, ...]


def _row(code: str, message: str, *details: str) -> tuple[str, ProblemRow]:
    return code, ProblemRow(code, message, details)


_INTERNAL = mark("The server failed while it worked on this request. Nothing was changed. Please try again.")
_UPSTREAM = mark("Another service that the server relies on gave no usable answer. Please try again later.")

# One row a line, so that the table reads as a table.
# fmt: off
PROBLEMS: dict[str, ProblemRow] = dict(
    (
        _row("400.1", mark("Could not read the given data as {format}."), "format", "rawLength"),
        _row("400.2", mark("The required parameter {field} is missing."), "field"),
        _row("400.3", mark("Required parameters are missing. Expected: {expected}. Given: {got}."), "expected", "got"),
        _row("400.4", mark("The parameter {field} was not expected."), "field"),
        _row("400.6", mark("The header {field} does not have the expected form."), "field", "value"),
        _row("400.7", mark("The multipart field {field} is missing."), "field"),
        _row("400.8", mark("Unexpected {field} value {value}; {reason}"), "field", "value", "reason"),
        _row("400.11", mark("{field} is not of the expected type: {expected}."), "field", "value", "expected"),
        _row("400.12", mark("Could not decrypt with the passphrase that was given.")),
        _row("400.13", mark("A value is longer than the {maxLength} characters allowed."), "maxLength"),
        _row("400.14", mark("No {table} has the {field} {value}."), "field", "value", "table"),
        _row("400.15", mark("The XLSForm is not valid: {error}"), "error", "warnings"),
        _row("400.16", mark("The form is valid, but has warnings that should be looked at first."), "warnings"),
        _row("400.17", mark("The field {path} has another type ({type}) than in an earlier version of this form."), "path", "type"),
        _row("400.18", mark("Could not understand the OData filter: {reason}"), "reason"),
        _row("400.19", mark("An edit must name the present version's instanceID as its deprecatedID.")),
        _row("400.21", mark("The password is too short: it needs at least 10 characters.")),
        _row("400.22", mark("The value {value} is out of range for the type {type}."), "value", "type"),
        _row("400.23", mark("There is no property {property} here."), "property"),
        _row("400.24", mark("The field {property} cannot be chosen in $select."), "property"),
        _row("400.25", mark("The form's entity declaration is not valid: {reason}"), "reason"),
        _row("400.26", mark("Only an attachment of type file can be linked to an entity list.")),
        _row("400.27", mark("The form has no meta group, which every form needs.")),
        _row("400.28", mark("The entity is not valid: {reason}"), "reason"),
        _row("400.29", mark("{count} submissions are waiting for approval. Say what to do with them."), "count"),
        _row("400.31", mark("Unexpected attributes. Expected: {expected}; received: {actual}."), "expected", "actual"),
        _row("400.32", mark("This entity has no conflict to resolve.")),
        _row("400.33", mark("Unexpected properties. Expected: {expected}; received: {actual}."), "expected", "actual"),
        _row("400.34", mark("The row that $skiptoken points at was not found.")),
        _row("400.35", mark("The $skiptoken is not valid.")),
        _row("400.36", mark("The body of the request is too large.")),
        _row("400.37", mark("The encoding of the request's body is not supported.")),
        _row("400.38", mark("The password is too long: at most 72 bytes are allowed.")),
        _row("400.39", mark("The multipart body of the request could not be read.")),
        _row("400.41", mark("These query parameters cannot be used together or so often: {paramSet}."), "paramSet", "violationText"),
        _row("400.42", mark("A query parameter is out of range: {violationText}"), "violationText"),
        _row("400.43", mark("{count} of the {total} entities in this submission could not be processed."), "count", "total", "errors"),
        _row("400.44", mark("The password is too easy to guess: {reason}"), "warning", "suggestions"),
        _row("401.2", mark("Could not authenticate with the provided credentials.")),
        _row("401.3", mark("This way of signing in is only accepted over HTTPS.")),
        _row("401.5", mark("This way of signing in is switched off, because sign-in goes through OpenID Connect.")),
        _row("403.1", mark("You do not have the rights to do this.")),
        _row("403.2", mark("The form does not permit the entity action {action}. It permits: {permitted}."), "action", "permitted"),
        _row("404.1", mark("Could not find what you were looking for.")),
        _row("404.2", mark("The address must begin with the API version, /v1.")),
        _row("404.3", mark("The API version {got} is not served here. Use /v1."), "got"),
        _row("404.4", mark("The draft of this form cannot be reached with this address.")),
        _row("404.5", mark("The submission that this edit replaces ({deprecatedId}) was not found."), "deprecatedId"),
        _row("404.6", mark("The form version {formVersion} was not found."), "formVersion"),
        _row("404.7", mark("The entity list {datasetName} was not found."), "datasetName"),
        _row("404.8", mark("The entity {entityUuid} was not found in the entity list {datasetName}."), "datasetName", "entityUuid"),
        _row("404.9", mark("The entity {entityUuid} has no version {baseVersion} in the entity list {datasetName}."), "datasetName", "entityUuid", "baseVersion"),
        _row("404.11", mark("The entity {entityUuid} of the entity list {datasetName} is deleted."), "datasetName", "entityUuid"),
        _row("406.1", mark("The requested format is not available. Available: {allowed}."), "allowed"),
        _row("409.1", mark("A submission with this instanceID is already here, with other content.")),
        _row("409.2", mark("This form is not accepting submissions.")),
        _row("409.3", mark("A resource already exists with {fields} value(s) of {values}."), "fields", "values", "table"),
        _row("409.4", mark("{feature} is already switched on."), "feature"),
        _row("409.5", mark("{feature} is being switched on just now. Please try again in a moment."), "feature"),
        _row("409.6", mark("The version {version} of the form {xmlFormId} was published before. Give the new one another."), "xmlFormId", "version"),
        _row("409.7", mark("The draft cannot be deleted, because the form was never published.")),
        _row("409.8", mark("A version of a submission with this instanceID is already here.")),
        _row("409.9", mark("This submission is already here in a newer version. Edits start from the newest version."), "deprecatedId"),
        _row("409.11", mark("The web form is not ready yet. Please try again in a moment.")),
        _row("409.12", mark("The submission cannot be edited in its present state.")),
        _row("409.13", mark("Too many requests. Please try again in a moment.")),
        _row("409.15", mark("The entity was changed meanwhile: it has version {current}, you gave {provided}."), "current", "provided"),
        _row("409.16", mark("An entity list {current} exists, which differs from {provided} only in letter case."), "current", "provided"),
        _row("409.17", mark("Some properties differ only in letter case from existing ones: {duplicateProperties}"), "duplicateProperties"),
        _row("409.18", mark("This submission was deleted here and cannot be sent again.")),
        _row("409.19", mark("These uuids belong to deleted entities: {entityUuids}."), "entityUuids"),
        _row("409.21", mark("The entity list cannot be deleted, because forms use it."), "sourceForms", "linkedForms", "draftSourceForms", "draftLinkedForms"),
        _row("409.22", mark("The property {propertyName} cannot be deleted, because forms write it or entities have a value in it."), "propertyName", "prerequisites"),
        _row("409.23", mark("The form cannot be restored, because entity lists that it needs are gone or were changed.")),
        *(_row(f"500.{number}", _INTERNAL) for number in range(1, 10)),
        *(_row(f"502.{number}", _UPSTREAM) for number in range(1, 4)),
        _row("501.1", mark("{feature} is not available on this server."), "feature"),
        _row("501.2", mark("The list must name exactly all the forms of the project.")),
        _row("501.3", mark("Reading XLSForms is not set up on this server.")),
        _row("501.4", mark("The OData expression {text} ({type}, at {at}) is not supported."), "at", "type", "text"),
        _row("501.5", mark("The OData field {text} (at {at}) is not supported."), "at", "text"),
        _row("501.6", mark("This value of $expand is not supported. Use $expand=*.")),
        _row("501.8", mark("Web forms are not set up on this server.")),
        _row("501.9", mark("Usage analytics are not set up on this server.")),
        _row("501.11", mark("$select and $expand cannot be used together.")),
    )
)
# fmt: on
