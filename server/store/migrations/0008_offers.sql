-- Over which other ledgers (8 bytes) bytes were named that have not come: each of these hubs may have them.
CREATE TABLE blob_offer (
  sha256 TEXT NOT NULL,
  ledger BLOB NOT NULL,
  PRIMARY KEY (sha256, ledger)
) STRICT, WITHOUT ROWID;
