import type { Database, Statement } from 'better-sqlite3';

/** What takes leases: a daemon, or a command that removes. */
export type OwnerRole = 'daemon' | 'command';

/** A lease is void when its owner has not been heard of for this long (milliseconds). */
export const LEASE_VOID_AFTER = 30_000;

/**
 * The `leases` and `owners` tables: who is writing an upload now, between processes. One heartbeat
 * per process, not per lease, so that thousands of quiet uploads cost nothing.
 */
export class LeasesTable {
  readonly #take: Statement;
  readonly #drop: Statement;
  readonly #beat: Statement;
  readonly #holder: Statement<[string, number], { owner: string; takenAt: number }>;
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
    this.#take = database.prepare(
      `INSERT INTO leases (upload, owner, taken_at) VALUES (@upload, @owner, @now)
       ON CONFLICT (upload) DO UPDATE SET owner = @owner, taken_at = @now
       WHERE owner = @owner OR owner NOT IN
         (SELECT owner FROM owners WHERE heartbeat_at > @now - ${LEASE_VOID_AFTER})`,
    );
    this.#drop = database.prepare('DELETE FROM leases WHERE upload = ? AND owner = ?');
    this.#beat = database.prepare(
      `INSERT INTO owners (owner, role, heartbeat_at) VALUES (@owner, @role, @now)
       ON CONFLICT (owner) DO UPDATE SET heartbeat_at = @now`,
    );
    this.#holder = database.prepare(
      `SELECT leases.owner AS owner, taken_at AS takenAt FROM leases JOIN owners USING (owner)
       WHERE upload = ? AND heartbeat_at > ? - ${LEASE_VOID_AFTER}`,
    );
  }

  /** Compare-and-set: true when the lease is this owner's now. */
  take(upload: string, owner: string, now: number): boolean {
    return this.#take.run({ upload, owner, now }).changes === 1;
  }

  /** Returns false when the lease was no longer this owner's. */
  drop(upload: string, owner: string): boolean {
    return this.#drop.run(upload, owner).changes === 1;
  }

  /** Takes the lease away from whichever process holds it. */
  revoke(upload: string): void {
    this.#database.prepare('DELETE FROM leases WHERE upload = ?').run(upload);
  }

  /** Who holds a lease that counts, or undefined. */
  holder(upload: string, now: number): { owner: string; takenAt: number } | undefined {
    return this.#holder.get(upload, now);
  }

  beat(owner: string, role: OwnerRole, now: number): void {
    this.#beat.run({ owner, role, now });
  }

  /** Forgets an owner and all that it held. */
  leave(owner: string): void {
    this.#database.prepare('DELETE FROM leases WHERE owner = ?').run(owner);
    this.#database.prepare('DELETE FROM owners WHERE owner = ?').run(owner);
  }

  /**
   * Takes over what earlier daemons held when they ended, and forgets them: a daemon that starts is
   * the only one (serving-lock.ts). Returns the uploads. They stay leased until each was looked at,
   * so that a start which is cut short loses none. The owner's own heartbeat stays: without one its
   * leases would not count for other processes.
   */
  inherit(owner: string): string[] {
    this.#database
      .prepare(
        `UPDATE leases SET owner = ? WHERE owner NOT IN
           (SELECT owner FROM owners WHERE role <> 'daemon')`,
      )
      .run(owner);
    this.#database.prepare(`DELETE FROM owners WHERE role = 'daemon' AND owner <> ?`).run(owner);
    return this.#database
      .prepare<[string], string>('SELECT upload FROM leases WHERE owner = ?')
      .pluck()
      .all(owner) as string[];
  }
}
