import { Fault, messageOf } from '../fault.ts';
import { requestOf } from '../hooks/client-request.ts';
import type { Caller } from '../storage/model/upload.ts';
import type { AppendOutcome } from '../storage/store.ts';

/** An error with the status and body that @tus/server responds with. */
export interface TusError extends Error {
  readonly status_code: number;
  readonly body: string;
}

/**
 * Converts an error of storage to one that makes @tus/server respond as our own daemon would; a
 * refusal by a hook has the hook's status and body. `cause` is the original error. Anything but a
 * Fault is a bug, whose details clients do not see.
 */
export function tusError(error: unknown, caller?: Caller): TusError {
  const fault = error instanceof Fault ? error : undefined;
  const hooked = fault?.code === 'REFUSED' && caller ? requestOf(caller)?.refusal : undefined;
  const secret = !fault || fault.code === 'IO' || fault.code === 'PERMISSION';
  const sentence = secret ? 'the server could not do this' : fault.message;
  return Object.assign(new Error(messageOf(error), { cause: error }), {
    status_code: hooked?.status ?? fault?.status ?? 500,
    body: hooked?.body ?? `${fault?.publicMessage ?? sentence}\n`,
  });
}

/** The client's error for a request that storage ended before the end of its body. */
export function interruption({ interrupted, offset }: AppendOutcome): Fault | undefined {
  switch (interrupted) {
    case 'idle':
      return new Fault('TIMEOUT', 'nothing came for too long', { offset });
    case 'superseded':
      return new Fault('LOCKED', 'another request took this upload over', { offset });
    case 'draining':
      return new Fault('UNAVAILABLE', 'the server is stopping; come back in a moment', { offset });
    case 'no-space':
      return new Fault('NO_SPACE', 'no room is left on the disk', { offset });
    case 'disk-error':
      return new Fault('IO', 'the disk failed', { offset });
    case 'stopped':
      return new Fault('REFUSED', 'the upload was stopped by the server');
    default:
      // The body is complete, or the client has disconnected: @tus/server detects both itself.
      return undefined;
  }
}
