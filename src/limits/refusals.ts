import { Fault, type FaultOptions } from '../fault.ts';

/** What clients read; settings and the state of other clients stay out of it. */
const BUSY = 'too many uploads were created; try again later';
const OPEN = 'too many uploads are unfinished; finish or delete one first, or try again later';
const BYTES = 'as many bytes were sent today as are allowed; the upload can be continued tomorrow';
const ROOM = 'there is no room for this upload: the storage has a limit';

/** How long a client should wait until one of its unfinished uploads may have ended (seconds). */
const OPEN_WAIT = 60;

/** `retryAfter` is in seconds. */
export function tooManyCreations(retryAfter: number): Fault {
  return new Fault('LIMITED', BUSY, { retryAfter });
}

export function tooManyOpen(): Fault {
  return new Fault('LIMITED', OPEN, { retryAfter: OPEN_WAIT });
}

export function tooManyBytes(retryAfter: number, upload: Pick<FaultOptions, 'offset'> = {}): Fault {
  return new Fault('LIMITED', BYTES, { retryAfter, ...upload });
}

export function noRoom(upload: Pick<FaultOptions, 'offset'> = {}): Fault {
  return new Fault('NO_SPACE', ROOM, {
    hint: 'Remove old uploads (tusd-ts cleanup --dry-run), or raise maxTotalSize.',
    ...upload,
  });
}

export function tooLarge(maxSize: number, upload: Pick<FaultOptions, 'offset'> = {}): Fault {
  return new Fault('TOO_LARGE', `an upload may have at most ${maxSize} bytes`, upload);
}
