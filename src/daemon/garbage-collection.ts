import { setFlagsFromString } from 'node:v8';

/**
 * Keeps V8 from marking the heap on helper threads. A request's body comes in buffers of 64 KiB that
 * live outside of the heap and die at once; V8 counts them, takes it for growth, and marks the whole
 * heap some forty times per GiB received. On helper threads that competes with the freeing of those
 * very buffers, which brings on the next marking: it doubled the processor time of an upload. Done
 * by the main thread in small steps the marking is rare, and the heap of a daemon is small. V8 looks
 * at the flag whenever a marking begins, so it may be set at any time.
 */
export function markOnMainThread(): void {
  setFlagsFromString('--no-concurrent-marking');
}
