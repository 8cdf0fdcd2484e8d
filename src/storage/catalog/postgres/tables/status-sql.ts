import type { StatusMoment } from '../../../model/list-query.ts';
import { type RecordState, STALLED_AFTER, type UploadStatus } from '../../../model/upload.ts';
import { constant, type Sql, sql } from '../database/sql.ts';

/** `statusOf` of upload `u` as SQL, so that counting and filtering many uploads loads no rows. */
export function statusSql({ now, idleSince, finishedBefore }: StatusMoment): Sql {
  return sql`CASE
    WHEN u.state IN ('removing', 'removed') THEN 'removed'
    WHEN u.expires_at <= ${now}::bigint THEN 'expired'
    WHEN u.state = 'finished' AND u.kind <> 'partial' AND u.finished_at <= ${finishedBefore}::bigint
      THEN 'expired'
    WHEN (u.state <> 'finished' OR u.kind = 'partial') AND u.active_at <= ${idleSince}::bigint
      THEN 'expired'
    WHEN u.state = 'finished' THEN 'finished'
    WHEN u.state = 'joining' THEN 'joining'
    WHEN u.kind = 'final' THEN 'waiting'
    WHEN u.active_at > ${now - STALLED_AFTER}::bigint THEN 'receiving'
    ELSE 'stalled' END`;
}

/** Exactly the conditions of small indexes, so that they are used. */
const NARROW: readonly (readonly [ReadonlySet<UploadStatus>, string])[] = [
  [new Set(['receiving', 'stalled', 'waiting', 'joining']), `u.state IN ('receiving', 'joining')`],
  [new Set(['removed']), `u.state IN ('removing', 'removed')`],
];

/** A condition that is true for uploads of these statuses. narrow: they are few. */
export function statusCondition(names: readonly UploadStatus[], at: StatusMoment): Narrowing {
  const condition = sql`${statusSql(at)} = ANY(${names}::text[])`;
  const index = NARROW.find(([statuses]) => names.every((name) => statuses.has(name)));
  if (!index) return { condition, narrow: false };
  return { condition: sql`${constant(index[1])} AND ${condition}`, narrow: true };
}

/** The same for stored states. Their names are constants. */
export function stateCondition(states: readonly RecordState[]): Narrowing {
  const condition =
    states.length === 0
      ? constant('false')
      : constant(`u.state IN (${states.map((state) => `'${state}'`).join(', ')})`);
  return {
    condition,
    narrow: states.every((state) => state === 'receiving' || state === 'joining'),
  };
}

export interface Narrowing {
  readonly condition: Sql;
  readonly narrow: boolean;
}

const FINAL_OF_PART =
  'SELECT 1 FROM tusd_parts JOIN tusd_uploads AS f ON f.seq = final WHERE part = u.id';

/** true for a part whose final upload is not removed. */
export const FOLDED = constant(
  `(u.kind = 'partial' AND u.state IN ('receiving', 'joining', 'finished')
    AND EXISTS (${FINAL_OF_PART} AND f.state IN ('receiving', 'joining', 'finished')))`,
);

/** true for a part that a finished upload holds as well. */
export const JOINED = constant(
  `(u.kind = 'partial' AND EXISTS (${FINAL_OF_PART} AND f.state = 'finished'))`,
);
