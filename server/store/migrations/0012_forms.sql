-- The key under which test submissions to the draft in force go: each draft has its own, so that those of a
-- draft that was published, replaced or dropped belong to nothing any more. Their form_id is -form.id.
ALTER TABLE form ADD COLUMN trial TEXT;
UPDATE form SET trial = (
  SELECT form.key || '#draft-' || substr(lower(hex(e.id)), 1, 16) FROM entry e JOIN project p ON p.id = form.project_id
  WHERE e.kind = 'form.update.draft.set' AND e.subject = 'form:' || p.uid || '/' || form.key
  ORDER BY e.seq DESC LIMIT 1
) WHERE draft_id IS NOT NULL;
-- Whether the web form is ODK Web Forms.
ALTER TABLE form ADD COLUMN webforms INTEGER NOT NULL DEFAULT 0;
-- When it left the trash for good.
ALTER TABLE form ADD COLUMN purged_at TEXT;
-- What the person who published it wrote about the version.
ALTER TABLE form_version ADD COLUMN notes TEXT;
-- The media type that a file was uploaded with.
ALTER TABLE form_file ADD COLUMN content_type TEXT;
-- The version that a form is made with is published at the moment at which the form is made.
UPDATE form_version SET published_at = (SELECT created_at FROM form WHERE form.id = form_id)
WHERE published_at IS NOT NULL AND EXISTS (
  SELECT 1 FROM form f JOIN project p ON p.id = f.project_id
  JOIN entry e ON e.subject = 'form:' || p.uid || '/' || f.key AND e.kind = 'form.update.publish'
  WHERE f.id = form_id AND length(e.header) > 0
  AND json_extract(CAST(e.header AS TEXT), '$.body.first') AND
  json_extract(CAST(e.header AS TEXT), '$.body.xform') = lower(hex(xform))
);
