import {
  type Placement,
  type PlacementStatus,
  placementStatus,
} from '../../storage/model/placement.ts';
import type { Column } from '../../terminal/column.ts';
import { formatCount } from '../../terminal/size.ts';
import type { Paint, Style } from '../../terminal/style.ts';
import { formatIso } from '../../terminal/time.ts';
import { sanitize } from '../../text/sanitize.ts';
import { formatAge, formatDuration, formatRelative } from '../../text/span.ts';
import { isoOrNull } from './upload-view.ts';

/** For programs: the format is stable; keys may be added, but not removed. */
export function placementJson(placement: Placement) {
  return {
    id: placement.seq,
    upload: placement.upload,
    rule: placement.rule,
    status: placementStatus(placement),
    attempts: placement.attempts,
    createdAt: formatIso(placement.createdAt),
    nextAt: placement.state === 'pending' ? isoOrNull(placement.nextAt) : null,
    doneAt: isoOrNull(placement.doneAt),
    path: placement.path,
    lastError: placement.lastError,
  };
}

export const PLACEMENT_COLUMNS: readonly Column[] = [
  { header: 'NO', align: 'right' },
  { header: 'STATE' },
  { header: 'RULE' },
  { header: 'UPLOAD' },
  { header: 'TRIES', align: 'right' },
  { header: 'AGE' },
  { header: 'NEXT' },
  { header: 'PLACE OR LAST ERROR', flexible: true, min: 20 },
];

export interface PlacementRowOptions {
  readonly style: Style;
  /** Milliseconds since the epoch. */
  readonly now: number;
  /** The upload's id, as displayed. */
  readonly upload: string;
}

export function placementRow(placement: Placement, { style, now, upload }: PlacementRowOptions) {
  const status = placementStatus(placement);
  return [
    String(placement.seq),
    paintOf(status, style)(status),
    sanitize(placement.rule),
    sanitize(upload),
    formatCount(placement.attempts),
    formatAge(now - placement.createdAt),
    nextCell(placement, now),
    sanitize(placement.path ?? placement.lastError ?? ''),
  ];
}

/** What is on its way, or was given up, as a line of the timeline; null for what was delivered. */
export function placementText(placement: Placement, now: number): string | null {
  const { rule, state, attempts, lastError, nextAt } = placement;
  if (state === 'placed') return null;
  const what = `delivery by the rule ${rule}`;
  if (state === 'skipped') return `${what}: not done: ${lastError}`;
  if (attempts === 0) return `${what}: waiting`;
  const next = nextAt === null || nextAt <= now ? 'now' : `in ${formatDuration(nextAt - now)}`;
  return `${what}: failed ${attempts === 1 ? 'once' : `${formatCount(attempts)} times`}, the next attempt ${next}: ${lastError}`;
}

function paintOf(status: PlacementStatus, style: Style): Paint {
  switch (status) {
    case 'pending':
      return (text) => text;
    case 'failing':
      return style.warn;
    case 'skipped':
      return style.dim;
    case 'delivered':
      return style.ok;
  }
}

function nextCell({ state, nextAt }: Placement, now: number): string {
  if (state !== 'pending' || nextAt === null) return '-';
  return nextAt <= now ? 'now' : formatRelative(nextAt - now);
}
