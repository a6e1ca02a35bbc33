-- Instances that were withdrawn, by the entry that says so: a projection of the ledger.
CREATE TABLE withdrawn (
  project     TEXT NOT NULL,
  form_key    TEXT NOT NULL,
  instance_id TEXT NOT NULL,
  entry       BLOB NOT NULL,
  PRIMARY KEY (project, form_key, instance_id, entry)
) STRICT, WITHOUT ROWID;

-- Entries whose header is empty now: their place in the ledger stays, so that they count as held and are
-- never asked for again. Not derived: what was wiped cannot be read again.
CREATE TABLE wiped (
  entry BLOB PRIMARY KEY,
  purge BLOB NOT NULL                  -- the withdrawal that wiped it
) STRICT, WITHOUT ROWID;

-- Bytes that came while nobody named them: kept until the end of what brings them.
CREATE TABLE loose_blob (
  sha256   BLOB PRIMARY KEY,
  noted_at TEXT NOT NULL
) STRICT, WITHOUT ROWID;

-- What is still to be taken off the disk after the commit: a file of this hash, or (NULL) old pages in
-- the write-ahead log. A power cut leaves the rows, and the next start goes on.
CREATE TABLE erasing (
  n      INTEGER PRIMARY KEY AUTOINCREMENT,
  sha256 BLOB
) STRICT;
