import type { KeptText } from '../values/kept-text.ts';
import type { Reading } from '../values/reading.ts';

const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const VALUE = /^[\t\x20-\x7e\x80-\xff]*$/;

/**
 * Headers that the delivery sets itself, or that belong to the connection (RFC 9110, section
 * 7.6.1).
 */
const RESERVED = new Set([
  'connection',
  'content-length',
  'content-type',
  'expect',
  'host',
  'keep-alive',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
  'webhook-id',
  'webhook-signature',
  'webhook-timestamp',
]);

/** Reads the name of a header (RFC 9110, section 5.6.2) and converts it to lower case. */
export function readHeaderName(input: string): Reading<string> {
  const name = input.toLowerCase();
  if (!TOKEN.test(name)) return { problem: 'it must be the name of a header' };
  if (RESERVED.has(name)) return { problem: 'this header is set by the delivery itself' };
  return { value: name };
}

/** Reads the value of a header; control characters could inject other headers. */
export function readHeader(input: string): Reading<string> {
  return VALUE.test(input)
    ? { value: input }
    : { problem: 'a header may not have line breaks, control characters or any beyond Latin-1' };
}

/** Reads the headers of a hook, names in lower case, each at most once. */
export function readHeaders(input: Record<string, KeptText>): Reading<Map<string, KeptText>> {
  const headers = new Map<string, KeptText>();
  for (const [key, value] of Object.entries(input)) {
    const name = readHeaderName(key);
    if ('problem' in name) return { problem: `${JSON.stringify(key)}: ${name.problem}` };
    if (headers.has(name.value)) return { problem: `${name.value} stands in it twice` };
    headers.set(name.value, value);
  }
  return { value: headers };
}
