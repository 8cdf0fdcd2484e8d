import { Metadata, Upload } from '@tus/server';
import { Fault } from '../fault.ts';
import { formatMetadata, normalizeMetadata, readMetadata } from '../storage/model/metadata.ts';
import type { FoundUpload } from '../storage/store.ts';

type TusMetadata = Upload['metadata'];

/**
 * An upload in the format of @tus/server. The library considers an upload expired at
 * `creation_date` plus the store's expiration, whatever has happened since. So `creation_date` is
 * set to the time that yields our retention's result, and is missing if the upload never expires.
 */
export function tusUpload(found: FoundUpload, expiration: number, place: string): Upload {
  const { record, offset, expiresAt } = found;
  const since = expiration === 0 ? record.createdAt : expiresAt && expiresAt - expiration;
  const metadata = readTusMetadata(record.metadata);
  const upload = new Upload({
    id: record.id,
    // A final upload that is not joined yet has no bytes of its own.
    offset: offset ?? 0,
    ...(record.length === null ? {} : { size: record.length }),
    ...(metadata ? { metadata } : {}),
    storage: { type: 'file', path: place },
  });
  upload.creation_date = since === null ? undefined : new Date(since).toISOString();
  return upload;
}

/** Values as text, as in @tus/server: invalid UTF-8 becomes U+FFFD. */
export function readTusMetadata(text: string | null): TusMetadata {
  if (text === null) return undefined;
  const pairs = readMetadata(text).map(({ key, value }) => [key, value?.toString('utf8') ?? null]);
  return Object.fromEntries(pairs);
}

/**
 * The metadata that is recorded for a new upload: the client's, byte for byte, unless the
 * application has changed it (onUploadCreate). Throws BAD_REQUEST.
 */
export function recordedMetadata(metadata: TusMetadata, sent: string | null): string | null {
  if (!metadata || Object.keys(metadata).length === 0) return null;
  if (sent !== null && isSame(metadata, sent)) return normalizeMetadata(sent);
  const pairs = Object.entries(metadata).map(([key, value]) => ({
    key,
    value: value === null ? null : Buffer.from(value),
  }));
  return normalizeMetadata(formatMetadata(pairs) ?? '');
}

function isSame(metadata: NonNullable<TusMetadata>, sent: string): boolean {
  try {
    return Metadata.stringify(Metadata.parse(sent)) === Metadata.stringify(metadata);
  } catch {
    return false;
  }
}

/** Upload-Length as parsed by @tus/server. Throws TOO_LARGE if it exceeds the safe integers. */
export function recordedLength({ size }: Upload): number | null {
  if (size === undefined) return null;
  if (Number.isSafeInteger(size) && size >= 0) return size;
  throw new Fault('TOO_LARGE', `the length is larger than ${Number.MAX_SAFE_INTEGER}`);
}
