import type { Reply } from './reply.ts';

/** Configurations that some rows need; a server that somebody else started has `default` alone. */
export type Profile = 'default' | 'short-expiry' | 'small-max-size' | 'short-idle';

/** What can be seen on the server's disk, for rows that HTTP alone cannot decide. */
export interface Disk {
  /** The file that holds this upload's bytes, whether or not it exists. */
  dataFile(uploadUrl: string): string;
  /** Every file below the server's upload directory. */
  files(): Promise<string[]>;
}

/**
 * A server under test. Only the URL is needed; what else is there lets more rows be decided, and
 * without it they fall back to evidence from HTTP or are untestable.
 */
export interface Target {
  readonly name: string;
  /** The URL that creates uploads, absolute, with its trailing slash if it has one. */
  readonly url: string;
  /** How long to wait for any one answer, in milliseconds. */
  readonly limitMs: number;
  /** Headers that go with every request, such as Authorization. */
  readonly headers: Record<string, string>;
  /** The server's inactivity limit in milliseconds, if it is known (profile short-idle). */
  readonly idleMs?: number;
  /** Whether checks that take more than five minutes are wanted. */
  readonly slow?: boolean;
  /** Uploads that the checks have made, to be terminated in the end. */
  readonly made: Set<string>;
  readonly disk?: Disk;
  /** Makes the server remove what has expired, now. */
  sweep?(): Promise<void>;
  /** Ends the server without warning (SIGKILL) and starts it again at the same URL. */
  restart?(): Promise<void>;
  /** If the process has died: starts it again and gives a sentence that says how it ended. */
  reviveIfDead?(): Promise<string | undefined>;
  /** The same server in another configuration; undefined if it cannot be had. */
  profile?(name: Profile): Promise<Target | undefined>;
  close?(): Promise<void>;
}

/** A server at a URL and nothing else known of it: `default` is its only profile. */
export function foreignTarget(
  url: string,
  options: { limitMs?: number; headers?: Record<string, string>; slow?: boolean } = {},
): Target {
  return {
    name: new URL(url).host,
    url,
    limitMs: options.limitMs ?? 10_000,
    headers: options.headers ?? {},
    slow: options.slow ?? false,
    made: new Set(),
  };
}

/** What the server says of itself in answer to OPTIONS. */
export interface Offers {
  reply: Reply;
  versions: string[];
  extensions: string[];
  algorithms: string[];
  /** Tus-Max-Size as a number of bytes; undefined if absent or not a number. */
  maxSize: number | undefined;
}

/** Reads an answer to OPTIONS. */
export function readOffers(reply: Reply): Offers {
  const maxSize = reply.headers.get('tus-max-size');
  return {
    reply,
    versions: commaList(reply.headers.get('tus-version')),
    extensions: commaList(reply.headers.get('tus-extension')),
    algorithms: commaList(reply.headers.get('tus-checksum-algorithm')),
    maxSize: maxSize !== undefined && /^\d+$/.test(maxSize) ? Number(maxSize) : undefined,
  };
}

/** The elements of a comma-separated header; empty if the header is absent. */
export function commaList(value: string | undefined): string[] {
  if (value === undefined || value.trim() === '') return [];
  return value.split(',').map((item) => item.trim());
}
