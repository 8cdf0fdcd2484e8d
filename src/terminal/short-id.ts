import { sanitize } from '../text/sanitize.ts';

/** A prefix of an upload's id, "k3v9…", which `inspect` accepts if it is unique. */
export function shortId(id: string, keep: number): string {
  // A client may have chosen the id; sanitising can make its first characters longer.
  const beginning = Array.from(id.slice(0, 2 * keep))
    .slice(0, keep)
    .join('');
  return beginning.length < id.length ? `${sanitize(beginning)}…` : sanitize(id);
}
