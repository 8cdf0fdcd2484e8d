import { expectStatus, fail } from './outcome.ts';
import type { Reply } from './reply.ts';
import type { Target } from './target.ts';
import { append, begin, create, eventually, type Headers, head, locationOf } from './tus.ts';

/** A partial upload of this length with its first bytes sent. */
export async function beginPart(
  t: Target,
  length: number,
  bytes: Buffer,
  headers: Headers = {},
): Promise<string> {
  const partial = { 'Upload-Length': String(length), 'Upload-Concat': 'partial' };
  const url = await begin(t, { ...partial, ...headers });
  if (bytes.length > 0) await append(t, url, 0, bytes);
  return url;
}

/** A finished partial upload. */
export function part(t: Target, bytes: Buffer, headers: Headers = {}): Promise<string> {
  return beginPart(t, bytes.length, bytes, headers);
}

/** Upload-Concat of a final upload of these parts. */
export function finalOf(urls: string[]): string {
  return `final;${urls.join(' ')}`;
}

/** Asks for a final upload of these parts. */
export function join(t: Target, urls: string[], headers: Headers = {}): Promise<Reply> {
  return create(t, { 'Upload-Concat': finalOf(urls), ...headers });
}

/** A final upload of these parts, waited for until it is joined. */
export async function joined(t: Target, urls: string[], headers: Headers = {}): Promise<string> {
  const reply = await join(t, urls, headers);
  expectStatus(reply, [201], `POST of a final upload of ${urls.length} parts`);
  const url = locationOf(t, reply);
  await untilJoined(t, url);
  return url;
}

/** Waits until HEAD tells that the final upload is complete; fails the check if it never does. */
export async function untilJoined(t: Target, url: string): Promise<void> {
  let told = '';
  const complete = await eventually(t, async () => {
    const { headers } = await head(t, url);
    const offset = headers.get('upload-offset');
    const length = headers.get('upload-length');
    told = `Upload-Offset ${offset ?? 'none'} and Upload-Length ${length ?? 'none'}`;
    return offset !== undefined && offset === length;
  });
  if (!complete) fail(`a final upload was not complete within ${t.limitMs} ms: HEAD has ${told}`);
}
