-- What a peer is to this hub: equal, above (the nation, seen from a province) or below.
ALTER TABLE peer ADD COLUMN relation TEXT NOT NULL DEFAULT 'equal';
