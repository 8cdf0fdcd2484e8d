import { Fault, type FaultOptions } from '../fault.ts';

/** What clients read; settings and the state of other clients stay out of it. */
const BUSY = 'too many uploads were created; try again later';
const OPEN = 'too many uploads are unfinished; finish or delete one first, or try again later';
const BYTES = 'as many bytes were sent today as are allowed';
const ROOM = 'there is no room for this upload';
const ALL_ROOM = `${ROOM}: the storage has a limit`;
const OWN_ROOM = `${ROOM}: all that you upload has a limit together; delete something first`;

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
  const next = upload.offset === undefined ? 'try again' : 'the upload can be continued';
  return new Fault('LIMITED', `${BYTES}; ${next} tomorrow`, { retryAfter, ...upload });
}

/** `own`: it is the limit of the caller's uploads, and not that of all. */
export function noRoom(own: boolean, upload: Pick<FaultOptions, 'offset'> = {}): Fault {
  return new Fault('NO_SPACE', own ? OWN_ROOM : ALL_ROOM, {
    hint: 'Remove old uploads (tusd-ts cleanup --dry-run), or raise maxTotalSize.',
    ...upload,
  });
}

export function tooLarge(maxSize: number, upload: Pick<FaultOptions, 'offset'> = {}): Fault {
  return new Fault('TOO_LARGE', `an upload may have at most ${maxSize} bytes`, upload);
}
