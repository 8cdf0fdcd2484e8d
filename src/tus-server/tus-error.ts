import { Fault, messageOf } from '../fault.ts';
import { requestOf } from '../hooks/client-request.ts';
import type { Caller } from '../storage/model/upload.ts';
import type { AppendOutcome } from '../storage/store.ts';

/** An error as @tus/server answers it: with this status and this body. */
export interface TusError extends Error {
  readonly status_code: number;
  readonly body: string;
}

/**
 * Turns what storage throws into an error that @tus/server answers as our own daemon would; of a
 * hook that has refused the caller, with its own status and body. `cause` is what was thrown. Anything that is no Fault is a bug, of which clients learn nothing.
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

/** What the client of a request reads that storage ended before its body did. */
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
      // The body came to its end, or its client has gone: then @tus/server itself sees that.
      return undefined;
  }
}
