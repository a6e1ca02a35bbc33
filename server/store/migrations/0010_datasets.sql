-- Entity lists, and what forms have to do with them. A projection of the ledger.
CREATE TABLE dataset (
  id          INTEGER PRIMARY KEY,
  project     TEXT NOT NULL,           -- uid
  key         TEXT NOT NULL,           -- the list's part of its subject: its name, for one made anew with a number
  name        TEXT NOT NULL,
  approval    INTEGER NOT NULL,        -- 1: an entity is made when its submission is approved
  owner_only  INTEGER NOT NULL,        -- 1: who may not list entities sees what they made themselves
  rules       TEXT,                    -- JSON list of {datasetProperty, actorProperty}
  created_at  TEXT NOT NULL,
  changed_at  TEXT NOT NULL,           -- by the last entry about the list itself
  deleted_at  TEXT,
  UNIQUE (project, key)
) STRICT;

CREATE TABLE dataset_property (
  dataset_id   INTEGER NOT NULL,
  name         TEXT NOT NULL,
  place        INTEGER NOT NULL,       -- in the order in which they were published
  published_at TEXT NOT NULL,
  PRIMARY KEY (dataset_id, name)
) STRICT, WITHOUT ROWID;

-- What the XForm of a version declares, by the name of the list.
CREATE TABLE form_dataset (
  form_version_id INTEGER NOT NULL,
  place     INTEGER NOT NULL,
  dataset   TEXT NOT NULL,
  path      TEXT NOT NULL,             -- of the group or repeat that it stands in; "" = the whole form
  is_repeat INTEGER NOT NULL,
  actions   TEXT NOT NULL,             -- what is permitted, words with a blank between
  PRIMARY KEY (form_version_id, place)
) STRICT, WITHOUT ROWID;
CREATE INDEX form_dataset_name ON form_dataset (dataset);

CREATE TABLE form_property (
  form_version_id INTEGER NOT NULL,
  place       INTEGER NOT NULL,        -- of the declaration
  path        TEXT NOT NULL,           -- of the question
  nth         INTEGER NOT NULL,        -- in the order of the questions
  property    TEXT NOT NULL,
  PRIMARY KEY (form_version_id, place, path)
) STRICT, WITHOUT ROWID;

-- Slots of a version that a list fills.
CREATE TABLE form_link (
  form_version_id INTEGER NOT NULL,
  name       TEXT NOT NULL,            -- of the file
  dataset    TEXT NOT NULL,            -- key of the list
  updated_at TEXT,
  PRIMARY KEY (form_version_id, name)
) STRICT, WITHOUT ROWID;
CREATE INDEX form_link_dataset ON form_link (dataset);

CREATE TABLE actor_property (
  project TEXT NOT NULL,               -- uid
  name    TEXT NOT NULL,
  PRIMARY KEY (project, name)
) STRICT, WITHOUT ROWID;

CREATE TABLE actor_property_value (
  actor_id INTEGER NOT NULL,
  project  TEXT NOT NULL,
  name     TEXT NOT NULL,
  value    TEXT NOT NULL,
  PRIMARY KEY (actor_id, project, name)
) STRICT, WITHOUT ROWID;

-- Versions that were folded before anybody looked for entities in them: read when the hub is next opened.
CREATE TABLE form_unread (form_version_id INTEGER PRIMARY KEY) STRICT;
INSERT INTO form_unread (form_version_id) SELECT id FROM form_version;
