import { readMetadata } from '../storage/model/metadata.ts';
import type { UploadRecord } from '../storage/model/upload.ts';

/**
 * What is known of an upload, for the program that finds the file. The format is stable: keys may be
 * added, but not removed. Sizes are in bytes, times in ISO 8601.
 */
export function descriptionOf(record: UploadRecord, rule: string): string {
  const { id, name, offset, crc32, createdAt, finishedAt, origin } = record;
  const metadata = Object.fromEntries(
    readMetadata(record.metadata).map(({ key, value }) => [key, value?.toString('utf8') ?? null]),
  );
  const description = {
    id,
    name,
    size: offset,
    crc32: crc32.toString(16).padStart(8, '0'),
    metadata,
    createdAt: new Date(createdAt).toISOString(),
    finishedAt: finishedAt === null ? null : new Date(finishedAt).toISOString(),
    client: { address: origin.address, agent: origin.agent, protocol: origin.protocol },
    rule,
  };
  return `${JSON.stringify(description, null, 2)}\n`;
}
