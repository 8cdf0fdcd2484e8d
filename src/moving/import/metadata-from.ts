import { formatMetadata, parseMetadata } from '../../storage/model/metadata.ts';

/**
 * The metadata of a server that keeps decoded values, in the notation of clients; null for none. Keys
 * that no client can have sent are left out, and so are values that are no text.
 */
export function metadataFrom(values: Readonly<Record<string, unknown>>): string | null {
  const pairs = Object.entries(values).flatMap(([key, value]) => {
    if (!isKey(key) || (typeof value !== 'string' && value !== null)) return [];
    return { key, value: value === null ? null : Buffer.from(value) };
  });
  return formatMetadata(pairs);
}

function isKey(key: string): boolean {
  try {
    return parseMetadata(key)[0]?.key === key;
  } catch {
    return false;
  }
}
