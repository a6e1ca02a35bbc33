-- Entities: what stands of each, and the line of its versions. A projection of the ledger.
CREATE TABLE entity (
  id          INTEGER PRIMARY KEY,
  uuid        TEXT NOT NULL UNIQUE,    -- of the whole server, as in Central
  project     TEXT NOT NULL,           -- uid
  dataset     TEXT NOT NULL,           -- key of its list
  creator_id  INTEGER,
  created_at  TEXT NOT NULL,
  updated_at  TEXT,
  deleted_at  TEXT,
  conflict    TEXT,                    -- soft or hard, while nobody resolved it
  version     INTEGER NOT NULL         -- entity_version that stands: the last
) STRICT;
CREATE INDEX entity_newest ON entity (project, dataset, created_at, uuid);

CREATE TABLE entity_version (
  entity_id   INTEGER NOT NULL,
  version     INTEGER NOT NULL,
  entry       BLOB NOT NULL,
  label       TEXT NOT NULL,
  data        TEXT NOT NULL,           -- JSON {property: value}: all that holds after it
  received    TEXT NOT NULL,           -- JSON: what it brought
  creator_id  INTEGER,
  user_agent  TEXT,
  created_at  TEXT NOT NULL,
  base        INTEGER,                 -- the version that it starts from
  trunk       INTEGER,                 -- of a version made offline: as the tablet counted
  branch      TEXT,
  branch_base INTEGER,
  conflict    TEXT,
  conflicting TEXT,                    -- JSON list of properties
  resolved    INTEGER NOT NULL,
  submission  TEXT,                    -- subject of the submission that made it
  forced      INTEGER NOT NULL,        -- 1: applied though what it follows never came
  PRIMARY KEY (entity_id, version)
) STRICT, WITHOUT ROWID;
CREATE INDEX entity_version_submission ON entity_version (submission) WHERE submission IS NOT NULL;
CREATE INDEX entity_version_branch ON entity_version (branch, branch_base) WHERE branch IS NOT NULL;

-- Submissions that wait for the piece of an offline branch before them.
CREATE TABLE entity_held (
  submission  TEXT NOT NULL,
  uuid        TEXT NOT NULL,
  branch      TEXT,
  branch_base INTEGER NOT NULL,
  event       BLOB NOT NULL,           -- the entry that was being processed
  held_at     TEXT NOT NULL,
  PRIMARY KEY (submission, uuid)
) STRICT, WITHOUT ROWID;
CREATE INDEX entity_held_uuid ON entity_held (uuid, branch_base);
CREATE INDEX entity_held_branch ON entity_held (branch, branch_base) WHERE branch IS NOT NULL;

-- A uuid that was purged is never taken again.
CREATE TABLE entity_purged (
  uuid    TEXT PRIMARY KEY,
  project TEXT NOT NULL,
  dataset TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- How far the ledger was looked through for submissions that make entities. Not derived.
CREATE TABLE entity_place (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  seq      INTEGER NOT NULL
) STRICT;
INSERT INTO entity_place (only_row, seq) VALUES (1, 0);
