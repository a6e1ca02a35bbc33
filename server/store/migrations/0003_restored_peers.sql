-- A hub restored from a backup may have lost entries of its own. Up to this seq of ours they are sent
-- back to it; 0: it was never restored.
ALTER TABLE peer ADD COLUMN restored_seq INTEGER NOT NULL DEFAULT 0;
