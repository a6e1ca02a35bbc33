-- The ledger and what belongs to this hub alone. These tables are the truth; nothing else is.

CREATE TABLE hub (
  only_row   INTEGER PRIMARY KEY CHECK (only_row = 1),
  id         TEXT NOT NULL,
  name       TEXT NOT NULL,
  seed       BLOB NOT NULL,   -- Ed25519 seed, 32 bytes
  secret     BLOB NOT NULL,   -- for signing what only this hub reads back (nonces, cookies)
  ledger     TEXT NOT NULL,   -- changes when the hub is restored from a backup
  created_at TEXT NOT NULL
) STRICT;

CREATE TABLE entry (
  seq     INTEGER PRIMARY KEY,
  id      BLOB NOT NULL UNIQUE,
  kind    TEXT NOT NULL,
  subject TEXT NOT NULL,
  header  BLOB NOT NULL
) STRICT;
CREATE INDEX entry_subject ON entry (subject);

-- Rows are added at the end and looked up by a small index: the hundred-thousandth costs what the
-- first did. `bytes` is NULL when the blob is large and lies in blobs/.
CREATE TABLE blob (
  n      INTEGER PRIMARY KEY,
  sha256 BLOB NOT NULL UNIQUE,
  size   INTEGER NOT NULL,
  bytes  BLOB
) STRICT;
