import { formatSize } from '../../terminal/size.ts';
import type { Style } from '../../terminal/style.ts';
import { sanitize } from '../../text/sanitize.ts';
import { formatAge } from '../../text/span.ts';
import type { LineWriter } from '../output/line-writer.ts';
import type { RemovalOutcome } from './removal.ts';

export interface RemovalLook {
  readonly style: Style;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** Prints a line for each upload, with its full id: it will not be shown again. */
export async function printRemoval(
  lines: LineWriter,
  { action, given, view, bytes, fault }: RemovalOutcome,
  { style, now }: RemovalLook,
): Promise<void> {
  const paint = fault === null ? style.warn : style.bad;
  const name = view?.record.name;
  const words = [
    paint(action.replace('-', ' ')),
    sanitize(view?.record.id ?? given),
    ...(name ? [sanitize(name)] : []),
    ...(bytes > 0 ? [formatSize(bytes)] : []),
    fault === null ? stateOf(view, now) : sanitize(fault.title),
  ];
  await lines.line(words.filter((word) => word !== '').join('  '));
  if (fault?.code === 'CONFLICT') {
    await lines.line('  Remove the upload that needs it first, or both with --parts.');
  }
}

function stateOf(view: RemovalOutcome['view'], now: number): string {
  if (view === null || view.status === 'removed') return '';
  const age = formatAge(now - (view.record.finishedAt ?? view.record.activeAt));
  const when = age === 'now' ? 'just now' : `${age} ago`;
  if (view.record.finishedAt !== null) return `finished ${when}`;
  return `${view.status}, last byte ${when}`;
}

/** The format is documented in docs/json.md. */
export function removalJson({ action, given, view, bytes, fault }: RemovalOutcome) {
  return {
    action,
    given,
    id: view?.record.id ?? null,
    name: view?.record.name ?? null,
    kind: view?.record.kind ?? null,
    status: view?.status ?? null,
    bytes,
    error: fault === null ? null : { code: fault.code, message: fault.title },
  };
}

export function summaryOf(outcomes: readonly RemovalOutcome[]) {
  const count = (...actions: RemovalOutcome['action'][]) =>
    outcomes.filter(({ action }) => actions.includes(action)).length;
  return {
    removed: count('removed', 'would-remove'),
    alreadyRemoved: count('already-removed'),
    notFound: count('not-found'),
    failed: count('failed'),
    bytes: outcomes.reduce(
      (sum, { action, bytes }) =>
        /remove$|removed$/.test(action) && action !== 'already-removed' ? sum + bytes : sum,
      0,
    ),
  };
}
