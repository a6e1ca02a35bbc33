-- What proves a sign-in beside the password: a code from an app on the user's phone, or a recovery code.
CREATE TABLE second_factor (
  actor_id INTEGER PRIMARY KEY,
  secret   TEXT NOT NULL,              -- base32, as the app has it
  drift    INTEGER NOT NULL,           -- steps by which the phone's clock is ahead of this hub's
  step     INTEGER NOT NULL            -- of the last code that was used: none is taken twice
) STRICT;
CREATE TABLE recovery_code (
  actor_id INTEGER NOT NULL,
  code     BLOB NOT NULL,              -- SHA-256
  PRIMARY KEY (actor_id, code)
) STRICT, WITHOUT ROWID;

-- So that somebody sees on what they are signed in.
ALTER TABLE session ADD COLUMN user_agent TEXT;
UPDATE session SET user_agent = (
  SELECT json_extract(CAST(e.header AS TEXT), '$.body.user_agent') FROM entry e
  WHERE e.kind = 'user.session.create'
  AND json_extract(CAST(e.header AS TEXT), '$.body.token_sha256') = lower(hex(session.token))
);
