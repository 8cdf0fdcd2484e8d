import { sanitize } from '../text/sanitize.ts';

/** The beginning of an upload's id, "k3v9…", which `inspect` takes in its place when it is unique. */
export function shortId(id: string, keep: number): string {
  // The id may be whatever a client asked for, and its first characters may grow when made visible.
  const beginning = Array.from(id.slice(0, 2 * keep))
    .slice(0, keep)
    .join('');
  return beginning.length < id.length ? `${sanitize(beginning)}…` : sanitize(id);
}
