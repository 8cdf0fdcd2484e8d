import { mkdirSync, rmdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf, Fault, fileFault } from '../../fault.ts';

/**
 * Makes a directory and those above it that are missing, and returns the ones that it made, from the
 * top. Node's recursive mkdir never returns where the kernel answers ENOENT although the directory
 * above is there (/proc/x). Throws IO, PERMISSION or NO_SPACE, and then nothing is left of it.
 */
export function makeDirectory(path: string, mode: number): string[] {
  const made: string[] = [];
  try {
    make(path, mode, made);
    return made;
  } catch (error) {
    removeEmpty(made);
    throw fileFault(error, `making the upload directory ${path}`);
  }
}

/** Removes directories that nobody has used yet, given from the top. */
export function removeEmpty(directories: readonly string[]): void {
  for (const directory of directories.toReversed()) {
    try {
      rmdirSync(directory);
    } catch {
      // Somebody has put something there meanwhile.
      return;
    }
  }
}

function make(path: string, mode: number, made: string[]): void {
  if (tryMake(path, mode, made)) return;
  const above = dirname(path);
  if (above === path) return;
  make(above, mode, made);
  mkdirOnce(path, mode, made);
}

/** false when the directory above is missing. */
function tryMake(path: string, mode: number, made: string[]): boolean {
  try {
    mkdirOnce(path, mode, made);
    return true;
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT' || isDirectory(dirname(path))) throw error;
    return false;
  }
}

function mkdirOnce(path: string, mode: number, made: string[]): void {
  try {
    mkdirSync(path, { mode });
    made.push(path);
  } catch (error) {
    // Some file systems say EROFS or EACCES of a directory that is there.
    if (isDirectory(path)) return;
    if (errnoOf(error) !== 'EEXIST') throw error;
    throw new Fault('IO', `${path} is in the way: it is a file, or a link to nothing`, {
      hint: 'Move it away, or choose another directory: --upload-dir',
      cause: error,
    });
  }
}

function isDirectory(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch {
    return false;
  }
}
