import type { Database, Statement } from 'better-sqlite3';
import { follow, type TimelineEntry, type TimelineEvent } from '../../../model/timeline.ts';

interface Row {
  position: number;
  at: number;
  event: string;
  detail: string;
}

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

  /** Inserts the first entries of a new upload. */
  begin(upload: number, at: number, entries: readonly TimelineEvent[]): void {
    for (const [index, { event, ...detail }] of entries.entries()) {
      this.#insert.run(upload, index + 1, at, event, JSON.stringify(detail));
    }
  }

  /** Inserts the history of an upload that was received elsewhere. */
  replay(upload: number, entries: readonly TimelineEntry[]): void {
    for (const [index, { at, event, ...detail }] of entries.entries()) {
      this.#insert.run(upload, index + 1, at, event, JSON.stringify(detail));
    }
  }

  add(upload: number, at: number, entry: TimelineEvent): void {
    const { event, ...detail } = entry;
    const last = this.#last.get(upload);
    const step = follow(last && entryOf(last), last?.position ?? 0, { at, ...entry });
    if (step.kind === 'merged') {
      const { at: _at, event: _event, ...merged } = step.entry;
      this.#merge.run(JSON.stringify(merged), upload, step.position);
    } else this.#insert.run(upload, step.position, at, event, JSON.stringify(detail));
  }

  of(upload: number): TimelineEntry[] {
    return this.#all.all(upload).map(entryOf);
  }
}

function entryOf({ at, event, detail }: Row): TimelineEntry {
  return { at, event, ...JSON.parse(detail) } as TimelineEntry;
}
