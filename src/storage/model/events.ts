import type { Caller, RemovalReason, UploadRecord } from './upload.ts';

/** A change to an upload, reported to hooks and the log alike for every protocol. */
export type StorageEvent =
  | { readonly type: 'created'; readonly record: UploadRecord; readonly caller: Caller }
  /** Progress: throttled, never recorded, never queued. */
  | { readonly type: 'received'; readonly record: UploadRecord; readonly caller: Caller }
  | { readonly type: 'finished'; readonly record: UploadRecord; readonly caller: Caller }
  /** A rule has put the finished file at `path`. */
  | {
      readonly type: 'delivered';
      readonly record: UploadRecord;
      readonly caller: Caller;
      readonly rule: string;
      readonly path: string;
    }
  /** A client has downloaded the finished file to its end. Changes nothing. */
  | { readonly type: 'downloaded'; readonly record: UploadRecord; readonly caller: Caller }
  | {
      readonly type: 'removed';
      readonly record: UploadRecord;
      readonly caller: Caller;
      readonly why: RemovalReason;
    };

/** A row for the outbox, recorded in the unit of work of the change that causes it. */
export interface NewDelivery {
  /** The same for every attempt and every hook that receives this event. */
  readonly eventId: string;
  readonly hook: string;
  readonly event: string;
  readonly payload: string;
}

export interface CreationDraft {
  readonly id: string;
  readonly kind: UploadRecord['kind'];
  readonly length: number | null;
  readonly metadata: string | null;
  readonly parts: readonly string[];
}

/** What a guard may choose for an upload before it is created. */
export interface CreationChange {
  readonly id?: string;
  readonly metadata?: string | null;
  /** See UploadRecord. */
  readonly wantedPath?: string;
}

/**
 * Hooks that may refuse a change before it happens, by throwing a Fault: REFUSED for a decision, any
 * other code when the hook gave none. `place` is the path of the bytes.
 */
export interface Guards {
  beforeCreate?(draft: CreationDraft, caller: Caller): Promise<CreationChange>;
  beforeFinish?(record: UploadRecord, caller: Caller, place: string): Promise<void>;
  beforeRemove?(record: UploadRecord, caller: Caller, place: string): Promise<void>;
}

/** How long an upload may stay, as its client has chosen; see UploadRecord. */
export type ChosenEnd = Pick<UploadRecord, 'expiresAt' | 'downloadsLeft'>;

/**
 * Reads what the client of a new upload has chosen by its metadata. `now` is milliseconds since the
 * epoch. Throws BAD_REQUEST for a choice that is not allowed.
 */
export type Choices = (metadata: string | null, now: number) => ChosenEnd;

/** Returns the deliveries that a change causes. `place` is the path of the bytes. */
export type DeliveryPlanner = (event: StorageEvent, place: string) => readonly NewDelivery[];
