import type { Caller, RemovalReason, UploadRecord } from './upload.ts';

/** A change to an upload, told to hooks and metrics for every protocol alike. */
export type StorageEvent =
  | { readonly type: 'created'; readonly record: UploadRecord; readonly caller: Caller }
  /** Progress: throttled, never recorded, never queued. */
  | { readonly type: 'received'; readonly record: UploadRecord; readonly caller: Caller }
  | { readonly type: 'finished'; readonly record: UploadRecord; readonly caller: Caller }
  | {
      readonly type: 'removed';
      readonly record: UploadRecord;
      readonly caller: Caller;
      readonly why: RemovalReason;
    };

/** A row for the outbox, recorded in the unit of work of the change that causes it. */
export interface NewDelivery {
  /** The same for every attempt and every hook that is told of this event. */
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

/** What a guard may choose for an upload before it is made. */
export interface CreationChange {
  readonly id?: string;
  readonly metadata?: string | null;
}

/**
 * What may refuse a change before it happens, by throwing a Fault (REFUSED for a decision; any other
 * code when none could be had). `place` is where the bytes are: a path.
 */
export interface Guards {
  beforeCreate?(draft: CreationDraft, caller: Caller): Promise<CreationChange>;
  beforeFinish?(record: UploadRecord, caller: Caller, place: string): Promise<void>;
  beforeRemove?(record: UploadRecord, caller: Caller, place: string): Promise<void>;
}

/** Turns a change into the deliveries it causes. `place` is where the bytes are: a path. */
export type DeliveryPlanner = (event: StorageEvent, place: string) => readonly NewDelivery[];
