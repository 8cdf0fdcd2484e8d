import type { AskedListener } from '../processes.ts';
import type { Database } from './database/database.ts';
import type { Listener } from './database/listener.ts';
import { sql } from './database/sql.ts';
import { ALIVE } from './tables/lease-sql.ts';

/** Its payload is the name of the process that is asked. */
export const CHANNEL = 'tusd_asks';

/** How often a process looks for asks where no notification comes through (milliseconds). */
const POLL = 500;
/** The same where they come through: some may be lost. */
const SELDOM_POLL = 5_000;

/**
 * Asks other processes to let go of uploads, and hears what they ask. An ask is a row; a notification only
 * tells that there is one, so nothing is lost where notifications do not come through.
 */
export class Asks {
  readonly #database: Database;
  readonly #owner: string;
  readonly #listener: Listener | undefined;
  #asked: AskedListener | undefined;
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  #again = false;
  #closed = false;

  /** `listener` is absent behind a pooler. */
  constructor(database: Database, owner: string, listener: Listener | undefined) {
    this.#database = database;
    this.#owner = owner;
    this.#listener = listener;
  }

  /** See Catalog. */
  async ask(id: string, urgent: boolean): Promise<boolean> {
    await this.#database.run(
      sql`WITH asked AS (INSERT INTO tusd_asks AS a (owner, upload, urgent, asked_at)
          SELECT lease_owner, id, ${urgent}::boolean, clock_timestamp() FROM tusd_uploads
          WHERE id = ${id}::text AND lease_owner <> ${this.#owner}::uuid AND lease_owner IN (${ALIVE})
          ON CONFLICT (owner, upload) DO UPDATE
            SET urgent = a.urgent OR excluded.urgent, asked_at = excluded.asked_at
          RETURNING owner)
        SELECT pg_notify(${CHANNEL}, owner::text) FROM asked`,
    );
    return true;
  }

  /** Calls back for each upload that this process is asked for, until `close`. */
  listen(asked: AskedListener): void {
    const first = this.#asked === undefined;
    this.#asked = asked;
    if (!first) return;
    this.#listener?.start(CHANNEL, (payload) => {
      if (payload === this.#owner) void this.#look();
    });
    this.#schedule();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#timer);
    await this.#listener?.close();
  }

  #schedule(): void {
    if (this.#closed) return;
    clearTimeout(this.#timer);
    const wait = this.#listener?.isListening ? SELDOM_POLL : POLL;
    this.#timer = setTimeout(() => void this.#look(), wait);
    this.#timer.unref();
  }

  async #look(): Promise<void> {
    if (this.#closed) return;
    if (this.#looking) {
      this.#again = true;
      return;
    }
    this.#looking = true;
    try {
      do {
        this.#again = false;
        const rows = await this.#database.run<{ upload: string; urgent: boolean }>(
          sql`DELETE FROM tusd_asks WHERE owner = ${this.#owner}::uuid RETURNING upload, urgent`,
        );
        for (const { upload, urgent } of rows) this.#asked?.(upload, urgent);
      } while (this.#again);
    } catch {
      // The caller asks again, and the heartbeat warns that the database cannot be reached.
    } finally {
      this.#looking = false;
      this.#schedule();
    }
  }
}
