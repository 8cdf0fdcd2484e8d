import type { BodyPath } from './byte-source.ts';
import type { Origin, RemovalReason } from './upload.ts';

/** Something that happened to an upload. `at` is milliseconds since the epoch. */
export type TimelineEntry = { readonly at: number } & TimelineEvent;

export type TimelineEvent =
  | { readonly event: 'created'; readonly origin: Origin }
  /**
   * Consecutive requests from one address are one entry: `requests` counts them, `until` and `origin`
   * are those of the last.
   */
  | {
      readonly event: 'received';
      readonly from: number;
      readonly to: number;
      readonly requests: number;
      readonly until: number;
      readonly origin: Origin;
      /** Why the last of these requests ended early; null when its body ended. */
      readonly interrupted: Interruption | null;
      /** How the bodies were read; both when some were read in one way and some in the other. */
      readonly body?: BodyPath | 'both';
    }
  | { readonly event: 'rejected'; readonly why: string; readonly origin: Origin }
  | { readonly event: 'length-declared'; readonly length: number }
  | { readonly event: 'joining'; readonly parts: number }
  | { readonly event: 'finished' }
  | { readonly event: 'refused'; readonly why: string }
  /** A rule put the finished file there. */
  | { readonly event: 'delivered'; readonly rule: string; readonly path: string }
  | { readonly event: 'recovered'; readonly what: string }
  /** `from` is where its bytes were. */
  | { readonly event: 'imported'; readonly from: string }
  | { readonly event: 'removed'; readonly why: RemovalReason; readonly bytes: number };

/** Why a request ended before its body did. */
export type Interruption =
  /** The connection broke. */
  | 'reset'
  /** No byte came within the idle timeout. */
  | 'idle'
  /** Another request took over the upload because this one was silent. */
  | 'superseded'
  /** The daemon was stopping. */
  | 'draining'
  /** The disk had no room. */
  | 'no-space'
  /** A limit on what clients may send was met. */
  | 'limited'
  /** The disk failed. */
  | 'disk-error'
  /** A hook asked to stop the upload. */
  | 'stopped';

/** Requests further apart than this are separate entries (milliseconds). */
const MERGE_WITHIN = 60_000;

/** More entries than a person reads. Beyond this, events that clients can repeat take no more room. */
const MOST = 1_000;
const REPEATABLE: ReadonlySet<string> = new Set(['received', 'rejected', 'refused']);

/**
 * Where to put an entry in a timeline whose last entry is at `position` (0: none).
 * merged: it extends the last entry, so a terabyte in 5 MiB requests is one line and not two hundred
 * thousand. placed: it gets a new position, or replaces the last entry when the timeline is full.
 */
export function follow(
  last: TimelineEntry | undefined,
  position: number,
  entry: TimelineEntry,
): {
  readonly kind: 'merged' | 'placed';
  readonly position: number;
  readonly entry: TimelineEntry;
} {
  const merged = last && merge(last, entry);
  if (merged) return { kind: 'merged', position, entry: merged };
  const full =
    last && position >= MOST && REPEATABLE.has(last.event) && REPEATABLE.has(entry.event);
  return { kind: 'placed', position: full ? position : position + 1, entry };
}

function merge(last: TimelineEntry, entry: TimelineEntry): TimelineEntry | undefined {
  if (last.event !== 'received' || entry.event !== 'received') return undefined;
  const follows =
    last.interrupted === null &&
    last.to === entry.from &&
    last.origin.address === entry.origin.address &&
    last.origin.principal === entry.origin.principal &&
    entry.at - last.until < MERGE_WITHIN;
  if (!follows) return undefined;
  const { to, until, interrupted, origin } = entry;
  const requests = last.requests + 1;
  return { ...last, to, until, interrupted, requests, origin, ...bodyOf(last, entry) };
}

function bodyOf(last: { body?: BodyPath | 'both' }, { body }: { body?: BodyPath | 'both' }) {
  if (body === undefined || last.body === undefined) return {};
  return { body: last.body === body ? body : ('both' as const) };
}
