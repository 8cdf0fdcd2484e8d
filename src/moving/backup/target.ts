import { mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { Fault, fileFault } from '../../fault.ts';
import { holdDirectory } from '../../storage/store.ts';
import { makeAlike } from '../ownership.ts';
import { type Marker, writeMarker } from './marker.ts';

/**
 * Runs `fill` on a directory that is marked and kept from daemons and other copies. A directory that is
 * missing is made, with owner and permissions of `model`.
 * Throws DIRECTORY_IN_USE, IO, PERMISSION, NO_SPACE, and what `fill` throws.
 */
export async function withTarget<T>(
  directory: string,
  model: string,
  marker: Marker,
  fill: () => Promise<T>,
): Promise<T> {
  let release: (() => void) | undefined;
  try {
    // Marked first: whatever interrupts this run, the next one knows the directory.
    if (mkdirSync(directory, { recursive: true, mode: 0o700 }) !== undefined) {
      makeAlike(directory, statSync(model));
    }
    writeMarker(directory, marker);
    release = hold(directory);
    makeAlike(join(directory, 'tus'), statSync(join(model, 'tus')));
    return await fill();
  } catch (error) {
    throw explained(error, directory);
  } finally {
    release?.();
  }
}

/** Throws DIRECTORY_IN_USE with a sentence that fits a copy. */
export function hold(directory: string): () => void {
  try {
    return holdDirectory(directory);
  } catch (error) {
    if (!(error instanceof Fault) || error.code !== 'DIRECTORY_IN_USE') throw error;
    throw new Fault('DIRECTORY_IN_USE', `the directory ${directory} is in use`, {
      hint: 'A daemon serves it, or another backup or restore runs.',
      cause: error,
    });
  }
}

/** The usual hint for a full disk is to remove uploads, which would not help here. */
function explained(error: unknown, directory: string): unknown {
  const fault = fileFault(error, `filling the directory ${directory}`);
  if (!(fault instanceof Fault) || fault.code !== 'NO_SPACE') return fault;
  return new Fault('NO_SPACE', fault.message, {
    hint: 'Free some space there and run the same command again: it goes on from here.',
    cause: error,
  });
}
