-- A public link is an actor too: it opens one form, once a browser or as often as one likes.
ALTER TABLE actor ADD COLUMN form TEXT;  -- key of a public link's form
ALTER TABLE actor ADD COLUMN once INTEGER;

-- What programs of ODK Central's kind remember for a web user.
CREATE TABLE preference (
  actor_id INTEGER NOT NULL,
  project  TEXT NOT NULL,              -- uid; "" = the whole site
  name     TEXT NOT NULL,
  value    TEXT NOT NULL,              -- JSON
  PRIMARY KEY (actor_id, project, name)
) STRICT, WITHOUT ROWID;

-- Who asked for a new password, and what was handed out to set one.
CREATE TABLE reset_request (
  actor_id INTEGER PRIMARY KEY,
  asked_at TEXT NOT NULL               -- when first, since it was last answered
) STRICT;
CREATE TABLE reset_token (
  token      BLOB PRIMARY KEY,         -- SHA-256 of the token: a stolen file sets no password
  actor_id   INTEGER NOT NULL,
  expires_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX reset_token_actor ON reset_token (actor_id);

-- An assignment's project had been taken for the user's own.
UPDATE actor SET project = NULL WHERE type = 'user';

-- Who holds a role at a place: the primary key begins with the actor.
CREATE INDEX assignment_place ON assignment (project, form);
