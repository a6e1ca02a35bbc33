-- What coordinators look for among very many submissions: each found by an index of its own, newest first.
CREATE INDEX submission_by_state ON submission (form_id, review_state, created_at) WHERE deleted_at IS NULL;
CREATE INDEX submission_by_submitter ON submission (form_id, submitter_id, created_at) WHERE deleted_at IS NULL;
CREATE INDEX submission_apart ON submission (form_id, created_at) WHERE deleted_at IS NULL AND rivals > 0;
CREATE INDEX submission_lacking ON submission (form_id, created_at) WHERE deleted_at IS NULL AND present < expected;
CREATE INDEX submission_by_hub ON submission (form_id, hub, created_at) WHERE deleted_at IS NULL;
