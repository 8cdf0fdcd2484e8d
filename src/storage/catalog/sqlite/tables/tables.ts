import type Database from 'better-sqlite3';
import { CountsTable } from './counts-table.ts';
import { LeasesTable } from './leases-table.ts';
import { LinksTable } from './links-table.ts';
import { MetaTable } from './meta-table.ts';
import { OutboxTable } from './outbox-table.ts';
import { PlacementsTable } from './placements-table.ts';
import { TimelineTable } from './timeline-table.ts';
import { UploadQueries } from './upload-queries.ts';
import { UploadsTable } from './uploads-table.ts';

/** The tables of one open catalog; their methods run inside the transaction of a unit of work. */
export interface Tables {
  readonly uploads: UploadsTable;
  readonly queries: UploadQueries;
  readonly timeline: TimelineTable;
  readonly leases: LeasesTable;
  readonly outbox: OutboxTable;
  readonly placements: PlacementsTable;
  readonly meta: MetaTable;
  readonly links: LinksTable;
  readonly counts: CountsTable;
}

/** Throws SQLite's error when the schema does not match its version number. */
export function prepareTables(database: Database.Database): Tables {
  const uploads = new UploadsTable(database);
  return {
    uploads,
    queries: new UploadQueries(database, uploads),
    timeline: new TimelineTable(database),
    leases: new LeasesTable(database),
    outbox: new OutboxTable(database),
    placements: new PlacementsTable(database),
    meta: new MetaTable(database),
    links: new LinksTable(database),
    counts: new CountsTable(database),
  };
}
