import type { Database, Statement } from 'better-sqlite3';
import { LEASE_VOID_AFTER, type OwnerRole, type ProcessInfo } from '../../processes.ts';

/** One lease of one process. Owner ids are never reused, so neither is the pair. */
export interface Holder {
  readonly owner: string;
  readonly epoch: number;
}

/**
 * The `leases` and `owners` tables: which process is writing which upload. One heartbeat per process,
 * not per lease, so thousands of quiet uploads cost nothing.
 */
export class LeasesTable {
  readonly #take: Statement;
  readonly #drop: Statement;
  readonly #void: Statement;
  readonly #holds: Statement<[string, string, number], number>;
  readonly #beat: Statement;
  readonly #holder: Statement<[string, number], string>;
  readonly #version: Statement<[], number>;
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    this.#take = database.prepare(
      `INSERT INTO leases (upload, owner, epoch, taken_at) VALUES (@upload, @owner, @epoch, @now)
       ON CONFLICT (upload) DO UPDATE SET owner = @owner, epoch = @epoch, taken_at = @now
       WHERE owner = @owner OR owner NOT IN
         (SELECT owner FROM owners WHERE heartbeat_at > @now - ${LEASE_VOID_AFTER})`,
    );
    this.#drop = database.prepare(
      'DELETE FROM leases WHERE upload = ? AND owner = ? AND epoch = ?',
    );
    this.#void = database.prepare('DELETE FROM leases WHERE upload = ?');
    this.#holds = database
      .prepare<[string, string, number], number>(
        'SELECT 1 FROM leases WHERE upload = ? AND owner = ? AND epoch = ?',
      )
      .pluck() as unknown as Statement<[string, string, number], number>;
    this.#beat = database.prepare(
      `INSERT INTO owners (owner, role, heartbeat_at, report) VALUES (@owner, @role, @now, @report)
       ON CONFLICT (owner) DO UPDATE SET heartbeat_at = @now, report = @report`,
    );
    this.#version = database.prepare<[], number>('PRAGMA data_version').pluck();
    this.#holder = database
      .prepare<[string, number], string>(
        `SELECT owner FROM leases JOIN owners USING (owner)
         WHERE upload = ? AND heartbeat_at > ? - ${LEASE_VOID_AFTER}`,
      )
      .pluck() as unknown as Statement<[string, number], string>;
  }

  /** Compare-and-set: true when this holder has the lease now. */
  take(upload: string, { owner, epoch }: Holder, now: number): boolean {
    return this.#take.run({ upload, owner, epoch, now }).changes === 1;
  }

  holds(upload: string, { owner, epoch }: Holder): boolean {
    return this.#holds.get(upload, owner, epoch) !== undefined;
  }

  /** Does nothing when this holder no longer has the lease. */
  drop(upload: string, { owner, epoch }: Holder): void {
    this.#drop.run(upload, owner, epoch);
  }

  /** Ends the lease of an upload, even if another process holds it. */
  dropAny(upload: string): void {
    this.#void.run(upload);
  }

  /** The owner of a valid lease, or undefined. */
  holder(upload: string, now: number): string | undefined {
    return this.#holder.get(upload, now);
  }

  /** `report` is the process's ProcessReport as JSON. */
  beat(owner: string, role: OwnerRole, now: number, report: string): void {
    this.#beat.run({ owner, role, now, report });
  }

  /** Processes whose heartbeats count, the oldest first. */
  alive(now: number): ProcessInfo[] {
    return this.#processes(now, "ORDER BY report ->> 'startedAt', owner");
  }

  /** The process that holds a valid lease, or null. */
  writer(upload: string, now: number): ProcessInfo | null {
    const holds = 'AND owner = (SELECT owner FROM leases WHERE upload = ?)';
    return this.#processes(now, holds, upload)[0] ?? null;
  }

  #processes(now: number, which: string, ...values: string[]): ProcessInfo[] {
    return this.#database
      .prepare<unknown[], { role: OwnerRole; heartbeat_at: number; report: string }>(
        `SELECT role, heartbeat_at, report FROM owners
         WHERE heartbeat_at > ? - ${LEASE_VOID_AFTER} AND report IS NOT NULL ${which}`,
      )
      .all(now, ...values)
      .map(({ role, heartbeat_at: at, report }) => ({
        ...JSON.parse(report),
        role,
        lag: Math.max(0, now - at),
      }));
  }

  /** Changes when another process has written to the catalog. */
  version(): number | undefined {
    return this.#version.get();
  }

  /** Deletes an owner and all its leases. */
  leave(owner: string): void {
    this.#database.prepare('DELETE FROM leases WHERE owner = ?').run(owner);
    this.#database.prepare('DELETE FROM owners WHERE owner = ?').run(owner);
  }

  /**
   * Takes over the leases of earlier daemons and deletes those owners: a daemon that starts is the only
   * one (serving-lock.ts). Returns the uploads. They stay leased until each is reconciled, so a start
   * that is cut short loses none. Keeps the new owner's heartbeat: without one its leases would not
   * count for other processes. `ended`: the number of earlier daemons.
   */
  inherit({ owner, epoch }: Holder): { readonly ids: string[]; readonly ended: number } {
    const ids = this.#database
      .prepare<unknown[], string>(
        `UPDATE leases SET owner = @owner, epoch = @epoch
         WHERE owner <> @owner AND owner NOT IN (SELECT owner FROM owners WHERE role <> 'daemon')
         RETURNING upload`,
      )
      .pluck()
      .all({ owner, epoch }) as string[];
    const { changes: ended } = this.#database
      .prepare(`DELETE FROM owners WHERE role = 'daemon' AND owner <> ?`)
      .run(owner);
    return { ids, ended };
  }
}
