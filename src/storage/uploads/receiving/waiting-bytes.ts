/** The socket of a request is paused when this many bytes wait for the running write. */
export const HIGH_WATER = 512 * 1024;
/** Bytes of all requests that wait where they share memory, and the least for each. */
const ALL_WAITING = 16 * 1024 * 1024;
const LEAST_SHARE = 64 * 1024;
/** The most bytes that a read should bring where what waits shares memory. */
export const SHARED_READ = 64 * 1024;

/** The sizes of pieces of memory; a read from a socket seldom brings more of what has to wait (bytes). */
const SIZES = [SHARED_READ, 256 * 1024];
/** Smaller copies do not use a piece (bytes). */
const SMALL = 32 * 1024;
/** Of each size, kept for the next copies: fresh ones would be garbage for a while (bytes). */
const KEPT = 32 * 1024 * 1024;

const ours = new WeakSet<ArrayBufferLike>();
const free = new Map(SIZES.map((size): [number, ArrayBuffer[]] => [size, []]));

/**
 * Instead of HIGH_WATER where bytes are sent on, and may wait for the slowest of several steps in all
 * requests at once.
 */
export function waitingShare(requests: number): number {
  return Math.min(HIGH_WATER, Math.max(LEAST_SHARE, ALL_WAITING / requests));
}

/** Copies bytes whose memory is reused before they are written. Release the copy with giveBack. */
export function copyToWait(bytes: Buffer): Buffer {
  const size = SIZES.find((one) => bytes.length <= one);
  if (bytes.length < SMALL || size === undefined) return Buffer.from(bytes);
  // Fresh memory would cost more than the copy itself.
  const copy = Buffer.from(free.get(size)?.pop() ?? makePiece(size), 0, bytes.length);
  bytes.copy(copy);
  return copy;
}

/** Releases a copy made by copyToWait once nothing reads it; ignores other memory. */
export function giveBack({ buffer }: Buffer): void {
  if (!ours.has(buffer)) return;
  const kept = free.get(buffer.byteLength);
  if (kept && kept.length * buffer.byteLength < KEPT) kept.push(buffer as ArrayBuffer);
}

function makePiece(size: number): ArrayBuffer {
  const piece = new ArrayBuffer(size);
  ours.add(piece);
  return piece;
}
