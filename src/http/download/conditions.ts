import type { IncomingHttpHeaders } from 'node:http';
import { Fault } from '../../fault.ts';
import type { UploadRecord } from '../../storage/model/upload.ts';
import { versionOf } from '../../storage/model/upload.ts';

/** The validators that a conditional request is compared with (RFC 9110, 8.8). */
export interface Validators {
  /** A strong entity tag, or null if the upload cannot be downloaded (yet). */
  readonly etag: string | null;
  /** Seconds since the epoch, the resolution of HTTP dates. */
  readonly modifiedAt: number;
}

/**
 * An unfinished upload has no entity tag, since it cannot be downloaded. A finished upload never
 * changes, and its id is never reused.
 */
export function validatorsOf(record: UploadRecord): Validators {
  const version = versionOf(record);
  return {
    etag: version === null ? null : `"${version}"`,
    modifiedAt: Math.floor((record.finishedAt ?? record.activeAt) / 1000),
  };
}

export type Verdict = 'holds' | 'not-modified' | 'failed';

/**
 * Evaluates If-Match, If-Unmodified-Since, If-None-Match and If-Modified-Since in the order of RFC
 * 9110, 13.2.2. `current` is null when the target has no representation to compare with.
 */
export function evaluate(
  headers: IncomingHttpHeaders,
  reading: boolean,
  current: Validators | null,
): Verdict {
  const modifiedAt = current?.modifiedAt;
  const ifMatch = headers['if-match']?.trim();
  if (ifMatch) {
    if (!matches(ifMatch, current, false)) return 'failed';
  } else {
    const since = httpDate(headers['if-unmodified-since']);
    if (since !== undefined && modifiedAt !== undefined && modifiedAt > since) return 'failed';
  }
  const ifNoneMatch = headers['if-none-match']?.trim();
  if (ifNoneMatch) {
    if (matches(ifNoneMatch, current, true)) return reading ? 'not-modified' : 'failed';
  } else if (reading) {
    const since = httpDate(headers['if-modified-since']);
    if (since !== undefined && modifiedAt !== undefined && modifiedAt <= since) {
      return 'not-modified';
    }
  }
  return 'holds';
}

/**
 * true when Range applies: If-Range is missing or matches the current validators (RFC 9110,
 * 13.1.5).
 */
export function rangeHolds(ifRange: string | undefined, { etag, modifiedAt }: Validators): boolean {
  const given = ifRange?.trim();
  if (!given) return true;
  if (given.startsWith('"') || given.startsWith('W/')) return given === etag;
  return httpDate(given) === modifiedAt;
}

/**
 * Refuses a request that changes an upload unless its preconditions hold. `record` is null for the
 * creation URL, which has no representation. Throws BAD_REQUEST with status 412.
 */
export function assertConditions(
  { headers }: { readonly headers: IncomingHttpHeaders },
  record: UploadRecord | null,
): void {
  const current = record && validatorsOf(record);
  if (evaluate(headers, false, current) !== 'holds') throw conditionFailed();
}

export function conditionFailed(): Fault {
  return new Fault('BAD_REQUEST', 'a condition of this request does not hold', { status: 412 });
}

const TAG = /(W\/)?("[\x21\x23-\x7e\x80-\xff]*")/g;

/** Whether a list of entity tags contains the current one; `*` matches any. */
function matches(list: string, current: Validators | null, weakly: boolean): boolean {
  if (current === null) return false;
  if (list === '*') return true;
  for (const [, weak, tag] of list.matchAll(TAG)) {
    if (tag === current.etag && (weakly || weak === undefined)) return true;
  }
  return false;
}

const DATE = /^(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?,? [\w :-]+$/;

/** The three forms of RFC 9110, 5.6.7, in seconds since the epoch; undefined for anything else. */
function httpDate(text: string | undefined): number | undefined {
  if (text === undefined || !DATE.test(text)) return undefined;
  // The asctime format has no zone; it is in UTC like the others.
  const time = Date.parse(text.endsWith(' GMT') ? text : `${text} GMT`);
  return Number.isNaN(time) ? undefined : time / 1000;
}
