import type { Reading } from '../values/reading.ts';

const PREFIX = 'whsec_';
const FEWEST_BYTES = 24;
const MOST_BYTES = 64;

/**
 * Reads a signing secret of the Standard Webhooks convention: base64 of 24 to 64 random bytes,
 * usually with the prefix "whsec_", which is added if missing. The problem never quotes the secret.
 */
export function readHookSecret(text: string): Reading<string> {
  const encoded = text.startsWith(PREFIX) ? text.slice(PREFIX.length) : text;
  const bytes = Buffer.from(encoded, 'base64');
  const canonical = bytes.toString('base64');
  // Buffer.from skips invalid characters; only text that survives a round trip is valid.
  const wellFormed = withoutPadding(canonical) === withoutPadding(encoded);
  if (wellFormed && bytes.length >= FEWEST_BYTES && bytes.length <= MOST_BYTES) {
    return { value: PREFIX + canonical };
  }
  return {
    problem: `it must be "${PREFIX}" and the base64 of ${FEWEST_BYTES} to ${MOST_BYTES} random bytes; make one with: echo "${PREFIX}$(openssl rand -base64 32)"`,
  };
}

function withoutPadding(base64: string): string {
  return base64.replace(/={1,2}$/, '');
}
