import type { Hook, HookEvent } from '../config/hooks/hook-schema.ts';
import { type ReadAnswer, readAnswer } from './answer.ts';
import { type Payload, storageAt, type UploadInfo } from './payload.ts';
import { newPayload } from './receiver.ts';
import type { Attempt } from './transport/attempt.ts';
import { createTransport, type TransportSystem } from './transport/transport.ts';

export interface TestOptions extends TransportSystem {
  /** Where the bytes of an upload would be. */
  readonly place: string;
  readonly signal: AbortSignal;
}

export interface TestOutcome {
  readonly payload: Payload;
  readonly attempt: Attempt;
  /** The hook's parsed answer, for events that need one; null for the others. */
  readonly read: ReadAnswer | null;
}

/** Whether the hook's answer to this event matters. */
export function wantsAnswer(event: HookEvent): boolean {
  return event.startsWith('pre-') || event === 'post-receive';
}

/**
 * Sends one event to a hook as the daemon would, about an upload that does not exist; the payload
 * says so (`"Test": true`). It is sent once, and not recorded.
 */
export async function sendTestEvent(
  hook: Hook,
  event: HookEvent,
  options: TestOptions,
): Promise<TestOutcome> {
  const request = { Method: '', URI: '', RemoteAddr: '127.0.0.1:0', Principal: null, Header: {} };
  const facts = { Upload: sampleUpload(event, options.place), HTTPRequest: request };
  const payload: Payload = { ...newPayload(event, facts, options.now()), Test: true };
  const message = {
    event,
    eventId: payload.ID,
    body: JSON.stringify(payload),
    payload: () => payload,
  };
  const counts = wantsAnswer(event);
  const { signal } = options;
  const attempt = await createTransport(hook, options).send(message, {
    signal,
    wantsAnswer: counts,
  });
  return { payload, attempt, read: counts && attempt.ok ? readAnswer(attempt.answer) : null };
}

function sampleUpload(event: HookEvent, place: string): UploadInfo {
  const before = event === 'pre-create' || event === 'pre-access';
  return {
    ID: before ? '' : 'test',
    Size: 12,
    SizeIsDeferred: false,
    Offset: before || event === 'post-create' ? 0 : 12,
    MetaData: { filename: 'test.txt', filetype: 'text/plain' },
    IsPartial: false,
    IsFinal: false,
    PartialUploads: null,
    Owner: null,
    Storage: before ? null : storageAt(place),
  };
}
