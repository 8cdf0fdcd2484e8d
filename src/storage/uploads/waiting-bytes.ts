/** What one piece of memory holds; a read of a socket brings no more (bytes). */
const SIZE = 256 * 1024;
/** Less is not worth a whole piece (bytes). */
const SMALL = 32 * 1024;
/** Pieces that are kept for the next copy. */
const KEPT = 16;

const ours = new WeakSet<ArrayBufferLike>();
const free: ArrayBuffer[] = [];

/** Copies bytes whose memory is used again before they are written; to be given back after that. */
export function copyToWait(bytes: Buffer): Buffer {
  if (bytes.length < SMALL || bytes.length > SIZE) return Buffer.from(bytes);
  // Fresh memory would cost more than the copying itself.
  const copy = Buffer.from(free.pop() ?? makePiece(), 0, bytes.length);
  bytes.copy(copy);
  return copy;
}

/** Gives back what copyToWait made, once nothing reads it any more; leaves other memory alone. */
export function giveBack({ buffer }: Buffer): void {
  if (ours.has(buffer) && free.length < KEPT) free.push(buffer as ArrayBuffer);
}

function makePiece(): ArrayBuffer {
  const piece = new ArrayBuffer(SIZE);
  ours.add(piece);
  return piece;
}
