-- What hubs call themselves: known wherever their entries are, so that every hub's tables name the
-- same origin.
CREATE TABLE hub_name (
  id   TEXT PRIMARY KEY,
  name TEXT NOT NULL
) STRICT, WITHOUT ROWID;
