-- The media type that a file's sender gave it, where it is not what the name says.
ALTER TABLE attachment ADD COLUMN type TEXT;
