import { Fault } from '../fault.ts';
import type { Choices } from '../storage/model/events.ts';
import { parseMetadata } from '../storage/model/metadata.ts';
import { describePeriod } from '../text/span.ts';

export interface ChoiceOptions {
  /** The longest time until the removal that a client may choose (milliseconds); null: none. */
  readonly longestExpiry: number | null;
  /** Whether a client may limit downloads. */
  readonly downloads: boolean;
}

/** The metadata keys by which clients choose. */
const EXPIRES = 'expires';
const DOWNLOADS = 'downloads';

const SECONDS = /^\d{1,12}$/;
/** ISO 8601 with a zone: without one, the moment would depend on this machine. */
const MOMENT = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:\d\d)$/;
const MOST_DOWNLOADS = 1_000_000;

/**
 * Reads how long an upload may stay from its metadata: `expires`, a number of seconds or a moment, and
 * `downloads`, a number of complete downloads. A key that clients may not use means nothing.
 */
export function clientChoices({ longestExpiry, downloads }: ChoiceOptions): Choices {
  if (longestExpiry === null && !downloads) return () => NOTHING;
  return (metadata, now) => {
    const values = new Map(parseMetadata(metadata ?? '').map(({ key, value }) => [key, value]));
    const expires = longestExpiry === null ? undefined : textOf(values.get(EXPIRES));
    const most = downloads ? textOf(values.get(DOWNLOADS)) : undefined;
    return {
      expiresAt: expires === undefined ? null : readExpiry(expires, now, longestExpiry ?? 0),
      downloadsLeft: most === undefined ? null : readDownloads(most),
    };
  };
}

const NOTHING = { expiresAt: null, downloadsLeft: null };

function textOf(value: Buffer | null | undefined): string | undefined {
  return value === undefined ? undefined : (value?.toString('utf8').trim() ?? '');
}

function readExpiry(text: string, now: number, longest: number): number {
  const at = SECONDS.test(text)
    ? now + Number(text) * 1000
    : MOMENT.test(text)
      ? Date.parse(text)
      : Number.NaN;
  if (Number.isNaN(at)) {
    const what = 'a number of seconds, or a time such as 2026-12-24T18:00:00Z';
    throw new Fault('BAD_REQUEST', `the metadata value of "${EXPIRES}" must be ${what}`);
  }
  if (at <= now) {
    throw new Fault('BAD_REQUEST', `the metadata value of "${EXPIRES}" must be in the future`);
  }
  if (at > now + longest) {
    const most = describePeriod(longest);
    throw new Fault('BAD_REQUEST', `an upload may be kept for at most ${most} ("${EXPIRES}")`);
  }
  return at;
}

function readDownloads(text: string): number {
  const number = Number(text);
  if (/^[1-9]\d*$/.test(text) && number <= MOST_DOWNLOADS) return number;
  const what = `a whole number from 1 to ${MOST_DOWNLOADS}`;
  throw new Fault('BAD_REQUEST', `the metadata value of "${DOWNLOADS}" must be ${what}`);
}
