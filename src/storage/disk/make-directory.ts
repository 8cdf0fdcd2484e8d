import { mkdirSync, rmdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf, Fault, fileFault } from '../../fault.ts';

/**
 * Creates a directory and its missing parents, and returns the created ones from the top. Node's
 * recursive mkdir never returns when the kernel answers ENOENT although the parent exists (/proc/x).
 * Throws IO, PERMISSION or NO_SPACE, and then removes what it created.
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

/** Removes directories that are still empty, given from the top. */
export function removeEmpty(directories: readonly string[]): void {
  for (const directory of directories.toReversed()) {
    try {
      rmdirSync(directory);
    } catch {
      // Another process has put something there meanwhile.
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
    // Some file systems return EROFS or EACCES for an existing directory.
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
