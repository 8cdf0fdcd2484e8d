import { readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf, fileFault } from '../../fault.ts';
import { giveTo } from '../ownership.ts';

/** Tells a directory that this program fills from every other one: only in those it removes anything. */
export interface Marker {
  readonly format: 'tusd-ts backup' | 'tusd-ts restore';
  /** The other directory. */
  readonly of: string;
  /** ISO 8601. */
  readonly startedAt: string;
  /** When the last run that reached its end did; null before. */
  readonly completedAt: string | null;
}

const FILES = { 'tusd-ts backup': 'backup.json', 'tusd-ts restore': 'restore.json' } as const;

export function markerFile(directory: string, format: Marker['format']): string {
  return join(directory, FILES[format]);
}

/** null when there is none, or something else. Throws PERMISSION or IO. */
export function readMarker(directory: string, format: Marker['format']): Marker | null {
  try {
    const found = JSON.parse(readFileSync(markerFile(directory, format), 'utf8')) as Marker | null;
    return found?.format === format ? found : null;
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    if (errnoOf(error) === 'ENOENT' || errnoOf(error) === 'ENOTDIR') return null;
    throw fileFault(error, `reading ${markerFile(directory, format)}`);
  }
}

export function writeMarker(directory: string, marker: Marker): void {
  const path = markerFile(directory, marker.format);
  try {
    writeFileSync(`${path}.new`, `${JSON.stringify(marker, null, 2)}\n`, { mode: 0o600 });
    giveTo(`${path}.new`, statSync(directory), 0o600);
    renameSync(`${path}.new`, path);
  } catch (error) {
    throw fileFault(error, `writing ${path}`);
  }
}

/** true for a directory without entries, and for one that is missing. Throws PERMISSION or IO. */
export function isEmptyOrMissing(directory: string): boolean {
  try {
    // A file system of its own has this folder from the start.
    return readdirSync(directory).every((name) => name === 'lost+found');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return true;
    throw fileFault(error, `reading the directory ${directory}`);
  }
}
