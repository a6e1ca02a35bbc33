-- How many submissions of a form stand, by the hour in which they came: a page far in is found by adding
-- up hours instead of walking over every row before it. Kept by triggers, so that whatever writes a
-- submission counts it.
CREATE TABLE submission_hour (
  form_id INTEGER NOT NULL,
  hour    TEXT NOT NULL,               -- beginning of created_at: "2026-11-23T01"
  live    INTEGER NOT NULL,            -- not in the trash
  PRIMARY KEY (form_id, hour)
) STRICT, WITHOUT ROWID;
INSERT INTO submission_hour (form_id, hour, live)
  SELECT form_id, substr(created_at, 1, 13), count(*) FROM submission WHERE deleted_at IS NULL GROUP BY 1, 2;

CREATE TRIGGER submission_hour_insert AFTER INSERT ON submission WHEN new.deleted_at IS NULL BEGIN
  INSERT INTO submission_hour VALUES (new.form_id, substr(new.created_at, 1, 13), 1)
    ON CONFLICT DO UPDATE SET live = live + 1;
END;
CREATE TRIGGER submission_hour_delete AFTER DELETE ON submission WHEN old.deleted_at IS NULL BEGIN
  UPDATE submission_hour SET live = live - 1
    WHERE form_id = old.form_id AND hour = substr(old.created_at, 1, 13);
END;
CREATE TRIGGER submission_hour_leave AFTER UPDATE OF form_id, created_at, deleted_at ON submission
WHEN old.deleted_at IS NULL BEGIN
  UPDATE submission_hour SET live = live - 1
    WHERE form_id = old.form_id AND hour = substr(old.created_at, 1, 13);
END;
CREATE TRIGGER submission_hour_enter AFTER UPDATE OF form_id, created_at, deleted_at ON submission
WHEN new.deleted_at IS NULL BEGIN
  INSERT INTO submission_hour VALUES (new.form_id, substr(new.created_at, 1, 13), 1)
    ON CONFLICT DO UPDATE SET live = live + 1;
END;

-- Newest first without the trash, read from the index alone while rows are passed over.
DROP INDEX submission_newest;
CREATE INDEX submission_newest ON submission (form_id, created_at, instance_id) WHERE deleted_at IS NULL;
