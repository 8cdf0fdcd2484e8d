/**
 * The catalog's schema as numbered steps; `PRAGMA user_version` is the number of steps applied.
 * Never edit a released step: a change is a new step.
 */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE uploads (
    seq INTEGER PRIMARY KEY,
    id TEXT NOT NULL UNIQUE,
    kind TEXT NOT NULL,
    state TEXT NOT NULL,
    length INTEGER,
    offset INTEGER NOT NULL,
    uncommitted_from INTEGER,
    crc32 INTEGER NOT NULL,
    metadata TEXT,
    name TEXT,
    protocol_data TEXT,
    created_at INTEGER NOT NULL,
    active_at INTEGER NOT NULL,
    finished_at INTEGER,
    removed_at INTEGER,
    removed_why TEXT,
    refusal TEXT,
    origin TEXT NOT NULL
  ) STRICT;
  CREATE INDEX uploads_unfinished ON uploads (active_at) WHERE state IN ('receiving', 'joining');
  CREATE INDEX uploads_parts ON uploads (active_at) WHERE state = 'finished' AND kind = 'partial';
  CREATE INDEX uploads_finished ON uploads (finished_at) WHERE state = 'finished';
  CREATE INDEX uploads_removed ON uploads (removed_at) WHERE state IN ('removing', 'removed');

  CREATE TABLE parts (
    final INTEGER NOT NULL,
    position INTEGER NOT NULL,
    part TEXT NOT NULL,
    PRIMARY KEY (final, position)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX parts_part ON parts (part);

  CREATE TABLE timeline (
    upload INTEGER NOT NULL,
    position INTEGER NOT NULL,
    at INTEGER NOT NULL,
    event TEXT NOT NULL,
    detail TEXT NOT NULL,
    PRIMARY KEY (upload, position)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE owners (
    owner TEXT PRIMARY KEY,
    role TEXT NOT NULL,
    heartbeat_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE meta (
    key TEXT PRIMARY KEY,
    value TEXT NOT NULL
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE leases (
    upload TEXT PRIMARY KEY,
    owner TEXT NOT NULL,
    taken_at INTEGER NOT NULL
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX leases_owner ON leases (owner);

  CREATE TABLE deliveries (
    seq INTEGER PRIMARY KEY,
    event_id TEXT NOT NULL,
    upload TEXT NOT NULL,
    hook TEXT NOT NULL,
    event TEXT NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    first_at INTEGER,
    next_at INTEGER,
    done_at INTEGER,
    last_error TEXT,
    payload TEXT NOT NULL
  ) STRICT;
  CREATE INDEX deliveries_upload ON deliveries (upload, hook);
  CREATE INDEX deliveries_open ON deliveries (hook, state, next_at, attempts)
    WHERE state <> 'delivered';
  CREATE INDEX deliveries_done ON deliveries (done_at) WHERE done_at IS NOT NULL;
  `,
  // Leases carry a fencing number.
  'ALTER TABLE leases ADD COLUMN epoch INTEGER NOT NULL DEFAULT 0;',
  // The totals of finished uploads are read from the index alone.
  `
  DROP INDEX uploads_finished;
  CREATE INDEX uploads_finished ON uploads (finished_at, kind, offset) WHERE state = 'finished';
  `,
  // Rules deliver finished uploads.
  `
  ALTER TABLE uploads ADD COLUMN wanted_path TEXT;
  ALTER TABLE uploads ADD COLUMN moved_to TEXT;
  CREATE INDEX uploads_moved ON uploads (state, offset) WHERE moved_to IS NOT NULL;
  CREATE TABLE placements (
    seq INTEGER PRIMARY KEY AUTOINCREMENT,
    upload TEXT NOT NULL,
    rule TEXT NOT NULL,
    last INTEGER NOT NULL,
    state TEXT NOT NULL,
    attempts INTEGER NOT NULL,
    created_at INTEGER NOT NULL,
    next_at INTEGER,
    done_at INTEGER,
    last_error TEXT,
    intent TEXT,
    path TEXT,
    UNIQUE (upload, rule)
  ) STRICT;
  CREATE INDEX placements_open ON placements (next_at) WHERE next_at IS NOT NULL;
  CREATE INDEX placements_pending ON placements (upload) WHERE state = 'pending';
  `,
  // What clients did, for limits per minute and per day; what they chose for an upload.
  `
  CREATE TABLE counts (
    what TEXT NOT NULL,
    bucket INTEGER NOT NULL,
    subject TEXT NOT NULL,
    amount INTEGER NOT NULL,
    PRIMARY KEY (what, bucket, subject)
  ) STRICT, WITHOUT ROWID;
  ALTER TABLE uploads ADD COLUMN expires_at INTEGER;
  ALTER TABLE uploads ADD COLUMN downloads_left INTEGER;
  CREATE INDEX uploads_expiring ON uploads (expires_at) WHERE expires_at IS NOT NULL;
  `,
  // Uploads belong to principals, and to upload links.
  `
  ALTER TABLE uploads ADD COLUMN owner TEXT;
  CREATE INDEX uploads_owner ON uploads (owner) WHERE owner IS NOT NULL;
  CREATE TABLE links (
    id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    hash TEXT NOT NULL,
    password TEXT,
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    max_size INTEGER,
    max_uploads INTEGER,
    uploads INTEGER NOT NULL,
    last_used_at INTEGER,
    revoked_at INTEGER
  ) STRICT;
  `,
  // Processes tell about themselves; a store may note where it keeps bytes.
  `
  ALTER TABLE owners ADD COLUMN report TEXT;
  ALTER TABLE uploads ADD COLUMN layout TEXT;
  `,
];
