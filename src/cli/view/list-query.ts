import { nearestName } from '../../config/nearest.ts';
import { Fault } from '../../fault.ts';
import { LIST_SORTS, type ListSort } from '../../storage/model/list-query.ts';
import { UPLOAD_STATUSES, type UploadStatus } from '../../storage/model/upload.ts';

/** Finished uploads that a rule has yet to deliver: no status, but asked for like one. */
export const UNDELIVERED = 'undelivered';

/** The value of `--state`: names separated by commas, or "undelivered" alone. Throws USAGE. */
export function readStates(text: string): UploadStatus[] | typeof UNDELIVERED {
  const names = text.split(',').map((name) => name.trim());
  const known = names.map((name) => oneOf(name, [...UPLOAD_STATUSES, UNDELIVERED], '--state'));
  const states = known.filter((name): name is UploadStatus => name !== UNDELIVERED);
  if (states.length === known.length) return [...new Set(states)];
  if (states.length === 0) return UNDELIVERED;
  throw new Fault('USAGE', `--state takes "${UNDELIVERED}" alone, not with others`);
}

/** The value of `--sort`. Throws USAGE. */
export function readSort(text: string): ListSort {
  return oneOf(text, LIST_SORTS, '--sort');
}

/** The value of `--limit`: a number from 1, or "all" (null). Throws USAGE. */
export function readLimit(text: string): number | null {
  if (text === 'all') return null;
  const limit = /^\d{1,15}$/.test(text) ? Number(text) : 0;
  if (limit > 0) return limit;
  throw new Fault('USAGE', `--limit is ${JSON.stringify(text)}: it must be a number from 1`, {
    hint: 'To list every upload: --limit all',
  });
}

/** The value of `--watch`: the interval in seconds, returned in milliseconds. Throws USAGE. */
export function readInterval(text: string): number {
  const seconds = /^\d{1,6}(\.\d{1,3})?$/.test(text) ? Number(text) : 0;
  if (seconds >= 0.1) return seconds * 1000;
  throw new Fault('USAGE', `--watch is ${JSON.stringify(text)}: it must be seconds, from 0.1`);
}

/** Checks that a flag's value is one of these names. Throws USAGE and suggests the nearest. */
export function oneOf<const T extends string>(text: string, names: readonly T[], flag: string): T {
  const found = names.find((name) => name === text);
  if (found !== undefined) return found;
  const nearest = nearestName(text, names);
  const suggestion = nearest === undefined ? '' : ` Did you mean "${nearest}"?`;
  throw new Fault('USAGE', `${flag} doesn't know ${JSON.stringify(text)}.${suggestion}`, {
    hint: `It can be ${names.slice(0, -1).join(', ')} or ${names.at(-1)}.`,
  });
}
