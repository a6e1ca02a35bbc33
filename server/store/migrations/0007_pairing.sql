-- What a peer is to this hub: equal, above (the nation, seen from a province) or below.
ALTER TABLE peer ADD COLUMN relation TEXT NOT NULL DEFAULT 'equal';

-- Offers of this hub to pair, newest last. By code (salt says how the key was made of it) or by file.
CREATE TABLE offer (
  number     INTEGER PRIMARY KEY,
  id         TEXT NOT NULL UNIQUE,
  key        BLOB NOT NULL,            -- the secret that the other side proves to have
  salt       BLOB,                     -- NULL: the offer is a file
  relation   TEXT NOT NULL,            -- what the other hub will be to this one
  projects   TEXT,                     -- JSON list of project uids; NULL = all
  addresses  TEXT NOT NULL,            -- JSON list: where this hub can be reached
  expires_at TEXT NOT NULL,
  tries      INTEGER NOT NULL,         -- wrong ones
  ended      TEXT,                     -- why; NULL: open until it expires
  taken_by   TEXT                      -- id of the hub that took it
) STRICT;
