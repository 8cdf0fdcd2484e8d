import { setTimeout as pause } from 'node:timers/promises';
import type { Checks } from '../check.ts';
import { checksum } from '../digest.ts';
import { sizeOnDisk } from '../disk.ts';
import { beginPatch } from '../interrupted.ts';
import { expectBytes, expectRefused, expectSame, expectStatus, pass } from '../outcome.ts';
import type { Target } from '../target.ts';
import { append, begin, bytesOf, needs, offsetOf, patch, sample } from '../tus.ts';

const WHOLE = sample(10_000);

/** An upload of 1000 of 10000 bytes. */
async function beginThousand(t: Target): Promise<string> {
  const url = await begin(t, { 'Upload-Length': '10000' });
  await append(t, url, 0, WHOLE.subarray(0, 1000));
  return url;
}

async function expectThousand(t: Target, url: string, after: string): Promise<void> {
  expectSame(await offsetOf(t, url), 1000, `HEAD after ${after}`);
  const size = (await sizeOnDisk(t, url)) ?? 1000;
  expectSame(size, 1000, `the length of the file after ${after}`);
}

/** A PATCH with a checksum of which only a part arrives, on an open connection. */
function beginChecked(t: Target, url: string) {
  const rest = WHOLE.subarray(1000);
  const headers = { 'Upload-Offset': '1000', 'Upload-Checksum': checksum('sha1', rest) };
  return beginPatch(t, url, rest.length, rest.subarray(0, 4000), headers);
}

export const checksumDiscardChecks: Checks = {
  async CK07(t) {
    await needs(t, 'checksum');
    const url = await beginThousand(t);
    // Other bytes than the right ones, so that what is left of them would be seen.
    const other = sample(5000, 9);
    for (const sum of [checksum('sha1', WHOLE), 'foo AAAA']) {
      const headers = { 'Upload-Checksum': sum };
      expectRefused(await patch(t, url, 1000, other, { headers }), `PATCH with ${sum}`);
      await expectThousand(t, url, `PATCH with ${sum}`);
    }
    if (t.restart !== undefined) {
      const wire = await beginChecked(t, url);
      await pause(300);
      await t.restart();
      wire.close();
      await expectThousand(t, url, 'a kill in the middle of a PATCH with a checksum');
    }
    await append(t, url, 1000, WHOLE.subarray(1000));
    const bytes = await bytesOf(t, url);
    if (bytes !== undefined) expectBytes(bytes, WHOLE, 'after refused checksums');
    return pass;
  },

  async CK08(t) {
    await needs(t, 'checksum');
    const url = await beginThousand(t);
    const headers = { 'Upload-Checksum': checksum('sha1', WHOLE) };
    const wrong = await patch(t, url, 1000, sample(5000, 9), { headers });
    expectStatus(wrong, [460, 400], 'PATCH with a wrong checksum');
    expectSame(await offsetOf(t, url), 1000, 'HEAD after a wrong checksum');
    const foreign = { 'Upload-Checksum': 'foo AAAA' };
    expectRefused(
      await patch(t, url, 1000, sample(5000, 9), { headers: foreign }),
      'PATCH with foo',
    );
    expectSame(await offsetOf(t, url), 1000, 'HEAD after an unknown algorithm');

    // What was never verified must not count either, or the checksum proves nothing.
    for (const leave of ['halfClose', 'reset'] as const) {
      const wire = await beginChecked(t, url);
      await pause(200);
      wire[leave]();
      await pause(200);
      expectSame(await offsetOf(t, url), 1000, `HEAD after a checked PATCH broke off (${leave})`);
      wire.close();
    }
    const rest = WHOLE.subarray(1000);
    const right = { headers: { 'Upload-Checksum': checksum('sha1', rest) } };
    expectStatus(await patch(t, url, 1000, rest, right), [204], 'PATCH with a right checksum');
    const bytes = await bytesOf(t, url);
    if (bytes !== undefined) expectBytes(bytes, WHOLE, 'after checksums that were refused');
    return pass;
  },
};
