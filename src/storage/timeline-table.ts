import type { Database, Statement } from 'better-sqlite3';
import type { TimelineEntry, TimelineEvent } from './timeline.ts';

interface Row {
  seq: number;
  at: number;
  event: string;
  detail: string;
}

/** Requests further apart than this are told apart in the timeline (milliseconds). */
const MERGE_WITHIN = 60_000;

/** The `timeline` table: what happened to an upload, in order. */
export class TimelineTable {
  readonly #insert: Statement;
  readonly #last: Statement<[number], Row>;
  readonly #merge: Statement;
  readonly #all: Statement<[number], Row>;

  constructor(database: Database) {
    this.#insert = database.prepare(
      'INSERT INTO timeline (upload, at, event, detail) VALUES (?, ?, ?, ?)',
    );
    this.#last = database.prepare(
      'SELECT seq, at, event, detail FROM timeline WHERE upload = ? ORDER BY seq DESC LIMIT 1',
    );
    this.#merge = database.prepare('UPDATE timeline SET detail = ? WHERE seq = ?');
    this.#all = database.prepare(
      'SELECT seq, at, event, detail FROM timeline WHERE upload = ? ORDER BY seq',
    );
  }

  add(upload: number, at: number, entry: TimelineEvent): void {
    const { event, ...detail } = entry;
    if (entry.event === 'received' && this.#extend(upload, at, entry)) return;
    this.#insert.run(upload, at, event, JSON.stringify(detail));
  }

  of(upload: number): TimelineEntry[] {
    return this.#all.all(upload).map((row) => {
      return { at: row.at, event: row.event, ...JSON.parse(row.detail) } as TimelineEntry;
    });
  }

  /** A terabyte in 5 MiB requests is one line, not two hundred thousand. */
  #extend(upload: number, at: number, entry: TimelineEvent & { event: 'received' }): boolean {
    const last = this.#last.get(upload);
    if (last?.event !== 'received') return false;
    const before = JSON.parse(last.detail) as Omit<typeof entry, 'event'>;
    const follows =
      before.interrupted === null &&
      before.to === entry.from &&
      before.origin.address === entry.origin.address &&
      at - before.until < MERGE_WITHIN;
    if (!follows) return false;
    const merged = {
      ...before,
      to: entry.to,
      requests: before.requests + 1,
      until: entry.until,
      interrupted: entry.interrupted,
    };
    this.#merge.run(JSON.stringify(merged), last.seq);
    return true;
  }
}
