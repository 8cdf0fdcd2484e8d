import type { Origin, RemovalReason } from './upload.ts';

/** Something that happened to an upload. `at` is milliseconds since the epoch. */
export type TimelineEntry = { readonly at: number } & TimelineEvent;

export type TimelineEvent =
  | { readonly event: 'created'; readonly origin: Origin }
  /** Consecutive requests from one address are one entry: `requests` counts them, `until` is the last. */
  | {
      readonly event: 'received';
      readonly from: number;
      readonly to: number;
      readonly requests: number;
      readonly until: number;
      readonly origin: Origin;
      /** Why the last of these requests ended early; null when it ended as it should. */
      readonly interrupted: Interruption | null;
    }
  | { readonly event: 'rejected'; readonly why: string; readonly origin: Origin }
  | { readonly event: 'length-declared'; readonly length: number }
  | { readonly event: 'joining'; readonly parts: number }
  | { readonly event: 'finished' }
  | { readonly event: 'refused'; readonly why: string }
  | { readonly event: 'recovered'; readonly what: string }
  | { readonly event: 'removed'; readonly why: RemovalReason; readonly bytes: number };

/** Why a request ended before its body did. */
export type Interruption =
  /** The connection broke. */
  | 'reset'
  /** Nothing came for the idle timeout. */
  | 'idle'
  /** Another request took the upload over from this silent one. */
  | 'superseded'
  /** The daemon was stopping. */
  | 'draining'
  /** The disk had no room. */
  | 'no-space'
  /** The disk failed. */
  | 'disk-error'
  /** A hook asked to stop the upload. */
  | 'stopped';
