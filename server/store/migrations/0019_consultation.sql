-- Which submissions changed since they came, each once, at its last change: what the consultation database looks
-- at anew. New ones are told by their number alone, so that taking a tablet's post costs nothing more; what was
-- withdrawn leaves its number. The number 0: the state was folded anew, and every number is another's.
CREATE TABLE submission_change (
  submission_id INTEGER PRIMARY KEY,
  n             INTEGER NOT NULL UNIQUE
) STRICT;

-- Every change of a submission says whether its answers are still to be read.
CREATE TRIGGER submission_change_update AFTER UPDATE OF stale ON submission BEGIN
  INSERT INTO submission_change SELECT new.id, coalesce(max(n), 0) + 1 FROM submission_change WHERE true
    ON CONFLICT (submission_id) DO UPDATE SET n = excluded.n;
END;
CREATE TRIGGER submission_change_delete AFTER DELETE ON submission BEGIN
  INSERT INTO submission_change SELECT old.id, coalesce(max(n), 0) + 1 FROM submission_change WHERE true
    ON CONFLICT (submission_id) DO UPDATE SET n = excluded.n;
END;
