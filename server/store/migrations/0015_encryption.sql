-- Keys that devices encrypt for. Of a project's own the locked private part is here too; of those that a
-- form brings along only the public one.
CREATE TABLE encryption_key (
  id         INTEGER PRIMARY KEY,
  project    TEXT NOT NULL,            -- uid
  public     TEXT NOT NULL,            -- base64 of its DER
  managed    INTEGER NOT NULL,
  hint       TEXT,
  locked     TEXT,                     -- JSON; see server/managed_keys.py
  created_at TEXT NOT NULL,
  UNIQUE (project, public)
) STRICT;

ALTER TABLE project ADD COLUMN key_id INTEGER;       -- encryption_key that new forms get
ALTER TABLE form_version ADD COLUMN key_id INTEGER;

-- Submissions that stand by an encrypted version, with the name of the file that holds its answers.
CREATE TABLE encrypted (
  submission_id INTEGER PRIMARY KEY,
  answers_file  TEXT NOT NULL          -- "" when the manifest names none
) STRICT;
-- Those received before are read anew, so that it is known of them.
UPDATE submission SET stale = 1 WHERE stale = 0 AND NOT EXISTS
  (SELECT 1 FROM answers a WHERE a.id = submission.id * 1024);
