-- When this hub last heard from each tablet, and which form versions it fetched. Not in the ledger: it is this hub's
-- own, and written down now and then only, so a power cut may cost some minutes of it.
CREATE TABLE tablet_sighting (
  actor_id INTEGER PRIMARY KEY,
  seen_at  TEXT NOT NULL,
  agent    TEXT NOT NULL               -- what the app calls itself
) STRICT;
CREATE TABLE tablet_form (
  actor_id    INTEGER NOT NULL,
  project_id  INTEGER NOT NULL,
  xml_form_id TEXT NOT NULL,
  version     TEXT NOT NULL,           -- fetched last
  fetched_at  TEXT NOT NULL,
  PRIMARY KEY (actor_id, project_id, xml_form_id)
) STRICT, WITHOUT ROWID;
