import type { Database, Statement } from 'better-sqlite3';
import type { TimelineEntry, TimelineEvent } from '../../model/timeline.ts';

interface Row {
  position: number;
  at: number;
  event: string;
  detail: string;
}

type Received = TimelineEvent & { readonly event: 'received' };

/** Requests further apart than this are told apart in the timeline (milliseconds). */
const MERGE_WITHIN = 60_000;

/** More than a person reads: from here on what clients can repeat for ever takes no more room. */
const MOST = 1_000;
const REPEATABLE: ReadonlySet<string> = new Set(['received', 'rejected', 'refused']);

/** The `timeline` table: what happened to an upload, in order. */
export class TimelineTable {
  readonly #insert: Statement<[number, number, number, string, string]>;
  readonly #last: Statement<[number], Row>;
  readonly #merge: Statement;
  readonly #all: Statement<[number], Row>;

  constructor(database: Database) {
    this.#insert = database.prepare(
      `INSERT OR REPLACE INTO timeline (upload, position, at, event, detail)
       VALUES (?, ?, ?, ?, ?)`,
    );
    this.#last = database.prepare(
      `SELECT position, at, event, detail FROM timeline WHERE upload = ?
       ORDER BY position DESC LIMIT 1`,
    );
    this.#merge = database.prepare(
      'UPDATE timeline SET detail = ? WHERE upload = ? AND position = ?',
    );
    this.#all = database.prepare(
      'SELECT position, at, event, detail FROM timeline WHERE upload = ? ORDER BY position',
    );
  }

  /** What is known of an upload as its record is made. */
  begin(upload: number, at: number, entries: readonly TimelineEvent[]): void {
    for (const [index, { event, ...detail }] of entries.entries()) {
      this.#insert.run(upload, index + 1, at, event, JSON.stringify(detail));
    }
  }

  add(upload: number, at: number, entry: TimelineEvent): void {
    const { event, ...detail } = entry;
    const last = this.#last.get(upload);
    if (last && entry.event === 'received' && this.#extend(upload, last, at, entry)) return;
    const full = last && last.position >= MOST && isRepeated(last.event, event);
    const position = full ? last.position : (last?.position ?? 0) + 1;
    this.#insert.run(upload, position, at, event, JSON.stringify(detail));
  }

  of(upload: number): TimelineEntry[] {
    return this.#all.all(upload).map((row) => {
      return { at: row.at, event: row.event, ...JSON.parse(row.detail) } as TimelineEntry;
    });
  }

  /** A terabyte in 5 MiB requests is one line, not two hundred thousand. */
  #extend(upload: number, last: Row, at: number, entry: Received): boolean {
    if (last.event !== 'received') return false;
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
    this.#merge.run(JSON.stringify(merged), upload, last.position);
    return true;
  }
}

function isRepeated(before: string, event: string): boolean {
  return REPEATABLE.has(before) && REPEATABLE.has(event);
}
