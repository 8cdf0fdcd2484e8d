import type { Status } from '../../admin/status.ts';
import { formatCount, formatSize } from '../../terminal/size.ts';
import type { Style } from '../../terminal/style.ts';
import { formatDateTime, type TimeOptions } from '../../terminal/time.ts';
import { sanitize } from '../../text/sanitize.ts';
import { formatDuration } from '../../text/span.ts';

export interface StatusLook extends TimeOptions {
  readonly style: Style;
  /** Milliseconds since the epoch. */
  readonly now: number;
}

/** What a running daemon says of itself, in lines for a person. */
export function statusLines(status: Status, look: StatusLook): string[] {
  const { style } = look;
  const ready = status.status === 'ready';
  const word = ready ? style.ok('ready') : style.bad('not ready');
  const rows: readonly (readonly [string, string])[] = [
    ['uploads', uploadsText(status)],
    ['now', nowText(status)],
    ['bytes', bytesText(status)],
    ['requests', requestsText(status)],
    ['errors', countsText(status.errors) || 'none'],
    ['clients', clientsText(status)],
    ...hookRows(status, look),
    ...ruleRows(status, look),
    ['sweeps', sweepsText(status, look)],
    ['disk', diskText(status)],
    ['process', processText(status)],
  ];
  return [
    `${style.strong(`tusd-ts ${sanitize(status.version)}`)}  ${word} · up ${formatDuration(status.uptimeMs)}`,
    ...status.reasons.map((reason) => `  ${style.bad(sanitize(reason))}`),
    ...rows.map(([name, text]) => `  ${name.padEnd(9)} ${sanitize(text)}`),
  ];
}

/** "3 expired, 1 terminated", the most frequent first. */
function countsText(counts: Readonly<Record<string, number>>): string {
  return Object.entries(counts)
    .filter(([, count]) => count > 0)
    .sort(([, left], [, right]) => right - left)
    .map(([name, count]) => `${formatCount(count)} ${name.replaceAll('_', ' ')}`)
    .join(', ');
}

function sumOf(counts: Readonly<Record<string, number>>): number {
  return Object.values(counts).reduce((sum, count) => sum + count, 0);
}

function withCauses(counts: Readonly<Record<string, number>>, what: string): string {
  const causes = countsText(counts);
  return `${formatCount(sumOf(counts))} ${what}${causes === '' ? '' : ` (${causes})`}`;
}

function uploadsText({ uploads: { created, finished, removed, refused } }: Status): string {
  return [
    `${formatCount(sumOf(created))} created`,
    `${formatCount(sumOf(finished))} finished`,
    withCauses(removed, 'removed'),
    withCauses(refused, 'refused'),
  ].join(' · ');
}

function nowText({ bodies, uploads: { unfinished } }: Status): string {
  if (bodies === null) return 'the storage is not open yet';
  const { receiving, stalled } = bodies;
  const open = countsText(unfinished);
  return `${formatCount(receiving)} coming in, ${formatCount(stalled)} silent · unfinished: ${open || 'none'}`;
}

function bytesText({ received: { direct, stream }, connections: { sentBytes } }: Status): string {
  const paths = `${formatSize(direct)} from sockets, ${formatSize(stream)} as streams`;
  return `${formatSize(direct + stream)} received (${paths}) · ${formatSize(sentBytes)} sent`;
}

function requestsText({ requests }: Status): string {
  const each = Object.entries(requests).map(
    ([method, { count, meanMs }]) =>
      `${formatCount(count)} ${method} (${formatDuration(meanMs)} on average)`,
  );
  return each.join(' · ') || 'none';
}

function clientsText({ connections: { open, accepted, refused } }: Status): string {
  return `${formatCount(open)} connected · ${formatCount(accepted)} so far · ${formatCount(refused)} turned away`;
}

function hookRows(
  { deliveries, hooks }: Status,
  { now }: StatusLook,
): (readonly [string, string])[] {
  const names = [...new Set([...Object.keys(hooks), ...deliveries.map(({ hook }) => hook)])];
  return names.map((name) => {
    const waiting = deliveries.find(({ hook }) => hook === name);
    const { pending = 0, failing = 0, dead = 0, oldestAt = null } = waiting ?? {};
    const oldest = oldestText(oldestAt, now);
    const attempts = countsText(hooks[name] ?? {}) || 'none';
    const text = `${name}: ${formatCount(pending)} pending, ${formatCount(failing)} failing, ${formatCount(dead)} dead${oldest} · attempts: ${attempts}`;
    return ['hook', text] as const;
  });
}

function ruleRows(
  { undelivered, delivered }: Status,
  { now }: StatusLook,
): (readonly [string, string])[] {
  const names = new Set([...Object.keys(delivered), ...undelivered.map(({ rule }) => rule)]);
  return [...names].map((name) => {
    const waiting = undelivered.find(({ rule }) => rule === name);
    const { pending = 0, failing = 0, oldestAt = null } = waiting ?? {};
    const counts = `${formatCount(pending)} pending, ${formatCount(failing)} failing`;
    const done = `${formatCount(delivered[name] ?? 0)} delivered`;
    return ['rule', `${name}: ${counts}${oldestText(oldestAt, now)} · ${done}`] as const;
  });
}

function oldestText(oldestAt: string | null, now: number): string {
  return oldestAt === null ? '' : `, the oldest ${formatDuration(now - Date.parse(oldestAt))} old`;
}

function sweepsText({ sweeps }: Status, look: StatusLook): string {
  const { done, failed, removed, freedBytes, lastAt, nextAt } = sweeps;
  const timeOf = (at: string | null) =>
    at === null ? 'none' : formatDateTime(Date.parse(at), look);
  return [
    `${formatCount(done)} done, ${formatCount(failed)} failed`,
    `${formatCount(removed)} removed (${formatSize(freedBytes)})`,
    `last ${timeOf(lastAt)}`,
    `next ${timeOf(nextAt)}`,
  ].join(' · ');
}

function diskText({ disk: { freeBytes, floorBytes } }: Status): string {
  const free = freeBytes === null ? 'unknown' : formatSize(freeBytes);
  return `${free} free · ${floorBytes === null ? 'no floor' : `${formatSize(floorBytes)} stay free`}`;
}

function processText({ memoryBytes, eventLoopDelayMs: { mean, p99, max } }: Status): string {
  return `${formatSize(memoryBytes)} of memory · timers are ${mean} ms late on average, ${p99} ms at the 99th percentile, ${max} ms at most`;
}
