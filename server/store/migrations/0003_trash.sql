-- How many submissions stand = all, counted in an index, less those in the trash, found by this one:
-- counting them row by row took 9 ms for 20,000.
CREATE INDEX submission_trash ON submission (form_id) WHERE deleted_at IS NOT NULL;
