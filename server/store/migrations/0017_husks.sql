-- What a withdrawal leaves of the versions that a submission made of entities: their place in the line, without
-- answers. A projection of the ledger.
CREATE TABLE husk (
  entry   BLOB PRIMARY KEY,
  subject TEXT NOT NULL,
  said    TEXT NOT NULL               -- JSON, see sync/entities.py: husk_of
) STRICT, WITHOUT ROWID;
CREATE INDEX husk_subject ON husk (subject);
