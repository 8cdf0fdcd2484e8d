import { STATUS_SQL } from './status-query.ts';

const FINAL_OF_PART =
  'SELECT 1 FROM parts JOIN uploads AS final ON final.seq = parts.final WHERE parts.part = uploads.id';
/** true for a part whose final upload is not removed. */
export const FOLDED = `(kind = 'partial' AND state IN ('receiving', 'joining', 'finished')
  AND EXISTS (${FINAL_OF_PART} AND final.state IN ('receiving', 'joining', 'finished')))`;
const JOINED = `(kind = 'partial' AND EXISTS (${FINAL_OF_PART} AND final.state = 'finished'))`;

/**
 * Nearly all uploads are finished; an index sums them: first all, then those that expired under the
 * policy, then those that expired earlier by themselves. The few others are read one by one.
 */
const FINISHED_TOTALS = (status: string) => `
  SELECT 'finished' AS state, '${status}' AS status, 0 AS part, 0 AS folded,
    count(*) AS count, coalesce(sum(offset), 0) AS bytes, coalesce(sum(offset), 0) AS bytesOnce
  FROM uploads WHERE state = 'finished' AND kind <> 'partial'`;
const OTHER_TOTALS = (where: string) => `
  SELECT state, ${STATUS_SQL} AS status, kind = 'partial' AS part, ${FOLDED} AS folded,
    count(*) AS count, sum(offset) AS bytes,
    sum(CASE WHEN ${JOINED} THEN 0 ELSE offset END) AS bytesOnce
  FROM uploads WHERE ${where} GROUP BY 1, 2, 3, 4`;
const statusTotalsOf = (and: string) =>
  [
    `${FINISHED_TOTALS('finished')}${and}`,
    `${FINISHED_TOTALS('expired')} AND finished_at <= @finishedBefore${and}`,
    `${FINISHED_TOTALS('expired')} AND expires_at IS NOT NULL AND expires_at <= @now
      AND (finished_at <= @finishedBefore) IS NOT TRUE${and}`,
    OTHER_TOTALS(`state = 'finished' AND kind = 'partial'${and}`),
    OTHER_TOTALS(`state IN ('receiving', 'joining')${and}`),
    OTHER_TOTALS(`state IN ('removing', 'removed')${and}`),
  ].join(' UNION ALL ');
/** Totals by status: of all uploads, and of those of `@owner`. */
export const STATUS_TOTALS = statusTotalsOf('');
export const STATUS_TOTALS_OF_OWNER = statusTotalsOf(' AND owner = @owner');
