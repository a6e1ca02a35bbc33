"""ODK Central's API under /v1, one file a resource. Order of checks: found (404), then may (403)."""
