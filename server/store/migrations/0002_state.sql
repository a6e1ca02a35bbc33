-- State tables: a projection of the ledger, folded in the transaction that appends.

CREATE TABLE project (
  id          INTEGER PRIMARY KEY,
  uid         TEXT NOT NULL UNIQUE,
  name        TEXT NOT NULL,
  description TEXT,
  archived    INTEGER,
  hub         TEXT NOT NULL,
  created_at  TEXT NOT NULL,
  updated_at  TEXT,
  deleted_at  TEXT
) STRICT;

CREATE TABLE actor (
  id           INTEGER PRIMARY KEY,
  uid          TEXT NOT NULL UNIQUE,
  type         TEXT NOT NULL,          -- user, field_key, or unknown (named by an entry, not yet met)
  display_name TEXT NOT NULL,
  email        TEXT UNIQUE,
  password     TEXT,
  digest       TEXT,
  project      TEXT,                   -- uid of an app user's project
  token        TEXT UNIQUE,
  created_by   INTEGER,
  created_at   TEXT NOT NULL,
  updated_at   TEXT,
  deleted_at   TEXT,
  last_login_at TEXT
) STRICT;
CREATE INDEX actor_project ON actor (project) WHERE project IS NOT NULL;

CREATE TABLE assignment (
  actor_id   INTEGER NOT NULL,
  role_id    INTEGER NOT NULL,
  project    TEXT NOT NULL,            -- uid; "" = the whole site
  form       TEXT NOT NULL,            -- key; "" = the whole project
  PRIMARY KEY (actor_id, role_id, project, form)
) STRICT, WITHOUT ROWID;

CREATE TABLE session (
  token      BLOB PRIMARY KEY,         -- SHA-256 of the token: a stolen file opens no session
  actor_id   INTEGER NOT NULL,
  csrf       TEXT NOT NULL,
  created_at TEXT NOT NULL,
  expires_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE form (
  id          INTEGER PRIMARY KEY,
  project_id  INTEGER NOT NULL,
  key         TEXT NOT NULL,           -- the form's part of its subject
  xml_form_id TEXT NOT NULL,
  state       TEXT NOT NULL,
  current_id  INTEGER,                 -- form_version now published
  draft_id    INTEGER,
  draft_token TEXT,
  created_by  INTEGER,
  created_at  TEXT NOT NULL,
  updated_at  TEXT,
  deleted_at  TEXT,
  UNIQUE (project_id, key)
) STRICT;
CREATE INDEX form_xml_form_id ON form (project_id, xml_form_id);

CREATE TABLE form_version (
  id           INTEGER PRIMARY KEY,
  form_id      INTEGER NOT NULL,
  version      TEXT NOT NULL,
  name         TEXT,
  xform        BLOB NOT NULL,          -- SHA-256 of the XForm's bytes
  md5          TEXT NOT NULL,
  sha1         TEXT NOT NULL,
  xls          BLOB,                   -- SHA-256 of the workbook, when made from one
  xls_type     TEXT,
  created_by   INTEGER,
  created_at   TEXT NOT NULL,
  published_at TEXT                    -- NULL: a draft
) STRICT;
CREATE INDEX form_version_form ON form_version (form_id, version);

CREATE TABLE form_file (
  form_version_id INTEGER NOT NULL,
  name            TEXT NOT NULL,
  type            TEXT NOT NULL,
  sha256          BLOB,
  md5             TEXT,
  size            INTEGER,
  updated_at      TEXT,
  PRIMARY KEY (form_version_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE submission (
  id           INTEGER PRIMARY KEY,
  form_id      INTEGER NOT NULL,
  instance_id  TEXT NOT NULL,          -- of the first version: names the submission for ever
  version_id   INTEGER NOT NULL,       -- submission_version that stands
  created_at   TEXT NOT NULL,
  updated_at   TEXT,
  deleted_at   TEXT,
  review_state TEXT,
  submitter_id INTEGER,
  device_id    TEXT,
  user_agent   TEXT,
  form_version TEXT NOT NULL,          -- of the first version
  edits        INTEGER NOT NULL,
  rivals       INTEGER NOT NULL,       -- > 0: edited apart, waiting for a person
  hub          TEXT NOT NULL,          -- that received the first version
  expected     INTEGER NOT NULL,
  present      INTEGER NOT NULL,
  schema_id    INTEGER,                -- form_version whose fields the answers follow
  stale        INTEGER NOT NULL,       -- 1: answers are still to be read from the XML
  UNIQUE (form_id, instance_id)
) STRICT;
CREATE INDEX submission_newest ON submission (form_id, created_at, instance_id);
CREATE INDEX submission_stale ON submission (form_id) WHERE stale = 1;

CREATE TABLE submission_version (
  id            INTEGER PRIMARY KEY,
  form_id       INTEGER NOT NULL,
  submission_id INTEGER NOT NULL,
  instance_id   TEXT NOT NULL,
  xml           BLOB NOT NULL,
  entry         BLOB NOT NULL,
  form_version  TEXT NOT NULL,
  deprecated_id TEXT,
  instance_name TEXT,
  created_at    TEXT NOT NULL,
  submitter_id  INTEGER,
  device_id     TEXT,
  user_agent    TEXT,
  depth         INTEGER NOT NULL,
  standing      TEXT NOT NULL          -- current, past or rival
) STRICT;
CREATE INDEX submission_version_instance ON submission_version (form_id, instance_id);
CREATE INDEX submission_version_submission ON submission_version (submission_id);

CREATE TABLE attachment (
  submission_version_id INTEGER NOT NULL,
  name     TEXT NOT NULL,
  sha256   BLOB,
  expected INTEGER NOT NULL,           -- 0: received though the instance does not name it
  place    INTEGER NOT NULL,
  PRIMARY KEY (submission_version_id, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE comment (
  submission_id INTEGER NOT NULL,
  entry         BLOB NOT NULL,
  body          TEXT NOT NULL,
  actor_id      INTEGER,
  created_at    TEXT NOT NULL,
  PRIMARY KEY (submission_id, entry)
) STRICT, WITHOUT ROWID;

-- Held safe without taking part: never refused to the tablet, shown to coordinators.
CREATE TABLE parked (
  entry       BLOB PRIMARY KEY,
  project_id  INTEGER NOT NULL,
  form_key    TEXT NOT NULL,
  subject     TEXT NOT NULL,
  instance_id TEXT NOT NULL,
  form_version TEXT NOT NULL,
  reason      TEXT NOT NULL,
  xml         BLOB NOT NULL,
  files       TEXT NOT NULL,           -- JSON {name: sha256}
  submitter_id INTEGER,
  device_id   TEXT,
  created_at  TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX parked_subject ON parked (subject);
CREATE INDEX parked_project ON parked (project_id, form_key, instance_id);

-- Answers as compact JSON rows, so that exports never parse XML again.
-- id = submission id * 1024 + table number: one submission's records lie side by side.
CREATE TABLE answers (
  id     INTEGER PRIMARY KEY,
  record BLOB NOT NULL
) STRICT;

CREATE TABLE peer (
  id         TEXT PRIMARY KEY,
  name       TEXT NOT NULL UNIQUE,
  card       TEXT NOT NULL,            -- JSON of its card
  url        TEXT,
  projects   TEXT,                     -- JSON list of project uids; NULL = all published
  holds_ledger TEXT,                   -- our ledger id that it last said it followed
  holds_seq  INTEGER NOT NULL,         -- ... up to this seq of ours
  seen_ledger TEXT,                    -- its ledger id that we follow
  seen_seq   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Grows whenever a project, form or actor changes: what was read of them may be remembered as long
-- as it stays the same, in every process.
CREATE TABLE generation (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  number   INTEGER NOT NULL
) STRICT;
INSERT INTO generation (only_row, number) VALUES (1, 0);

-- Entries that would not fold: noted and passed over, and shown.
CREATE TABLE unfolded (
  entry  BLOB PRIMARY KEY,
  reason TEXT NOT NULL
) STRICT, WITHOUT ROWID;
