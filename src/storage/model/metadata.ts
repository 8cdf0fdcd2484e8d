import { Fault } from '../../fault.ts';

/**
 * Metadata is kept as the client wrote it: comma-separated `key base64(value)` pairs, the notation
 * of tus 1.0.0 (Upload-Metadata). Keeping the text gives it back byte for byte; values may be
 * binary, so they are Buffers here.
 */
export interface MetadataPair {
  readonly key: string;
  /** null for a key without a value. */
  readonly value: Buffer | null;
}

const KEY = /^[\x21-\x2b\x2d-\x7e]+$/;
/** Optional whitespace around the elements of a list (RFC 9110, 5.6.1). */
const LEADING = /^[ \t]+/;
const TRAILING = /[ \t]+$/;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Parses and validates the notation. Throws BAD_REQUEST with the reason. */
export function parseMetadata(text: string): MetadataPair[] {
  const seen = new Set<string>();
  return elementsOf(text).map((element) => {
    const space = element.indexOf(' ');
    const key = space === -1 ? element : element.slice(0, space);
    const encoded = space === -1 ? null : element.slice(space + 1);
    if (!KEY.test(key)) {
      throw new Fault('BAD_REQUEST', 'a metadata key is empty or has characters other than ASCII');
    }
    if (encoded !== null && !BASE64.test(encoded)) {
      throw new Fault('BAD_REQUEST', `the metadata value of "${key}" is not Base64`);
    }
    if (seen.has(key)) throw new Fault('BAD_REQUEST', `the metadata key "${key}" stands twice`);
    seen.add(key);
    return { key, value: encoded === null ? null : Buffer.from(encoded, 'base64') };
  });
}

/**
 * Normalizes metadata: drops the whitespace and the empty elements that RFC 9110 allows in a list, and
 * changes nothing else. null when nothing is left. Throws BAD_REQUEST like parseMetadata.
 */
export function normalizeMetadata(text: string): string | null {
  parseMetadata(text);
  return elementsOf(text).join(',') || null;
}

function elementsOf(text: string): string[] {
  const elements: string[] = [];
  for (const padded of text.split(',')) {
    const element = padded.replace(LEADING, '');
    if (element === '') continue;
    const bare = element.replace(TRAILING, '');
    if (bare.includes(' ') || bare.includes('\t')) elements.push(bare);
    // Keep the space after a key whose value is empty.
    else elements.push(element.startsWith(' ', bare.length) ? `${bare} ` : bare);
    // "a YQ==, Yg==" has lost a key: after whitespace, "Yg==" is hardly meant as a key.
    if (padded !== element && bare.endsWith('=') && BASE64.test(bare)) {
      throw new Fault('BAD_REQUEST', `the metadata value "${bare}" stands without a key`);
    }
  }
  return elements;
}

/** The inverse of parseMetadata, for metadata that a hook has replaced. */
export function formatMetadata(pairs: readonly MetadataPair[]): string | null {
  if (pairs.length === 0) return null;
  return pairs
    .map(({ key, value }) => (value === null ? key : `${key} ${value.toString('base64')}`))
    .join(',');
}

/** Reads a record's metadata. It was validated on arrival, so this never throws. */
export function readMetadata(text: string | null): MetadataPair[] {
  if (text === null) return [];
  try {
    return parseMetadata(text);
  } catch {
    return [];
  }
}

/** The value of the first of these keys that has one, as UTF-8; null when none does. */
export function metadataText(text: string | null, ...keys: string[]): string | null {
  const pairs = readMetadata(text);
  for (const key of keys) {
    const value = pairs.find((pair) => pair.key === key)?.value;
    if (value && value.length > 0) return value.toString('utf8');
  }
  return null;
}

/** The file name from the client (hostile text: sanitise before showing), or null. */
export function fileNameOf(metadata: string | null): string | null {
  return metadataText(metadata, 'filename', 'name');
}

/** The media type from the client (hostile text), or null. */
export function fileTypeOf(metadata: string | null): string | null {
  return metadataText(metadata, 'filetype', 'type', 'contentType');
}

/** The path within the folder that a person has sent (hostile text), or null. */
export function relativePathOf(metadata: string | null): string | null {
  const path = metadataText(metadata, 'relativePath', 'relativepath');
  // Uppy sends the text "null" for a file that was chosen by itself.
  return path === 'null' ? null : path;
}
