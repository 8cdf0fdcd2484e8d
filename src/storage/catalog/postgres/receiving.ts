import type { Held, Receiving } from '../catalog.ts';
import { changeLeased, held } from './changing.ts';
import { create, timed } from './creating.ts';
import { sql } from './database/sql.ts';
import { newTaken, type TakenRow } from './held-leases.ts';
import { recordProgress, voidedOf } from './progress.ts';
import { free, take } from './tables/lease-sql.ts';
import { begin, LAST_ENTRY } from './tables/timeline-sql.ts';
import { RECORD, toRecord, type UploadRow } from './tables/upload-columns.ts';
import type { Work } from './work.ts';

/** See Catalog. Each unit is one statement. */
export function createReceiving(work: Work): Receiving {
  const { database, leases } = work;
  return {
    createUpload: (creation) => create(work, timed(creation), null),
    createFinished: (creation) => create(work, timed(creation), null),
    adopt: ({ record, timeline }) =>
      create(work, { record, timeline, deliveries: [], at: record.createdAt }, null),

    createLeased: (creation) =>
      leases.taking(creation.record.id, async () => {
        const upload = timed(creation);
        const record = await create(work, upload, leases.owner);
        const rows = begin(upload.timeline).map(({ row }) => row);
        return { record, lease: leases.keep(record.id, newTaken(record.seq, rows)) };
      }),

    beginAppend: (id) => leases.taking(id, () => beginAppend(work, id)),

    record: (lease, { change, timeline, at }) =>
      changeLeased(work, lease, { change, timeline, at }),

    progress: (batch) => recordProgress(work, batch),

    voided: (asked) => voidedOf(work, asked),

    endAppend: (lease, { change, timeline, at }) =>
      changeLeased(work, lease, { change, timeline, at, drop: true }),

    async release(lease) {
      await database.run(
        sql`UPDATE tusd_uploads SET lease_owner = NULL WHERE ${held(leases.owner, lease)}`,
      );
      leases.forget(lease);
    },

    finish: (lease, { change, timeline, deliveries, placements, at }) =>
      changeLeased(work, lease, {
        change: { ...change, state: 'finished', finishedAt: at, refusal: null },
        timeline: [...timeline, { event: 'finished' }],
        at,
        deliveries,
        placements,
        drop: true,
        finish: true,
      }),

    refuse: (lease, { why, remembered, change = {}, at }) =>
      changeLeased(work, lease, {
        change: { ...change, ...(remembered ? { refusal: why } : {}) },
        timeline: [{ event: 'refused', why }],
        at,
        drop: true,
      }),
  };
}

/** A record, with the lease that was taken of it, if it was. */
type HeldRow = UploadRow & Omit<TakenRow, 'seq' | 'epoch'> & { readonly epoch: number | null };

async function beginAppend({ database, leases }: Work, id: string): Promise<Held | undefined> {
  const [found] = await database.run<HeldRow>(
    sql`WITH taken AS (
        UPDATE tusd_uploads AS u SET ${take(leases.owner)}
        WHERE u.id = ${id}::text AND u.state = 'receiving' AND u.kind <> 'final'
          AND ${free(leases.owner)}
        RETURNING ${RECORD}, u.lease_epoch AS epoch, u.entries, ${LAST_ENTRY} AS last)
      SELECT * FROM taken
      UNION ALL
      SELECT ${RECORD}, NULL, u.entries, NULL FROM tusd_uploads AS u
      WHERE u.id = ${id}::text AND NOT EXISTS (SELECT 1 FROM taken)`,
  );
  if (!found) return undefined;
  const { epoch, entries, last, ...row } = found;
  const record = toRecord(row);
  if (epoch === null) return { record, lease: null };
  return { record, lease: leases.keep(id, { seq: record.seq, epoch, entries, last }) };
}
