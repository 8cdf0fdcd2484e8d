import { readFileSync } from 'node:fs';

/**
 * The end-to-end specs of tus-js-client are written for a public demonstration server. Here they meet
 * ours, which answers 410 and not 404 for what was terminated: tus 1.0.0 allows either.
 */
const CHANGES = [
  ['https://tusd.tusdemo.net/files/', (endpoint: string) => endpoint],
  [
    String.raw`/^https:\/\/tusd\.tusdemo\.net\/files\//`,
    (endpoint: string) => `new RegExp(${JSON.stringify(`^${endpoint}`)})`,
  ],
  ['status === 404', () => 'status === 410'],
  ['.toBe(404)', () => '.toBe(410)'],
] as const;

/** Specs of tus-js-client, for this endpoint. Throws if they are not those that are known. */
export function readSpecs(path: string, endpoint: string): string {
  let text = readFileSync(path, 'utf8');
  for (const [theirs, ours] of CHANGES) {
    if (!text.includes(theirs)) throw new Error(`${path} has no "${theirs}"`);
    text = text.replaceAll(theirs, ours(endpoint));
  }
  return text;
}

export interface SpecResult {
  readonly fullName: string;
  readonly status: string;
  readonly failedExpectations: readonly { readonly message: string }[];
}

/** Only these of their specs need a server; the others run against a made-up one. */
export const NEEDS_SERVER = 'end-to-end';
