import { isUtf8 } from 'node:buffer';
import { type MetadataPair, readMetadata } from '../../storage/model/metadata.ts';
import { truncate } from '../../terminal/fit.ts';
import { formatBytes } from '../../terminal/size.ts';
import { sanitize } from '../../text/sanitize.ts';

const HEX_BYTES = 16;
/** Columns; metadata can be as long as a header. */
const LONGEST = 200;

/** Keys and values, sanitised for display, in the client's order. */
export function metadataRows(metadata: string | null): string[][] {
  return readMetadata(metadata).map(({ key, value }) => [sanitize(key), valueText(value)]);
}

function valueText(value: MetadataPair['value']): string {
  if (value === null) return '(no value)';
  if (value.length === 0) return '(empty)';
  if (isUtf8(value)) return truncate(sanitize(value.toString('utf8')), LONGEST);
  const hex = value.subarray(0, HEX_BYTES).toString('hex').match(/../g) ?? [];
  const rest = value.length > HEX_BYTES ? ' …' : '';
  return `(binary, ${formatBytes(value.length)}) ${hex.join(' ')}${rest}`;
}

/** For programs: a list, to keep the client's order even if a key looks like a number. */
export function metadataJson(metadata: string | null) {
  return readMetadata(metadata).map(({ key, value }) => ({
    key,
    text: value !== null && isUtf8(value) ? value.toString('utf8') : null,
    base64: value === null ? null : value.toString('base64'),
  }));
}
