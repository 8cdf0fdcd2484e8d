import type { NewDelivery } from '../../model/events.ts';
import type { NewPlacement } from '../../model/placement.ts';
import type { TimelineEvent } from '../../model/timeline.ts';
import type { UploadChange } from '../../model/upload.ts';
import type { Lease } from '../catalog.ts';
import { constant, NOTHING, type Sql, sql } from './database/sql.ts';
import { extend, storeTimeline } from './tables/timeline-sql.ts';
import { assignments } from './tables/upload-columns.ts';
import { unitOf, type Work } from './work.ts';

/** What the holder of a lease changes. */
export interface LeasedChange {
  readonly change: UploadChange;
  readonly timeline: readonly TimelineEvent[];
  readonly at: number;
  readonly deliveries?: readonly NewDelivery[];
  readonly placements?: readonly NewPlacement[] | undefined;
  /** Drops the lease. */
  readonly drop?: boolean;
  /** Only of an upload that is unfinished, which it then no longer is. */
  readonly finish?: boolean;
}

/** The row of a lease that is not void. */
export function held(owner: string, { seq, epoch }: Lease): Sql {
  return sql`seq = ${seq}::bigint AND lease_owner = ${owner}::uuid AND lease_epoch = ${epoch}::bigint`;
}

/** Changes an upload in one statement. false: the lease is void, and nothing was changed. */
export function changeLeased(
  { database, leases }: Work,
  lease: Lease,
  { change, timeline, at, deliveries, placements, drop = false, finish = false }: LeasedChange,
): Promise<boolean> {
  return leases
    .inTurn(lease, async (before) => {
      const { placed, end } = extend(before, at, timeline);
      const statement = unitOf(lease.id, {
        change: sql`UPDATE tusd_uploads SET entries = ${end.entries}::int${assignments(change)}
        ${drop ? constant(', lease_owner = NULL') : NOTHING}
        WHERE ${held(leases.owner, lease)}
        ${finish ? constant(` AND state IN ('receiving', 'joining')`) : NOTHING}
        RETURNING seq, id`,
        with: placed.length > 0 ? [storeTimeline(placed)] : [],
        deliveries,
        placements,
        at,
      });
      const changed = await database.unit(async (again) => {
        if ((await database.query(statement)).length > 0) return true;
        // An attempt whose answer was lost may have dropped the lease. No other unit does so and keeps the epoch.
        return again && drop && (await wasDropped({ database, leases }, lease, finish));
      });
      return changed ? end : null;
    })
    .then((changed) => {
      if (drop) leases.forget(lease);
      return changed;
    });
}

async function wasDropped(
  { database }: Work,
  { seq, epoch }: Lease,
  finished: boolean,
): Promise<boolean> {
  const rows = await database.query(
    sql`SELECT 1 FROM tusd_uploads
      WHERE seq = ${seq}::bigint AND lease_owner IS NULL AND lease_epoch = ${epoch}::bigint
      ${finished ? constant(` AND state = 'finished'`) : NOTHING}`,
  );
  return rows.length > 0;
}
