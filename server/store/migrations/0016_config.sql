-- What an administrator set for this hub by the API: how its pages look, and the like.
CREATE TABLE config (
  key          TEXT PRIMARY KEY,
  value        TEXT,                   -- JSON; NULL when it is a file
  blob         BLOB,                   -- SHA-256 of the file
  content_type TEXT,
  set_at       TEXT NOT NULL
) STRICT, WITHOUT ROWID;
