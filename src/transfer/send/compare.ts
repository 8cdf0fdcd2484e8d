import { Fault } from '../../fault.ts';
import { answerFault } from '../http/answer-fault.ts';
import type { HttpClient } from '../http/http-client.ts';

/** What of the finished upload was compared with the file. */
export type Compared = 'crc32' | 'size';

interface Expected {
  readonly url: string;
  readonly size: number;
  /** Computes the CRC-32 of the file; called when the server tells its own. */
  crc(): Promise<number>;
}

/**
 * Compares a finished upload with what was sent: its size and, where the server has one, the CRC-32
 * of its bytes. tusd-ts tells it in the entity tag: "<id>-<crc32>". Throws CHECKSUM_MISMATCH.
 */
export async function compareWhole(
  client: HttpClient,
  { url, size, crc }: Expected,
  now: () => number,
): Promise<Compared> {
  const doing = 'comparing the upload';
  const headers = { 'Tus-Resumable': '1.0.0' };
  const answer = await client.ask({ method: 'HEAD', url: new URL(url), doing, headers });
  if (answer.status < 200 || answer.status >= 300) throw answerFault(doing, answer, '', now());
  const length = answer.headers['upload-length'];
  const offset = answer.headers['upload-offset'];
  for (const told of [length, offset]) {
    if (told === undefined || told === String(size)) continue;
    throw mismatch(url, `it has ${told} bytes, and ${size} were sent`);
  }
  const told = crcOfEntityTag(answer.headers.etag, url);
  if (told === null) return 'size';
  const sent = await crc();
  if (told === sent) return 'crc32';
  throw mismatch(url, `its CRC-32 is ${hex(told)}, that of the file is ${hex(sent)}`);
}

/** The CRC-32 in an entity tag of tusd-ts, or null for the tag of another server. */
export function crcOfEntityTag(etag: string | undefined, url: string): number | null {
  const id = new URL(url).pathname.split('/').findLast((segment) => segment !== '') ?? '';
  const match = /^"(.+)-([0-9a-f]{1,8})"$/.exec(etag ?? '');
  return match !== null && match[1] === id ? Number.parseInt(match[2]!, 16) : null;
}

function hex(crc: number): string {
  return crc.toString(16).padStart(8, '0');
}

function mismatch(url: string, how: string): Fault {
  return new Fault('CHECKSUM_MISMATCH', `the upload is not what was sent: ${how}`, {
    hint: `It is at ${url}. Remove it there, and send the file again.`,
  });
}
