import type { Checks } from '../check.ts';
import { sizeOnDisk } from '../disk.ts';
import { expecting } from '../expect-continue.ts';
import { beginPatch, resume } from '../interrupted.ts';
import {
  expect,
  expectBytes,
  expectRefused,
  expectSame,
  expectStatus,
  pass,
  untestable,
} from '../outcome.ts';
import type { Target } from '../target.ts';
import {
  append,
  begin,
  beginWith,
  bytesOf,
  eventually,
  head,
  headerLines,
  offsetOf,
  patch,
  patchHeaders,
  pathOf,
  sample,
  sendOn,
} from '../tus.ts';
import { Wire } from '../wire.ts';

/** How long a person looks at a frozen progress bar before pressing something. */
const QUICKLY_MS = 2000;

/** PATCHes at a wrong offset with a body of this size, on a connection that is to be used again. */
async function rejectedBody(t: Target, url: string, size: number): Promise<void> {
  const wire = await Wire.open(url, t.limitMs);
  try {
    sendOn(wire, t, 'PATCH', url, { headers: patchHeaders(7), body: sample(size) });
    const reply = await wire.reply();
    expectStatus(reply, [409], `PATCH at another offset with ${size} bytes`);
    if (/\bclose\b/i.test(reply.headers.get('connection') ?? '')) return;
    sendOn(wire, t, 'HEAD', url);
    const next = await wire.reply();
    expectStatus(next, [200, 204], `HEAD after a rejected body of ${size} bytes, same connection`);
    expectSame(next.headers.get('upload-offset'), '4', 'Upload-Offset of that HEAD');
  } finally {
    wire.close();
  }
}

export const judgedBodyChecks: Checks = {
  async X1(t) {
    for (const chunked of [false, true]) {
      const how = chunked ? 'chunked' : 'declared';
      const url = await beginWith(t, 10, sample(4));
      const reply = await patch(t, url, 4, sample(5000, 3), { chunked });
      expectStatus(reply, [413, 400], `PATCH of 5000 bytes at 4 of 10 (${how})`);
      const offset = await offsetOf(t, url);
      expect(offset <= 10, `HEAD after a body beyond the length (${how}): got ${offset} of 10`);
      // A write that was still in flight when the refusal went out would show a little later.
      await head(t, url);
      const size = (await sizeOnDisk(t, url)) ?? offset;
      expectSame(size, offset, `the length of the file after a body beyond the length (${how})`);
      if (offset === 4) await append(t, url, 4, sample(10).subarray(4));
    }
    return pass;
  },

  async X2(t) {
    for (let round = 0; round < 5; round += 1) {
      const length = 200_000;
      const url = await begin(t, { 'Upload-Length': String(length) });
      const bodies = [sample(length, 11), sample(length, 12)];
      const replies = await Promise.all(
        bodies.map((body) => patch(t, url, 0, body).catch(() => undefined)),
      );
      const statuses = replies.map((reply) => reply?.status ?? 'closed');
      const winners = bodies.filter((_, index) => statuses[index] === 204);
      const [winner] = winners;
      const list = statuses.join(' and ');
      expect(winners.length === 1, `two PATCHes at 0: expected one 204, got ${list}`);
      const told = statuses.every((status) => status === 'closed' || status < 500);
      expect(told, `two PATCHes at 0: got ${list}`);
      expectSame(await offsetOf(t, url), length, 'HEAD after two PATCHes at 0');
      const bytes = await bytesOf(t, url);
      if (bytes === undefined || winner === undefined) continue;
      expectBytes(bytes, winner, 'of the PATCH that won');
    }
    return pass;
  },

  async X3(t) {
    const whole = sample(100_000);
    const url = await begin(t, { 'Upload-Length': '100000' });
    const wire = await beginPatch(t, url, 100_000, whole.subarray(0, 5000));
    const impatient = { ...t, limitMs: Math.min(QUICKLY_MS, t.limitMs) };
    await eventually(t, async () => (await offsetOf(impatient, url)) === 5000);
    // The reported offset must then be accepted.
    await resume(t, url, whole, 5000);
    wire.close();
    return pass;
  },

  async X4(t) {
    if (t.restart === undefined) untestable('needs a server that can be killed and started again');
    const whole = sample(200_000);
    const url = await begin(t, { 'Upload-Length': '200000' });
    const wire = await beginPatch(t, url, 200_000, whole.subarray(0, 70_000));
    const seen = await eventually(t, async () => {
      return ((await sizeOnDisk(t, url)) ?? (await offsetOf(t, url))) === 70_000;
    });
    expect(seen, 'a stalled PATCH: the 70000 bytes sent were not stored');
    await t.restart();
    wire.close();
    const offset = await offsetOf(t, url);
    const size = (await sizeOnDisk(t, url)) ?? 70_000;
    expectSame(offset, size, 'HEAD after a kill, against the bytes that are there');
    await resume(t, url, whole, 70_000);
    return pass;
  },

  async X5(t) {
    const url = await beginWith(t, 10, sample(4));
    const headers = { ...patchHeaders(4), 'Content-Length': '6' };
    const bad = {
      'at another offset': { ...headers, 'Upload-Offset': '2' },
      'of text/plain': { ...headers, 'Content-Type': 'text/plain' },
      'of an unknown version': { ...headers, 'Tus-Resumable': '0.2.2' },
      'beyond the length': { ...headers, 'Content-Length': '60' },
    };
    for (const [what, wrong] of Object.entries(bad)) {
      const { wire, first } = await expecting(t, 'PATCH', url, wrong);
      wire.close();
      expect(first.status !== 100, `PATCH ${what}: got 100 Continue, expected a refusal`);
      expectRefused(first, `PATCH ${what}, with Expect: 100-continue`);
    }
    const { wire, first } = await expecting(t, 'PATCH', url, headers);
    expectStatus(first, [100], 'PATCH with Expect: 100-continue');
    wire.write(sample(10).subarray(4));
    const reply = await wire.reply();
    wire.close();
    expectStatus(reply, [204], 'PATCH after 100 Continue');
    return pass;
  },

  async X6(t) {
    const url = await beginWith(t, 10, sample(4));
    // One that fits in a socket's buffers, and one that the server must take in or cut.
    await rejectedBody(t, url, 3);
    await rejectedBody(t, url, 60_000);
    await rejectedBody(t, url, 8_000_000);

    // Behind a refused Expect there is no body, and the connection must not wait for one.
    const wire = await Wire.open(url, t.limitMs);
    const headers = { ...patchHeaders(7), 'Content-Length': '3', Expect: '100-continue' };
    wire.head('PATCH', pathOf(url), headerLines(t, 'PATCH', url, headers));
    const reply = await wire.reply();
    wire.close();
    expectStatus(reply, [409], 'PATCH at another offset with Expect: 100-continue');
    return pass;
  },
};
