-- The audit log's index: which entries show as which actions, by time. It follows the ledger when
-- somebody looks (audit_place), so that taking a submission costs no more for it.

CREATE TABLE audit_action (
  id   INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE audit (
  at     INTEGER NOT NULL,             -- made_at, microseconds since 1970
  seq    INTEGER NOT NULL,             -- of the entry
  part   INTEGER NOT NULL,             -- an entry may tell of several things: a submission, each of its files
  action INTEGER NOT NULL,
  PRIMARY KEY (at, seq, part)
) STRICT, WITHOUT ROWID;
CREATE INDEX audit_by_action ON audit (action, at, seq, part);

CREATE TABLE audit_place (
  only_row INTEGER PRIMARY KEY CHECK (only_row = 1),
  seq      INTEGER NOT NULL            -- the ledger is followed up to here
) STRICT;
