import { randomUUID } from 'node:crypto';
import type { Hook, HookEvent } from '../config/hooks/hook-schema.ts';
import type { DeliveryPlanner, NewDelivery, StorageEvent } from '../storage/model/events.ts';
import type { RemovalReason } from '../storage/model/upload.ts';
import { describeRequest, describeUpload, keptCredentials, type Payload } from './payload.ts';
import { RECORDED_EVENTS } from './recorded-events.ts';

export interface PlannerOptions {
  readonly hooks: readonly Hook[];
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

const NOTHING: readonly NewDelivery[] = [];

/**
 * Turns a change into rows of the outbox, for the daemon and for commands that remove uploads.
 * Needs no secrets. The payload is created here only once, so that every attempt sends the same.
 */
export function createPlanner({ hooks, now }: PlannerOptions): DeliveryPlanner {
  const listeners = new Map<HookEvent, { name: string; credentials: readonly string[] }[]>();
  for (const event of RECORDED_EVENTS) {
    const names = hooks.filter((hook) => hook.events.includes(event)).map(listenerOf);
    if (names.length > 0) listeners.set(event, names);
  }
  return (change, place) => {
    const event = recordedEvent(change);
    const told = event && listeners.get(event);
    if (!event || !told) return NOTHING;
    const eventId = newEventId();
    const { record, caller } = change;
    const { type } = change;
    const Upload = describeUpload(record, type === 'delivered' ? change.path : place);
    const Time = new Date(now()).toISOString();
    const written = new Map<string, string>();
    return told.map(({ name, credentials }) => {
      const variant = credentials.join();
      let payload = written.get(variant);
      if (payload === undefined) {
        const HTTPRequest = describeRequest(caller, credentials);
        payload = JSON.stringify({
          Type: event,
          Event: { Upload, HTTPRequest },
          ID: eventId,
          Time,
          ...(type === 'removed' ? { Reason: change.why } : {}),
          ...(type === 'delivered' ? { Delivery: deliveryOf(change) } : {}),
        } satisfies Payload);
        written.set(variant, payload);
      }
      return { eventId, hook: name, event, payload };
    });
  };
}

/** 122 random bits after a prefix that identifies it as an event in the logs of other systems. */
export function newEventId(): string {
  return `evt_${randomUUID().replaceAll('-', '')}`;
}

function listenerOf(hook: Hook) {
  const forwarded = hook.type === 'http' ? hook.forwardHeaders : [];
  return { name: hook.name, credentials: keptCredentials(forwarded) };
}

function recordedEvent(change: StorageEvent): HookEvent | undefined {
  switch (change.type) {
    case 'created':
      return 'post-create';
    case 'finished':
      // A part is not a file: its client's upload is finished when the final upload is.
      return change.record.kind === 'partial' ? undefined : 'post-finish';
    case 'delivered':
      return 'post-deliver';
    case 'downloaded':
      return 'post-download';
    case 'removed':
      return removalEvent(change.why);
    case 'received':
      return undefined;
  }
}

function deliveryOf({ rule, path }: Extract<StorageEvent, { type: 'delivered' }>) {
  return { Rule: rule, Path: path };
}

/** Terminated by a client, a hook or a failed request, or expired by the cleanup. */
function removalEvent(why: RemovalReason): HookEvent {
  switch (why) {
    case 'terminated':
    case 'operator':
    case 'stopped':
    case 'rejected':
      return 'post-terminate';
    case 'expired':
    case 'downloaded':
    case 'cleanup':
    case 'file-missing':
      return 'post-expire';
  }
}
