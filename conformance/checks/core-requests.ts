import type { Checks } from '../check.ts';
import { expect, expectBytes, expectSame, expectStatus, pass } from '../outcome.ts';
import type { Reply } from '../reply.ts';
import type { Target } from '../target.ts';
import {
  append,
  begin,
  beginWith,
  bytesOf,
  head,
  OFFSET_STREAM,
  offers,
  offsetOf,
  patch,
  readBack,
  sample,
  unknownUrl,
} from '../tus.ts';

/** HEAD of an upload of 10 bytes when it is new, half full and complete. */
async function lifeOfTen(t: Target): Promise<[what: string, reply: Reply, offset: string][]> {
  const whole = sample(10);
  const url = await begin(t, { 'Upload-Length': '10' });
  const fresh = await head(t, url);
  await append(t, url, 0, whole.subarray(0, 4));
  const partial = await head(t, url);
  await append(t, url, 4, whole.subarray(4));
  const complete = await head(t, url);
  return [
    ['HEAD of a new upload', fresh, '0'],
    ['HEAD of a partial upload', partial, '4'],
    ['HEAD of a complete upload', complete, '10'],
  ];
}

export const coreRequestChecks: Checks = {
  async C17(t) {
    for (const [what, reply, offset] of await lifeOfTen(t)) {
      expectSame(reply.headers.get('upload-offset'), offset, `Upload-Offset of ${what}`);
    }
    return pass;
  },

  async C18(t) {
    for (const [what, reply] of await lifeOfTen(t)) {
      expectSame(reply.headers.get('upload-length'), '10', `Upload-Length of ${what}`);
    }
    if (await offers(t, 'creation-defer-length')) {
      const url = await begin(t, { 'Upload-Defer-Length': '1' });
      const unset = (await head(t, url)).headers.get('upload-length');
      expectSame(unset, undefined, 'Upload-Length of HEAD while the length is deferred');
      await patch(t, url, 0, sample(3), { headers: { 'Upload-Length': '7' } });
      const set = (await head(t, url)).headers.get('upload-length');
      expectSame(set, '7', 'Upload-Length of HEAD after the deferred length was set');
    }
    return pass;
  },

  async C19(t) {
    const reply = await head(t, await unknownUrl(t));
    expectStatus(reply, [404, 410, 403], 'HEAD of an unknown upload');
    const offset = reply.headers.get('upload-offset');
    expectSame(offset, undefined, 'Upload-Offset of HEAD of an unknown upload');
    return pass;
  },

  async C20(t) {
    for (const [what, reply] of await lifeOfTen(t)) expectStatus(reply, [200, 204], what);
    return pass;
  },

  async C21(t) {
    for (const [what, reply] of await lifeOfTen(t)) {
      const caching = reply.headers.get('cache-control');
      expect(
        caching?.toLowerCase().includes('no-store') === true,
        `${what}: expected Cache-Control: no-store, got ${caching ?? 'none'}`,
      );
    }
    return pass;
  },

  async C22(t) {
    const whole = sample(64);
    const url = await begin(t, { 'Upload-Length': '64' });
    for (let at = 0; at < 64; at += 4) await append(t, url, at, whole.subarray(at, at + 4));
    const bytes = await bytesOf(t, url);
    if (bytes !== undefined) expectBytes(bytes, whole, 'after 16 PATCHes of 4 bytes');
    return pass;
  },

  async C23(t) {
    const url = await begin(t, { 'Upload-Length': '10' });
    const reply = await patch(t, url, 0, sample(4), { headers: { 'Content-Type': OFFSET_STREAM } });
    expectStatus(reply, [204], `PATCH of ${OFFSET_STREAM}`);
    return pass;
  },

  async C24(t) {
    const url = await begin(t, { 'Upload-Length': '10' });
    for (const type of ['text/plain', 'application/octet-stream', undefined]) {
      const reply = await patch(t, url, 0, sample(4), { headers: { 'Content-Type': type } });
      expectStatus(reply, [415], `PATCH with ${type ?? 'no Content-Type'}`);
    }
    expectSame(await offsetOf(t, url), 0, 'the offset after PATCHes of other types');
    // With a parameter it is the same media type, or it is another: the text allows both.
    const withParameter = { 'Content-Type': `${OFFSET_STREAM}; charset=utf-8` };
    const reply = await patch(t, url, 0, sample(4), { headers: withParameter });
    expectStatus(reply, [204, 415], `PATCH with ${withParameter['Content-Type']}`);
    return pass;
  },

  async C25(t) {
    const url = await beginWith(t, 10, sample(4));
    await patch(t, url, 0, sample(4));
    const reply = await patch(t, url, 4, sample(6));
    expectStatus(reply, [204], 'PATCH at the current offset after one at another');
    return pass;
  },

  async C26(t) {
    const url = await beginWith(t, 10, sample(5));
    for (const at of [0, 3, 6, 10, 11]) {
      const reply = await patch(t, url, at, sample(2, 9));
      expectStatus(reply, [409], `PATCH at ${at} of an upload at 5`);
      expectSame(await offsetOf(t, url), 5, `the offset after a PATCH at ${at}`);
    }
    if (t.disk !== undefined) {
      expectBytes(await readBack(t, url), sample(5), 'after PATCHes at other offsets');
    }
    await append(t, url, 5, sample(10).subarray(5));
    const bytes = await bytesOf(t, url);
    if (bytes !== undefined) expectBytes(bytes, sample(10), 'after PATCHes at other offsets');
    return pass;
  },

  async C27(t) {
    const whole = sample(100_000);
    const inOne = await beginWith(t, whole.length, whole);
    const inMany = await begin(t, { 'Upload-Length': String(whole.length) });
    for (let at = 0; at < whole.length; at += 30_000) {
      await append(t, inMany, at, whole.subarray(at, at + 30_000));
    }
    expectSame(await offsetOf(t, inOne), whole.length, 'the offset after one PATCH');
    expectSame(await offsetOf(t, inMany), whole.length, 'the offset after four PATCHes');
    expectBytes(await readBack(t, inOne), whole, 'after one PATCH');
    expectBytes(await readBack(t, inMany), whole, 'after four PATCHes');
    return pass;
  },

  async C28(t) {
    const url = await begin(t, { 'Upload-Length': '10' });
    expectStatus(await patch(t, url, 0, sample(4)), [204], 'PATCH of a part');
    expectStatus(await patch(t, url, 4, sample(6)), [204], 'PATCH of the rest');
    return pass;
  },

  async C29(t) {
    const url = await begin(t, { 'Upload-Length': '10' });
    const first = await append(t, url, 0, sample(4));
    expectSame(first.headers.get('upload-offset'), '4', 'Upload-Offset after 4 bytes');
    const second = await append(t, url, 4, sample(6));
    expectSame(second.headers.get('upload-offset'), '10', 'Upload-Offset after 6 more');
    return pass;
  },

  async C30(t) {
    const url = await begin(t, { 'Upload-Length': '50000' });
    const steps: [what: string, reply: () => Promise<Reply>, offset: string][] = [
      ['an empty PATCH', () => patch(t, url, 0, Buffer.alloc(0)), '0'],
      ['a PATCH of 1 byte', () => patch(t, url, 0, sample(1)), '1'],
      ['a chunked PATCH', () => patch(t, url, 1, sample(30_000), { chunked: true }), '30001'],
      ['the rest', () => patch(t, url, 30_001, sample(19_999)), '50000'],
    ];
    for (const [what, send, offset] of steps) {
      const reply = await send();
      expectStatus(reply, [204], what);
      expectSame(reply.headers.get('upload-offset'), offset, `Upload-Offset after ${what}`);
      expectSame(await offsetOf(t, url), Number(offset), `HEAD after ${what}`);
    }
    return pass;
  },

  async C31(t) {
    const reply = await patch(t, await unknownUrl(t), 0, sample(1));
    // 410 is as good for one that the server remembers, which this one is not.
    expectStatus(reply, [404, 410], 'PATCH of an unknown upload');
    return pass;
  },
};
