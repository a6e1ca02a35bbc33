-- How many submissions came in with each version of a form, counted from the index alone.
CREATE INDEX submission_form_version ON submission (form_id, form_version, created_at) WHERE deleted_at IS NULL;
