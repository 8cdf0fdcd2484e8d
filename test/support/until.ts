import { setTimeout as pause } from 'node:timers/promises';

/**
 * Polls until `look` gives something that is not undefined or false, and returns it. Throws with
 * `what` after `limit` milliseconds: a test must say what it was waiting for.
 */
export async function until<T>(
  what: string,
  look: () => Promise<T | undefined | false> | T | undefined | false,
  limit = 20_000,
): Promise<T> {
  const ends = Date.now() + limit;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== false) return seen;
    if (Date.now() > ends) throw new Error(`not within ${limit} ms: ${what}`);
    await pause(20);
  }
}
