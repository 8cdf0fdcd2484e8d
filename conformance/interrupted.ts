import { expect, expectBytes, expectSame } from './outcome.ts';
import type { Target } from './target.ts';
import {
  append,
  bytesOf,
  eventually,
  type Headers,
  headerLines,
  offsetOf,
  patch,
  patchHeaders,
  pathOf,
} from './tus.ts';
import { Wire } from './wire.ts';

/** A connection on which a PATCH of `declared` bytes has begun and `sent` is on its way. */
export async function beginPatch(
  t: Target,
  url: string,
  declared: number,
  sent: Buffer,
  more: Headers = {},
): Promise<Wire> {
  const wire = await Wire.open(url, t.limitMs);
  const headers = { ...patchHeaders(0), 'Content-Length': String(declared), ...more };
  wire.head('PATCH', pathOf(url), headerLines(t, 'PATCH', url, headers));
  wire.write(sent);
  return wire;
}

/** Resumes where HEAD says, to the end, and compares the bytes. */
export async function resume(t: Target, url: string, whole: Buffer, atMost: number): Promise<void> {
  const offset = await offsetOf(t, url);
  expect(offset <= atMost, `HEAD: expected at most the ${atMost} bytes sent, got ${offset}`);
  const reply = await append(t, url, offset, whole.subarray(offset));
  const end = String(whole.length);
  expectSame(reply.headers.get('upload-offset'), end, 'Upload-Offset after resuming');
  const bytes = await bytesOf(t, url);
  if (bytes !== undefined) expectBytes(bytes, whole, 'after resuming');
}

/**
 * Resumes like a client after its connection broke: the server may still be writing what it had
 * received when HEAD was answered, and then tells so with 409, or that the upload is locked.
 */
export async function resumeInTheEnd(
  t: Target,
  url: string,
  whole: Buffer,
  atMost: number,
): Promise<void> {
  const settled = await eventually(t, async () => {
    const offset = await offsetOf(t, url);
    const probe = await patch(t, url, offset, whole.subarray(offset, offset + 1));
    return probe.status !== 409 && probe.status !== 423;
  });
  expect(settled, 'PATCH at the offset that HEAD told was refused again and again');
  await resume(t, url, whole, atMost + 1);
}
