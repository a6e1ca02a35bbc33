-- Which ledgers are followed how far, what came over which of them, and what others proved to hold.

-- Older ledgers of this hub that the present one begins like: JSON [[ledger, common, upto], ...];
-- see server/store/identity.py.
ALTER TABLE hub ADD COLUMN lineage TEXT NOT NULL DEFAULT '[]';
-- The ledger (8 bytes) over which an entry came here; NULL: it was made here. It is not sent back there.
ALTER TABLE entry ADD COLUMN via BLOB;

ALTER TABLE peer DROP COLUMN holds_ledger;
ALTER TABLE peer DROP COLUMN holds_seq;
ALTER TABLE peer DROP COLUMN seen_ledger;
ALTER TABLE peer DROP COLUMN seen_seq;
ALTER TABLE peer DROP COLUMN restored_seq;

-- A hub has one ledger, a new one when it is restored, and two when it was copied and both copies run.
CREATE TABLE peer_ledger (
  ledger      TEXT PRIMARY KEY,
  peer        TEXT NOT NULL,
  seen_seq    INTEGER NOT NULL,      -- we hold what it committed up to here
  seen_chain  TEXT NOT NULL,
  beyond      TEXT NOT NULL,         -- and past a hole: JSON of spans, server/store/peers.py
  holds_ledger TEXT,                 -- the ledger of ours that it says to follow
  holds_seq   INTEGER NOT NULL,      -- ... up to this seq of ours
  lacking     INTEGER NOT NULL,      -- files that it says to lack
  wants       TEXT NOT NULL,         -- ... as far as it named them: the beginnings of their names, base64
  replaced_by TEXT,                  -- the ledger with which its hub goes on after being restored
  met_at      TEXT NOT NULL          -- when it was last heard of here, by our clock
) STRICT, WITHOUT ROWID;
CREATE INDEX peer_ledger_peer ON peer_ledger (peer);

-- Proof, batch by batch: this hub holds what we committed in (after, upto], as far as it was for it.
CREATE TABLE peer_receipt (
  entry   BLOB NOT NULL,             -- the hub.receipt entry that keeps the signed receipt
  peer    TEXT NOT NULL,
  ledger  TEXT NOT NULL,             -- of ours
  after   INTEGER NOT NULL,
  upto    INTEGER NOT NULL,
  refused INTEGER NOT NULL,
  said_at TEXT NOT NULL,             -- by its clock
  came_at TEXT NOT NULL,             -- by ours
  PRIMARY KEY (peer, ledger, after, upto, entry)
) STRICT, WITHOUT ROWID;

-- Bytes that entries name and that have not come.
CREATE TABLE blob_wanted (
  sha256 TEXT PRIMARY KEY,
  seq    INTEGER NOT NULL            -- of the first entry that names it
) STRICT, WITHOUT ROWID;
INSERT INTO blob_wanted (sha256, seq)
  SELECT named.value, min(entry.seq) FROM entry, json_each(CAST(entry.header AS TEXT), '$.blobs') AS named
  WHERE named.value NOT IN (SELECT lower(hex(sha256)) FROM blob) GROUP BY named.value;

-- Which bytes of a large blob have come, while some are still to come.
CREATE TABLE blob_part (
  sha256 BLOB NOT NULL,
  start  INTEGER NOT NULL,
  end    INTEGER NOT NULL,
  PRIMARY KEY (sha256, start)
) STRICT, WITHOUT ROWID;

-- The chain (sync.receipt) at some places, so that it need not be worked out from the beginning.
CREATE TABLE chain_mark (
  seq   INTEGER PRIMARY KEY,
  chain TEXT NOT NULL
) STRICT;
