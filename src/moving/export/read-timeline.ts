import type { TimelineEntry, TimelineEvent } from '../../storage/model/timeline.ts';
import { isObject, type Json } from '../json-object.ts';

type Check = (value: unknown) => boolean;

const isText: Check = (value) => typeof value === 'string';
const isCount: Check = (value) => Number.isSafeInteger(value) && (value as number) >= 0;
const isTextOrNull: Check = (value) => value === null || isText(value);

export function isOrigin(value: unknown): boolean {
  return (
    isObject(value) && isText(value.protocol) && isText(value.address) && isTextOrNull(value.agent)
  );
}

/** What belongs to each event, beside its time. */
const EVENTS: Readonly<Record<TimelineEvent['event'], Readonly<Record<string, Check>>>> = {
  created: { origin: isOrigin },
  received: {
    ...{ from: isCount, to: isCount, requests: isCount, until: isCount },
    ...{ origin: isOrigin, interrupted: isTextOrNull },
  },
  rejected: { why: isText, origin: isOrigin },
  'length-declared': { length: isCount },
  joining: { parts: isCount },
  finished: {},
  refused: { why: isText },
  recovered: { what: isText },
  imported: { from: isText },
  delivered: { rule: isText, path: isText },
  removed: { why: isText, bytes: isCount },
};

/** Reads the timeline of an export. Entries that this version does not know are left out. */
export function readTimeline(entries: readonly unknown[]): TimelineEntry[] {
  return entries.flatMap((entry) => (isObject(entry) ? (readEntry(entry) ?? []) : []));
}

function readEntry(entry: Json): TimelineEntry | undefined {
  const at = Date.parse(String(entry.at));
  const until = 'until' in entry ? { until: Date.parse(String(entry.until)) } : {};
  const values: Json = { ...entry, ...until };
  const shape = Object.hasOwn(EVENTS, String(entry.event))
    ? EVENTS[entry.event as TimelineEvent['event']]
    : undefined;
  if (!shape || Number.isNaN(at)) return undefined;
  if (!Object.entries(shape).every(([key, check]) => check(values[key]))) return undefined;
  const known = Object.keys(shape).map((key) => [key, values[key]]);
  return { at, event: entry.event, ...Object.fromEntries(known) } as TimelineEntry;
}
