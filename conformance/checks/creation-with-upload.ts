import { setTimeout as pause } from 'node:timers/promises';
import type { Checks } from '../check.ts';
import { sizesOf } from '../disk.ts';
import { expecting } from '../expect-continue.ts';
import {
  expect,
  expectBytes,
  expectRefused,
  expectSame,
  expectStatus,
  fail,
  notOffered,
  pass,
  untestable,
} from '../outcome.ts';
import type { Reply } from '../reply.ts';
import type { Target } from '../target.ts';
import {
  bytesOf,
  create,
  headerLines,
  locationOf,
  needs,
  OFFSET_STREAM,
  offers,
  offersOf,
  offsetOf,
  pathOf,
  sample,
} from '../tus.ts';
import { Wire } from '../wire.ts';

const TYPE = { 'Content-Type': OFFSET_STREAM };

function createWith(t: Target, length: number, body: Buffer): Promise<Reply> {
  return create(t, { 'Upload-Length': String(length), ...TYPE }, { body });
}

/** A creation with data that must work. */
async function createdWith(t: Target, length: number, body: Buffer) {
  await needs(t, 'creation-with-upload');
  const reply = await createWith(t, length, body);
  expectStatus(reply, [201], `POST with ${body.length} of ${length} bytes`);
  return { reply, url: locationOf(t, reply) };
}

export const creationWithUploadChecks: Checks = {
  async CU01(t) {
    const { reply } = await createdWith(t, 10, sample(4));
    expectSame(reply.headers.get('upload-offset'), '4', 'Upload-Offset of a POST with 4 bytes');
    return pass;
  },

  async CU02(t) {
    const reply = await createWith(t, 10, sample(4));
    if (reply.status === 201) locationOf(t, reply);
    const taken = reply.headers.get('upload-offset') === '4';
    const advertised = await offers(t, 'creation-with-upload');
    if (!taken && !advertised) notOffered('creation-with-upload');
    expect(taken, 'creation-with-upload is advertised, but the body of a POST was not taken');
    expect(advertised, 'the body of a POST was taken, but Tus-Extension does not say so');
    return pass;
  },

  async CU03(t) {
    await needs(t, 'creation-with-upload');
    expect(await offers(t, 'creation'), 'creation-with-upload is advertised without creation');
    return pass;
  },

  async CU04(t) {
    for (const count of [0, 4, 10]) {
      const { reply, url } = await createdWith(t, 10, sample(count));
      const what = `a POST with ${count} of 10 bytes`;
      const told = reply.headers.get('upload-offset');
      expectSame(told, String(count), `Upload-Offset of ${what}`);
      expectSame(await offsetOf(t, url), count, `HEAD after ${what}`);
      if (count < 10 && t.disk === undefined) continue;
      const stored = await bytesOf(t, url);
      if (stored !== undefined) expectBytes(stored, sample(count), `after ${what}`);
    }
    const tooLong = await createWith(t, 10, sample(20));
    expectRefused(tooLong, 'POST with 20 of 10 bytes');
    return pass;
  },

  async CU05(t) {
    await needs(t, 'creation-with-upload');
    const headers = { 'Upload-Length': '10', 'Content-Type': 'text/plain' };
    const reply = await create(t, headers, { body: sample(4) });
    if (reply.status !== 201) {
      expectRefused(reply, 'POST with a body of text/plain');
      return pass;
    }
    expectSame(await offsetOf(t, locationOf(t, reply)), 0, 'HEAD after a body of text/plain');
    return pass;
  },

  async CU06(t) {
    await needs(t, 'creation-with-upload');
    const { disk } = t;
    if (disk === undefined) {
      untestable("needs access to the server's disk: a client that is cut off never gets the URL");
    }
    const before = new Set(await disk.files());
    const wire = await Wire.open(t.url, t.limitMs);
    // A length that no other check uses, so that the file can be found by its size.
    const headers = { 'Upload-Length': '100000', 'Content-Length': '100000', ...TYPE };
    wire.head('POST', pathOf(t.url), headerLines(t, 'POST', t.url, headers));
    wire.write(sample(7919));
    // What is still on its way when a client goes away may be lost; this has arrived.
    await pause(300);
    wire.halfClose();
    // Once the connection is closed the server has done with it what it does.
    await wire.closes(1000);
    await pause(300);
    const sizes = await sizesOf((await disk.files()).filter((file) => !before.has(file)));
    wire.close();
    expect(
      sizes.includes(7919),
      'after 7919 of 100000 bytes and FIN: no file of 7919 bytes on the disk',
    );
    return pass;
  },

  async CU07(t) {
    const { reply } = await createdWith(t, 10, sample(4));
    expect(reply.headers.has('upload-offset'), 'POST with 4 of 10 bytes: no Upload-Offset');
    return pass;
  },

  async CU08(t) {
    const { reply, url } = await createdWith(t, 100_000, sample(70_000));
    const told = Number(reply.headers.get('upload-offset'));
    expectSame(told, await offsetOf(t, url), 'Upload-Offset of the POST, against that of HEAD');
    expectSame(told, 70_000, 'Upload-Offset of a POST with 70000 bytes');
    return pass;
  },

  async CU09(t) {
    const reply = await createWith(t, 10, sample(4));
    if (reply.status !== 201) {
      if (await offers(t, 'creation-with-upload')) fail(`POST with data: got ${reply.status}`);
      expectRefused(reply, 'POST with data to a server that takes none');
      return pass;
    }
    const told = Number(reply.headers.get('upload-offset') ?? '0');
    expectSame(await offsetOf(t, locationOf(t, reply)), told, 'HEAD, against what the POST told');
    return pass;
  },

  async CU10(t) {
    await needs(t, 'creation-with-upload');
    const good = { 'Upload-Length': '10', 'Content-Length': '4', ...TYPE };
    const { wire, first } = await expecting(t, 'POST', t.url, good);
    expectStatus(first, [100], 'POST with Expect: 100-continue');
    wire.write(sample(4));
    const reply = await wire.reply();
    wire.close();
    expectStatus(reply, [201], 'POST after 100 Continue');
    locationOf(t, reply);
    expectSame(reply.headers.get('upload-offset'), '4', 'Upload-Offset after 100 Continue');

    const bad: Record<string, Record<string, string>> = {
      'of an unknown version': { ...good, 'Tus-Resumable': '0.2.2' },
      'without a length': { 'Content-Length': '4', ...TYPE },
      'whose body is longer than the upload': { ...good, 'Content-Length': '40' },
    };
    const { maxSize } = await offersOf(t);
    if (maxSize !== undefined && maxSize < Number.MAX_SAFE_INTEGER) {
      bad['beyond Tus-Max-Size'] = { ...good, 'Upload-Length': String(maxSize + 1) };
    }
    for (const [what, headers] of Object.entries(bad)) {
      const refused = await expecting(t, 'POST', t.url, headers);
      refused.wire.close();
      expect(refused.first.status !== 100, `POST ${what}: got 100 Continue, expected a refusal`);
      expectRefused(refused.first, `POST ${what}, with Expect: 100-continue`);
    }
    return pass;
  },
};
