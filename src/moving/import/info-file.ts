import { lstatSync, readFileSync, type Stats } from 'node:fs';
import { isObject, type Json } from '../json-object.ts';

/** Descriptions are small; what is larger is something else (bytes). */
const LARGEST = 4 * 1024 * 1024;

/** The JSON object in a file; undefined when there is none, or something else. Never throws. */
export function readInfo(path: string): Json | undefined {
  try {
    if ((regularFile(path)?.size ?? LARGEST) >= LARGEST) return undefined;
    const value: unknown = JSON.parse(readFileSync(path, 'utf8'));
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** A file that is no link: a link may lead to files of others. undefined for anything else. */
export function regularFile(path: string): Stats | undefined {
  try {
    const stats = lstatSync(path, { throwIfNoEntry: false });
    return stats?.isFile() ? stats : undefined;
  } catch {
    return undefined;
  }
}

/** A number of bytes, or undefined. */
export function asSize(value: unknown): number | undefined {
  return Number.isSafeInteger(value) && (value as number) >= 0 ? (value as number) : undefined;
}

/** A list of texts; undefined for anything but a list of texts or null. */
export function asTexts(value: unknown): readonly string[] | undefined {
  if (value === null || value === undefined) return [];
  if (!Array.isArray(value)) return undefined;
  return value.every((item) => typeof item === 'string') ? value : undefined;
}

/** Milliseconds since the epoch of a date in text; null when it is none. */
export function asTime(value: unknown): number | null {
  const time = typeof value === 'string' ? Date.parse(value) : Number.NaN;
  return Number.isNaN(time) || time < 0 ? null : time;
}
