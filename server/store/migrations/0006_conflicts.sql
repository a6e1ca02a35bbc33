-- What hubs said apart about a submission, and a person must decide.
CREATE TABLE conflict (
  submission_id INTEGER NOT NULL,
  kind  TEXT NOT NULL,                 -- versions, review, deleted
  sides INTEGER NOT NULL,              -- how many things are set against each other
  PRIMARY KEY (submission_id, kind)
) STRICT, WITHOUT ROWID;
