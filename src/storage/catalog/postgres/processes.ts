import { randomUUID } from 'node:crypto';
import type { Inheritance, Lease, Processes } from '../catalog.ts';
import type { OwnerRole, ProcessInfo, ProcessReport } from '../processes.ts';
import type { Asks } from './asks.ts';
import { constant, sql } from './database/sql.ts';
import type { TakenRow } from './held-leases.ts';
import { ALIVE, take } from './tables/lease-sql.ts';
import { LAST_ENTRY } from './tables/timeline-sql.ts';
import type { Work } from './work.ts';

interface ProcessRow extends Pick<ProcessInfo, 'role' | 'lag'> {
  readonly report: ProcessReport;
}

/** The columns of a ProcessRow. */
const PROCESS = constant(
  `role, report, greatest(0, extract(epoch FROM clock_timestamp() - beat) * 1000)::bigint AS lag`,
);

function toInfo({ role, report, lag }: ProcessRow): ProcessInfo {
  return { ...report, role, lag };
}

/** See Catalog. The database's clock decides who is alive, and never `at`. */
export function createProcesses(work: Work, role: OwnerRole, asks: Asks): Processes {
  const { database, leases } = work;
  const me = leases.owner;
  return {
    async heartbeat(_at, report) {
      // The second statement is upkeep: commands that were killed, and asks that nobody reads any more.
      await database.run(
        sql`WITH old AS (DELETE FROM tusd_processes WHERE role <> 'daemon' AND owner <> ${me}::uuid
            AND beat < clock_timestamp() - interval '1 hour'),
          stale AS (DELETE FROM tusd_asks WHERE asked_at < clock_timestamp() - interval '1 minute')
          INSERT INTO tusd_processes (owner, role, beat, report)
          VALUES (${me}::uuid, ${role}::text, clock_timestamp(), ${JSON.stringify(report)}::json)
          ON CONFLICT (owner) DO UPDATE SET beat = excluded.beat, report = excluded.report`,
      );
    },

    async processes() {
      const rows = await database.run<ProcessRow>(
        sql`SELECT ${PROCESS} FROM tusd_processes WHERE owner IN (${ALIVE})`,
      );
      return rows.map(toInfo).toSorted((a, b) => a.startedAt - b.startedAt);
    },

    inheritLeases: () => inherit(work),

    async leave() {
      await database.run(
        sql`WITH process AS (DELETE FROM tusd_processes WHERE owner = ${me}::uuid),
          asks AS (DELETE FROM tusd_asks WHERE owner = ${me}::uuid)
          UPDATE tusd_uploads SET lease_owner = NULL WHERE lease_owner = ${me}::uuid`,
      );
      leases.forgetAll();
    },

    async isLeased(id) {
      const rows = await database.run(
        sql`SELECT 1 FROM tusd_uploads WHERE id = ${id}::text AND lease_owner IN (${ALIVE})`,
      );
      return rows.length > 0;
    },

    async writerOf(id) {
      const [row] = await database.run<ProcessRow>(
        sql`SELECT ${PROCESS} FROM tusd_processes WHERE owner IN (${ALIVE})
            AND owner = (SELECT lease_owner FROM tusd_uploads WHERE id = ${id}::text)`,
      );
      return row ? toInfo(row) : null;
    },

    ask: (id, urgent) => asks.ask(id, urgent),
    onAsked: (listener) => asks.listen(listener),

    async claimSlot(schedule, slot) {
      // Tells a claim whose answer was lost from that of another.
      const claim = randomUUID();
      const rows = await database.run(
        sql`INSERT INTO tusd_slots AS s (schedule, slot, claim)
          VALUES (${schedule}::text, ${slot}::bigint, ${claim}::uuid)
          ON CONFLICT (schedule) DO UPDATE SET slot = excluded.slot, claim = excluded.claim
            WHERE s.slot < excluded.slot OR (s.slot = excluded.slot AND s.claim = excluded.claim)
          RETURNING 1`,
      );
      return rows.length > 0;
    },

    async note(key) {
      const [row] = await database.run<{ value: string }>(
        sql`SELECT value FROM tusd_notes WHERE key = ${key}::text`,
      );
      return row?.value ?? null;
    },

    async setNote(key, value) {
      await database.run(
        sql`INSERT INTO tusd_notes (key, value) VALUES (${key}::text, ${value}::text)
          ON CONFLICT (key) DO UPDATE SET value = excluded.value`,
      );
    },
  };
}

type Row = Pick<Lease, 'id'> & TakenRow & { readonly ended: number };

/**
 * Takes the leases of daemons that are gone, and of processes that nothing is known of. Also those that the
 * database has in this process's name and that it does not know: the answer to a unit that took or dropped
 * one was lost.
 */
async function inherit({ database, leases }: Work): Promise<Inheritance> {
  const me = leases.owner;
  const rows = await database.run<Row>(
    sql`WITH gone AS (DELETE FROM tusd_processes WHERE role = 'daemon' AND owner <> ${me}::uuid
          AND owner NOT IN (${ALIVE}) RETURNING owner),
      taken AS (UPDATE tusd_uploads AS u SET ${take(me)}
        WHERE u.lease_owner <> ${me}::uuid AND (u.lease_owner IN (SELECT owner FROM gone)
          OR u.lease_owner NOT IN (SELECT owner FROM tusd_processes))
        RETURNING u.id, u.seq, u.lease_epoch AS epoch, u.entries, ${LAST_ENTRY} AS last)
      SELECT g.ended, t.* FROM (SELECT count(*) AS ended FROM gone) AS g LEFT JOIN taken AS t ON true`,
  );
  const taken = rows.filter(({ id }) => id !== null).map((row) => leases.keep(row.id, row));
  const strays = (await takeStrays({ database, leases })).map((row) => leases.keep(row.id, row));
  return { leases: [...taken, ...strays], ended: rows[0]!.ended };
}

async function takeStrays({ database, leases }: Work): Promise<Row[]> {
  const mine = await database.run<Lease>(
    sql`SELECT id, seq, lease_epoch AS epoch FROM tusd_uploads
      WHERE lease_owner = ${leases.owner}::uuid`,
  );
  const strays = mine.filter((lease) => leases.isStray(lease));
  if (strays.length === 0) return [];
  return database.run<Row>(
    sql`UPDATE tusd_uploads AS u SET ${take(leases.owner)}
      FROM unnest(${strays.map(({ seq }) => seq)}::bigint[],
        ${strays.map(({ epoch }) => epoch)}::bigint[]) AS x (seq, epoch)
      WHERE u.seq = x.seq AND u.lease_owner = ${leases.owner}::uuid AND u.lease_epoch = x.epoch
      RETURNING u.id, u.seq, u.lease_epoch AS epoch, u.entries, ${LAST_ENTRY} AS last`,
  );
}
