import type { Lease, Progress } from '../catalog.ts';
import { sql } from './database/sql.ts';
import type { HeldLeases } from './held-leases.ts';
import type { Work } from './work.ts';

/** See Catalog: one statement for all requests that run. */
export async function recordProgress(
  { database, leases }: Work,
  batch: readonly Progress[],
): Promise<Lease[]> {
  if (batch.length === 0) return [];
  const received = batch.map((one) => one.received);
  const rows = await database.run<Fence>(
    sql`UPDATE tusd_uploads AS u SET
        active_at = CASE WHEN b.received < u.received THEN u.active_at ELSE b.active_at END,
        received = greatest(u.received, b.received),
        crc32 = CASE WHEN b.received >= u.received THEN b.crc32 ELSE u.crc32 END,
        layout = CASE WHEN b.laid AND b.received >= u.received THEN b.layout ELSE u.layout END
      FROM unnest(${batch.map(({ lease }) => lease.seq)}::bigint[],
            ${batch.map(({ lease }) => lease.epoch)}::bigint[],
            ${batch.map(({ activeAt }) => activeAt)}::bigint[],
            ${received.map((one) => one?.offset ?? null)}::bigint[],
            ${received.map((one) => one?.crc32 ?? null)}::bigint[],
            ${received.map((one) => one?.layout !== undefined)}::boolean[],
            ${received.map((one) => one?.layout ?? null)}::text[])
            AS b (seq, epoch, active_at, received, crc32, laid, layout)
      WHERE u.seq = b.seq AND u.lease_owner = ${leases.owner}::uuid AND u.lease_epoch = b.epoch
      RETURNING u.seq, u.lease_epoch AS epoch`,
  );
  return lostOf(
    leases,
    batch.map(({ lease }) => lease),
    rows,
  );
}

/** See Catalog. */
export async function voidedOf(
  { database, leases }: Work,
  asked: readonly Lease[],
): Promise<Lease[]> {
  if (asked.length === 0) return [];
  const rows = await database.run<Fence>(
    sql`SELECT seq, lease_epoch AS epoch FROM tusd_uploads
      WHERE seq = ANY(${asked.map(({ seq }) => seq)}::bigint[])
        AND lease_owner = ${leases.owner}::uuid`,
  );
  return lostOf(leases, asked, rows);
}

type Fence = Pick<Lease, 'seq' | 'epoch'>;

/** Those that are not among the leases that were found to be held. */
function lostOf(leases: HeldLeases, asked: readonly Lease[], found: readonly Fence[]): Lease[] {
  const held = new Map(found.map(({ seq, epoch }) => [seq, epoch]));
  const lost = asked.filter(({ seq, epoch }) => held.get(seq) !== epoch);
  for (const lease of lost) leases.forget(lease);
  return lost;
}
