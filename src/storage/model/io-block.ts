/**
 * Bytes between the beginning of memory that the system has mapped for a large buffer and the beginning
 * of the buffer: glibc keeps 16 bytes of its own there.
 */
const HEADER = 16;
/** A line of the processor's cache (bytes). */
const LINE = 64;

/**
 * Memory for reading from files and sockets, again and again. Processors copy four times as slowly into
 * memory that begins a few bytes behind the beginning of a page (`rep movsb` on AMD EPYC, from a page of
 * the cache), which is just where a large buffer of Node begins. This one begins at the next cache line.
 */
export function allocateBlock(size: number): Buffer {
  const offset = LINE - HEADER;
  return Buffer.allocUnsafeSlow(size + offset).subarray(offset);
}
