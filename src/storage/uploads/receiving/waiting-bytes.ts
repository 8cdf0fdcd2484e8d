/** The socket of a request is paused when this many bytes wait for the running write. */
export const HIGH_WATER = 512 * 1024;
/** Bytes of all requests that wait where they share memory, and the least for each. */
const ALL_WAITING = 24 * 1024 * 1024;
const LEAST_SHARE = 64 * 1024;

/** The size of one piece of memory; a read from a socket seldom brings more of what has to wait (bytes). */
const SIZE = 256 * 1024;
/** Smaller copies do not use a piece (bytes). */
const SMALL = 32 * 1024;
/** Pieces kept for the next copies: fresh ones would be garbage for a while, of hundreds of requests at once. */
const KEPT = 128;

const ours = new WeakSet<ArrayBufferLike>();
const free: ArrayBuffer[] = [];

/**
 * Instead of HIGH_WATER where bytes are sent on, and may wait for the slowest of several steps in all
 * requests at once.
 */
export function waitingShare(requests: number): number {
  return Math.min(HIGH_WATER, Math.max(LEAST_SHARE, ALL_WAITING / requests));
}

/** Copies bytes whose memory is reused before they are written. Release the copy with giveBack. */
export function copyToWait(bytes: Buffer): Buffer {
  if (bytes.length < SMALL || bytes.length > SIZE) return Buffer.from(bytes);
  // Fresh memory would cost more than the copy itself.
  const copy = Buffer.from(free.pop() ?? makePiece(), 0, bytes.length);
  bytes.copy(copy);
  return copy;
}

/** Releases a copy made by copyToWait once nothing reads it; ignores other memory. */
export function giveBack({ buffer }: Buffer): void {
  if (ours.has(buffer) && free.length < KEPT) free.push(buffer as ArrayBuffer);
}

function makePiece(): ArrayBuffer {
  const piece = new ArrayBuffer(SIZE);
  ours.add(piece);
  return piece;
}
