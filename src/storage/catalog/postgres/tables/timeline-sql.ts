import { follow, type TimelineEntry, type TimelineEvent } from '../../../model/timeline.ts';
import { constant, type Sql, sql } from '../database/sql.ts';

/** Where a timeline ends: the position of its last entry (0: there is none), and that entry if known. */
export interface TimelineEnd {
  readonly entries: number;
  readonly last: TimelineEntry | undefined;
}

export const EMPTY: TimelineEnd = { entries: 0, last: undefined };

/** An entry as it is stored; `detail` is JSON. */
export interface TimelineRow {
  readonly at: number;
  readonly event: string;
  readonly detail: object;
}

interface Placed {
  readonly position: number;
  readonly row: TimelineRow;
}

/** The last entry of upload `u`, as one JSON value or null. */
export const LAST_ENTRY = constant(
  `(SELECT row_to_json(l) FROM (SELECT at, event, detail FROM tusd_timeline
     WHERE upload = u.seq AND position = u.entries) AS l)`,
);

/** Places entries after the end of a timeline; some are merged with the last one. */
export function extend(
  end: TimelineEnd,
  at: number,
  events: readonly TimelineEvent[],
): { readonly placed: readonly Placed[]; readonly end: TimelineEnd } {
  const rows = new Map<number, TimelineRow>();
  let { entries, last } = end;
  for (const event of events) {
    const step = follow(last, entries, { at, ...event });
    rows.set(step.position, rowOf(step.entry));
    entries = step.position;
    last = step.entry;
  }
  return {
    placed: [...rows].map(([position, row]) => ({ position, row })),
    end: { entries, last },
  };
}

/** The first entries of a new timeline. */
export function begin(entries: readonly TimelineEntry[]): readonly Placed[] {
  return entries.map((entry, index) => ({ position: index + 1, row: rowOf(entry) }));
}

/** Stores entries of the upload whose `seq` is in the table expression `u`. */
export function storeTimeline(placed: readonly Placed[]): Sql {
  const rows = placed.map(({ row }) => row);
  return sql`INSERT INTO tusd_timeline (upload, position, at, event, detail)
    SELECT u.seq, x.* FROM u, unnest(
      ${placed.map(({ position }) => position)}::int[], ${rows.map(({ at }) => at)}::bigint[],
      ${rows.map(({ event }) => event)}::text[],
      ${rows.map(({ detail }) => JSON.stringify(detail))}::json[]) AS x
    ON CONFLICT (upload, position) DO UPDATE
      SET at = excluded.at, event = excluded.event, detail = excluded.detail`;
}

/**
 * Stores an entry that stands for itself after all others, for a unit that has raised `entries` of the
 * upload in the table expression `u`.
 */
export function storeNext(at: number, entry: TimelineEvent): Sql {
  const { event, detail } = rowOf({ at, ...entry });
  return sql`INSERT INTO tusd_timeline (upload, position, at, event, detail)
    SELECT u.seq, u.entries, ${at}::bigint, ${event}::text, ${JSON.stringify(detail)}::json FROM u`;
}

export function entryOf({ at, event, detail }: TimelineRow): TimelineEntry {
  return { at, event, ...detail } as TimelineEntry;
}

function rowOf({ at, event, ...detail }: TimelineEntry): TimelineRow {
  return { at, event, detail };
}
