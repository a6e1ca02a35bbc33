"""What goes in and comes out, as marshmallow schemas: the OpenAPI document is made of them.

Nullable keys are present and null, as in ODK Central; what only X-Extended-Metadata adds is not required.
"""

from __future__ import annotations

from typing import Any

from marshmallow import EXCLUDE, INCLUDE, Schema, fields, validate

KNOWN: dict[str, type[Schema]] = {}


class Said(Schema):
    """The schemas of this page, by name."""

    def __init_subclass__(cls, **more: Any) -> None:
        super().__init_subclass__(**more)
        if cls.__name__ != "Asked":
            KNOWN[cls.__name__] = cls


class Asked(Said):
    """What goes in: keys that nobody asks for are passed over, as in ODK Central."""

    class Meta:
        unknown = EXCLUDE


def text(**more: Any) -> fields.String:
    return fields.String(required=True, **more)


def text_or_null() -> fields.String:
    return fields.String(required=True, allow_none=True)


def moment() -> fields.DateTime:
    return fields.DateTime(required=True)


def moment_or_null() -> fields.DateTime:
    return fields.DateTime(required=True, allow_none=True)


def number() -> fields.Integer:
    return fields.Integer(required=True)


def number_or_null() -> fields.Integer:
    return fields.Integer(required=True, allow_none=True)


def switch() -> fields.Boolean:
    return fields.Boolean(required=True)


def switch_or_null() -> fields.Boolean:
    return fields.Boolean(required=True, allow_none=True)


def more(name: str) -> fields.Nested:
    """Only with X-Extended-Metadata."""
    return fields.Nested(lambda: KNOWN[name](), allow_none=True)


class Problem(Said):
    """Every refusal; `code` is its number, `details` what it is about."""

    message = text()
    code = fields.Float()
    details = fields.Dict()


class Success(Said):
    success = fields.Boolean(required=True, validate=validate.Equal(True))


# People


class SignIn(Asked):
    email = text()
    password = text()


class SessionTimes(Said):
    createdAt = moment()
    expiresAt = moment()


class Session(SessionTimes):
    token = text()
    csrf = text()


class Actor(Said):
    id = number()
    type = text()
    displayName = text()
    createdAt = moment()
    updatedAt = moment_or_null()
    deletedAt = moment_or_null()


class User(Actor):
    email = text_or_null()
    lastLoginAt = moment_or_null()
    verbs = fields.List(fields.String())
    preferences = fields.Dict()


class UserIn(Asked):
    email = text()
    password = fields.String(allow_none=True)
    displayName = fields.String(allow_none=True)


class UserChange(Asked):
    email = fields.String()
    displayName = fields.String()


class PasswordChange(Asked):
    old = text()
    new = text()


class Role(Said):
    id = number()
    name = text()
    system = text_or_null()
    verbs = fields.List(fields.String(), required=True)
    createdAt = moment_or_null()
    updatedAt = moment_or_null()


class Assignment(Said):
    actorId = number()
    roleId = number()
    actor = more("Actor")


class FormAssignment(Assignment):
    xmlFormId = text()


class AppUser(Actor):
    projectId = number()
    token = text_or_null()
    createdBy = more("Actor")
    lastUsed = fields.DateTime(allow_none=True)
    properties = fields.Dict(allow_none=True)


class AppUserIn(Asked):
    displayName = text()


class PublicLink(Actor):
    token = text_or_null()
    once = switch_or_null()
    createdBy = more("Actor")
    properties = fields.Dict(allow_none=True)


class PublicLinkIn(Asked):
    displayName = text()
    once = fields.Boolean(allow_none=True)


class ResetAsk(Asked):
    email = text()


class NewPassword(Asked):
    new = text()


class ResetAsked(Said):
    user = fields.Nested(User, required=True)
    askedAt = moment()


class Reset(Said):
    token = text()
    expiresAt = moment()
    url = text()


class Preference(Said):
    propertyValue = fields.Raw(required=True, allow_none=True)


# Projects and forms


class Project(Said):
    id = number()
    name = text()
    description = text_or_null()
    archived = switch_or_null()
    keyId = number_or_null()
    createdAt = moment()
    updatedAt = moment_or_null()
    deletedAt = moment_or_null()
    verbs = fields.List(fields.String())
    appUsers = fields.Integer()
    forms = fields.Integer()
    datasets = fields.Integer()
    lastSubmission = fields.DateTime(allow_none=True)
    lastEntity = fields.DateTime(allow_none=True)
    formList = fields.List(fields.Nested(lambda: Form()))
    datasetList = fields.List(fields.Dict())


class ProjectIn(Asked):
    name = text()
    description = fields.String(allow_none=True)


class ProjectChange(Asked):
    name = fields.String()
    description = fields.String(allow_none=True)
    archived = fields.Boolean(allow_none=True)


class Deep(Asked):
    """Keys that are left out become null; `forms` names all of them."""

    name = text()
    description = fields.String(allow_none=True)
    archived = fields.Boolean(allow_none=True)
    forms = fields.List(fields.Dict())


class KeyIn(Asked):
    passphrase = text()
    hint = fields.String(allow_none=True)


class Form(Said):
    projectId = number()
    xmlFormId = text()
    name = text_or_null()
    version = text_or_null()
    state = text(validate=validate.OneOf(("open", "closing", "closed")))
    hash = text()
    sha = text()
    sha256 = text()
    keyId = number_or_null()
    enketoId = text_or_null()
    enketoOnceId = text_or_null()
    draftToken = text_or_null()
    webformsEnabled = switch_or_null()
    publishedAt = moment_or_null()
    createdAt = moment()
    updatedAt = moment_or_null()
    id = fields.Integer()
    deletedAt = fields.DateTime()
    submissions = fields.Integer()
    lastSubmission = fields.DateTime(allow_none=True)
    reviewStates = fields.Dict()
    createdBy = more("Actor")
    publishedBy = more("Actor")
    excelContentType = fields.String(allow_none=True)
    entityRelated = fields.Boolean()
    publicLinks = fields.Integer()
    publishNotes = fields.String(allow_none=True)


class FormChange(Asked):
    webformsEnabled = fields.Boolean()
    state = fields.String(validate=validate.OneOf(("open", "closing", "closed")))


class Field(Said):
    path = text()
    name = text()
    type = text()
    binary = switch_or_null()
    selectMultiple = switch_or_null()


class FormFile(Said):
    name = text()
    type = text()
    exists = switch()
    blobExists = switch()
    datasetExists = switch()
    hash = fields.String(allow_none=True)
    size = fields.Integer()
    updatedAt = fields.DateTime(allow_none=True)


class LinkIn(Asked):
    dataset = fields.Boolean(required=True)


class ListDiff(Said):
    name = text()
    isNew = fields.Boolean()
    properties = fields.List(fields.Dict(), required=True)


# Entities


class ActorProperty(Said):
    name = text()
    values = fields.List(fields.String())


class ActorPropertyIn(Asked):
    name = text()


class PropertiesIn(Asked):
    properties = fields.Dict(required=True)


class EntityList(Said):
    name = text()
    projectId = number()
    approvalRequired = switch()
    ownerOnly = switch()
    createdAt = moment()
    deletedAt = fields.DateTime(allow_none=True)
    id = fields.Integer()
    entities = fields.Integer()
    lastEntity = fields.DateTime(allow_none=True)
    conflicts = fields.Integer()
    lastUpdate = fields.DateTime(allow_none=True)
    properties = fields.List(fields.Dict())
    linkedForms = fields.List(fields.Dict())
    sourceForms = fields.List(fields.Dict())
    draftLinkedForms = fields.List(fields.Dict())
    draftSourceForms = fields.List(fields.Dict())
    accessFilter = fields.Dict(allow_none=True)


class EntityListIn(Asked):
    name = text()
    approvalRequired = fields.Boolean()
    ownerOnly = fields.Boolean()


class EntityListChange(Asked):
    approvalRequired = fields.Boolean()
    ownerOnly = fields.Boolean()
    accessFilter = fields.Dict(allow_none=True)


class ListPropertyIn(Asked):
    name = text()


class EntityVersion(Said):
    label = text_or_null()
    current = switch()
    createdAt = moment()
    creatorId = number_or_null()
    userAgent = text_or_null()
    version = number()
    baseVersion = number_or_null()
    conflictingProperties = fields.List(fields.String(), required=True, allow_none=True)
    branchId = text_or_null()
    trunkVersion = number_or_null()
    branchBaseVersion = number_or_null()
    data = fields.Dict()
    dataReceived = fields.Dict()
    creator = more("Actor")
    source = fields.Dict(allow_none=True)
    conflict = fields.String(allow_none=True)
    resolved = fields.Boolean()
    baseDiff = fields.List(fields.String())
    serverDiff = fields.List(fields.String())
    lastGoodVersion = fields.Boolean()
    relevantToConflict = fields.Boolean()


class Entity(Said):
    uuid = text()
    creatorId = number_or_null()
    conflict = text_or_null()
    createdAt = moment()
    updatedAt = moment_or_null()
    deletedAt = moment_or_null()
    currentVersion = fields.Nested(EntityVersion, required=True)
    creator = more("Actor")


class EntityIn(Said):
    """One (`label` with `uuid` and `data`), or `entities` with their `source`."""

    uuid = fields.String()
    label = fields.String()
    data = fields.Dict(keys=fields.String(), values=fields.String())
    entities = fields.List(fields.Dict())
    source = fields.Dict()


class EntityChange(Said):
    label = fields.String()
    data = fields.Dict(keys=fields.String(), values=fields.String())


class Uuids(Asked):
    ids = fields.List(fields.String(), required=True)


class Counted(Said):
    success = fields.Boolean()
    count = fields.Integer()


# Submissions


class Version(Said):
    instanceId = text()
    instanceName = text_or_null()
    submitterId = number_or_null()
    deviceId = text_or_null()
    userAgent = text_or_null()
    current = switch()
    createdAt = moment()
    submitter = more("Actor")
    formVersion = fields.String()


class Submission(Said):
    instanceId = text()
    submitterId = number_or_null()
    deviceId = text_or_null()
    userAgent = text_or_null()
    reviewState = text_or_null()
    createdAt = moment()
    updatedAt = moment_or_null()
    deletedAt = moment_or_null()
    currentVersion = fields.Nested(Version, required=True)
    submitter = more("Actor")


class Review(Asked):
    reviewState = fields.String(
        allow_none=True, validate=validate.OneOf(("hasIssues", "edited", "rejected", "approved"))
    )


class Withdrawal(Asked):
    reason = fields.String(allow_none=True)


class Decision(Asked):
    """One of its keys."""

    pick = fields.String()
    take = fields.Dict(keys=fields.String(), values=fields.String())
    reviewState = fields.String(allow_none=True)
    deleted = fields.Boolean()


class Comment(Said):
    body = text()
    actorId = number_or_null()
    createdAt = moment()
    actor = more("Actor")


class CommentIn(Asked):
    body = text()


class File(Said):
    name = text()
    exists = switch()


class Key(Said):
    id = number()
    public = text()
    managed = switch()
    hint = text_or_null()


class Change(Said):
    path = fields.List(fields.Raw(), required=True)
    old = fields.Raw(allow_none=True)
    new = fields.Raw(allow_none=True)


class Passphrases(Asked):
    """Passphrases by the number of their key."""


class ExportIn(Asked):
    """Options of an export, as in the address of …/export; passphrases by the number of their key."""

    format = fields.String(allow_none=True)
    profile = fields.String(allow_none=True)
    reason = fields.String(allow_none=True)
    codebook = fields.Boolean(allow_none=True)


class ExportJob(Said):
    """An export in the background. state: running, finished, cancelled or broken; written: rows by now. Once it is
    finished what …/exports tells too."""

    class Meta:
        unknown = INCLUDE

    id = text()
    state = text()
    written = number()
    submissions = number()
    file = text()
    type = text()


class Taken(Said):
    """An export as the ledger keeps it. rows: sheet -> how many. losses: code, sheet, column, count."""

    id = text()
    createdAt = moment()
    by = text()
    profile = text()
    format = text()
    options = fields.Dict(required=True)
    reason = text_or_null()
    outcome = text()
    sha256 = text_or_null()
    size = number()
    rows = fields.Dict(required=True)
    losses = fields.List(fields.Dict(), required=True)


class OData(Said):
    class Meta:
        unknown = INCLUDE

    value = fields.List(fields.Dict(), required=True)


# The hub


class Audit(Said):
    actorId = number_or_null()
    action = text()
    acteeId = text_or_null()
    details = fields.Dict(required=True, allow_none=True)
    loggedAt = moment()
    notes = text_or_null()
    actor = more("Actor")
    actee = fields.Dict()


class Config(Said):
    key = text()
    setAt = moment()
    value = fields.Dict()
    blobExists = fields.Boolean()


class BackupIn(Asked):
    passphrase = fields.String(allow_none=True)
