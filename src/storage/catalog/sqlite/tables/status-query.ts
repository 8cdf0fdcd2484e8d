import type { StatusMoment } from '../../../model/list-query.ts';
import { type RecordState, STALLED_AFTER, type UploadStatus } from '../../../model/upload.ts';

/** `statusOf` as SQL, so that counting and filtering many uploads loads no rows into the program. */
export const STATUS_SQL = `CASE
  WHEN state IN ('removing', 'removed') THEN 'removed'
  WHEN expires_at <= @now THEN 'expired'
  WHEN state = 'finished' AND kind <> 'partial' AND finished_at <= @finishedBefore THEN 'expired'
  WHEN (state <> 'finished' OR kind = 'partial') AND active_at <= @idleSince THEN 'expired'
  WHEN state = 'finished' THEN 'finished'
  WHEN state = 'joining' THEN 'joining'
  WHEN kind = 'final' THEN 'waiting'
  WHEN active_at > @stalledSince THEN 'receiving'
  ELSE 'stalled' END`;

/** The parameters of STATUS_SQL. */
export function statusParameters({ now, idleSince, finishedBefore }: StatusMoment) {
  return { now, idleSince, finishedBefore, stalledSince: now - STALLED_AFTER };
}

/** Exactly the conditions of partial indexes over few rows, so that SQLite uses them. */
const NARROW: readonly (readonly [ReadonlySet<UploadStatus>, string])[] = [
  [new Set(['receiving', 'stalled', 'waiting', 'joining']), `state IN ('receiving', 'joining')`],
  [new Set(['removed']), `state IN ('removing', 'removed')`],
];

/**
 * A condition that is true for uploads of these statuses (the names are constants and need no quoting).
 * narrow: a small index finds them, so the table is not scanned.
 */
export function statusCondition(statuses: readonly UploadStatus[]): {
  readonly sql: string;
  readonly narrow: boolean;
} {
  const sql = `${STATUS_SQL} IN (${statuses.map((status) => `'${status}'`).join(', ')})`;
  const index = NARROW.find(([names]) => statuses.every((status) => names.has(status)));
  return index ? { sql: `${index[1]} AND ${sql}`, narrow: true } : { sql, narrow: false };
}

/** The same for stored states. */
export function stateCondition(states: readonly RecordState[]): {
  readonly sql: string;
  readonly narrow: boolean;
} {
  const sql = `state IN (${states.map((state) => `'${state}'`).join(', ')})`;
  const unfinished = `state IN ('receiving', 'joining')`;
  const narrow = states.every((state) => state === 'receiving' || state === 'joining');
  return narrow ? { sql: `${unfinished} AND ${sql}`, narrow } : { sql, narrow };
}
