import type { Checks } from '../check.ts';
import { beginPart, finalOf, join, joined, part, untilJoined } from '../joined.ts';
import {
  expect,
  expectBytes,
  expectRefused,
  expectSame,
  expectStatus,
  notOffered,
  pass,
} from '../outcome.ts';
import type { Target } from '../target.ts';
import {
  append,
  create,
  head,
  locationOf,
  needs,
  offers,
  offsetOf,
  patch,
  readBack,
  sample,
} from '../tus.ts';

const A = sample(3000, 1);
const B = sample(5000, 2);

/** Two finished parts that differ in bytes and in length. */
async function twoParts(t: Target): Promise<[string, string]> {
  await needs(t, 'concatenation');
  return [await part(t, A), await part(t, B)];
}

export const concatenationChecks: Checks = {
  async CC01(t) {
    const reply = await create(t, { 'Upload-Length': '10', 'Upload-Concat': 'partial' });
    const told = reply.status === 201 ? await head(t, locationOf(t, reply)) : reply;
    const works = told !== reply && told.headers.get('upload-concat') === 'partial';
    const advertised = await offers(t, 'concatenation');
    if (!works && !advertised) notOffered('concatenation');
    expect(works, `concatenation is advertised, but no partial upload came of a ${reply.status}`);
    expect(advertised, 'partial uploads work, but Tus-Extension has no concatenation');
    return pass;
  },

  async CC03(t) {
    const told = await head(t, await joined(t, await twoParts(t)));
    expectSame(told.headers.get('upload-length'), '8000', 'Upload-Length of 3000 and 5000 bytes');
    return pass;
  },

  async CC04(t) {
    await needs(t, 'concatenation');
    expectRefused(await create(t, {}), 'POST with neither a length nor Upload-Concat');
    return pass;
  },

  async CC05(t) {
    const [a] = await twoParts(t);
    for (const value of [
      'final',
      'final;',
      'final; ',
      `FINAL;${a}`,
      `final ${a}`,
      `final,${a}`,
      a,
    ]) {
      const reply = await create(t, { 'Upload-Concat': value });
      expectRefused(reply, `POST with Upload-Concat "${value}"`);
    }
    return pass;
  },

  async CC06(t) {
    const [a, b] = await twoParts(t);
    const forth = await joined(t, [a, b]);
    expectBytes(await readBack(t, forth), Buffer.concat([A, B]), 'of the first part, the second');
    const back = await joined(t, [await part(t, B), await part(t, A)]);
    expectBytes(await readBack(t, back), Buffer.concat([B, A]), 'of the second part, the first');
    return pass;
  },

  async CC07(t) {
    await needs(t, 'concatenation');
    const reply = await join(t, [await part(t, A), await beginPart(t, 10, sample(4))]);
    if (reply.status === 201) {
      // Taken: then it is not complete before its parts are.
      const told = (await head(t, locationOf(t, reply))).headers;
      const offset = told.get('upload-offset');
      expect(
        offset === undefined || offset !== told.get('upload-length'),
        'a final upload of unfinished parts is complete',
      );
    } else {
      expectRefused(reply, 'POST of a final upload of unfinished parts');
    }
    return pass;
  },

  async CC08(t) {
    const reply = await join(t, await twoParts(t), { 'Upload-Length': '8000' });
    expectRefused(reply, 'POST of a final upload with an Upload-Length');
    return pass;
  },

  async CC09(t) {
    await needs(t, 'concatenation-unfinished');
    const [a, late] = [await part(t, A), await beginPart(t, B.length, B.subarray(0, 2000))];
    const reply = await join(t, [a, late]);
    expectStatus(reply, [201], 'POST of a final upload of unfinished parts');
    const url = locationOf(t, reply);
    await append(t, late, 2000, B.subarray(2000));
    await untilJoined(t, url);
    expectSame(await offsetOf(t, url), 8000, 'HEAD once the last part is complete');
    expectBytes(await readBack(t, url), Buffer.concat([A, B]), 'once the last part is complete');
    return pass;
  },

  async CC10(t) {
    await needs(t, 'concatenation');
    const reply = await join(t, [await part(t, A), await beginPart(t, 10, sample(4))]);
    if (reply.status === 201) locationOf(t, reply);
    const advertised = await offers(t, 'concatenation-unfinished');
    if (!advertised) {
      expectRefused(reply, 'POST of unfinished parts without concatenation-unfinished');
      notOffered('concatenation-unfinished');
    }
    expectStatus(reply, [201], 'POST of unfinished parts with concatenation-unfinished');
    return pass;
  },

  async CC13(t) {
    const parts = await twoParts(t);
    await joined(t, parts);
    for (const url of parts) {
      const reply = await head(t, url);
      expectStatus(reply, [200, 204, 404, 410], 'HEAD of a part that was joined');
      if (reply.status >= 400) continue;
      const { headers } = reply;
      const [offset, length] = [headers.get('upload-offset'), headers.get('upload-length')];
      expectSame(offset, length, 'Upload-Offset of a part that was joined and kept');
    }
    return pass;
  },

  async CC14(t) {
    const [a, b] = await twoParts(t);
    await joined(t, [a, b]);
    const again = await join(t, [b, a]);
    if (again.status !== 201) {
      expectRefused(again, 'POST of a second final upload of the same parts');
      return pass;
    }
    const url = locationOf(t, again);
    await untilJoined(t, url);
    expectBytes(await readBack(t, url), Buffer.concat([B, A]), 'of parts joined a second time');
    return pass;
  },

  async CC15(t) {
    const [a, b] = await twoParts(t);
    const url = await joined(t, [a, b, a]);
    expectSame(await offsetOf(t, url), 11_000, 'HEAD of 3000, 5000 and the same 3000 bytes');
    const expected = Buffer.concat([A, B, A]);
    expectBytes(await readBack(t, url), expected, 'of a part that stands in the list twice');
    return pass;
  },

  async CC16(t) {
    const url = await joined(t, await twoParts(t));
    for (const at of [8000, 0]) {
      const reply = await patch(t, url, at, sample(10));
      expectStatus(reply, [403], `PATCH of a final upload at ${at}`);
    }
    if (!(await offers(t, 'concatenation-unfinished'))) return pass;
    const waiting = await join(t, [await beginPart(t, 10, sample(4))]);
    expectStatus(waiting, [201], 'POST of a final upload of an unfinished part');
    const early = await patch(t, locationOf(t, waiting), 0, sample(4));
    expectStatus(early, [403], 'PATCH of a final upload that waits for its parts');
    return pass;
  },

  async CC17(t) {
    const parts = await twoParts(t);
    const url = await joined(t, parts);
    await patch(t, url, 8000, sample(10));
    await patch(t, url, 0, sample(10, 7));
    expectSame(await offsetOf(t, url), 8000, 'HEAD of a final upload after PATCH');
    expectBytes(await readBack(t, url), Buffer.concat([A, B]), 'of a final upload after PATCH');
    for (const [index, kept] of parts.entries()) {
      if ((await head(t, kept)).status >= 400) continue;
      expectBytes(
        await readBack(t, kept),
        [A, B][index] ?? A,
        'of a part after PATCH of the final',
      );
    }
    return pass;
  },

  async CC25(t) {
    await needs(t, 'concatenation');
    for (const value of ['Partial', 'PARTIAL', 'part', 'partial;', 'partial x', 'nonsense', '']) {
      const reply = await create(t, { 'Upload-Length': '10', 'Upload-Concat': value });
      if (reply.status === 201) locationOf(t, reply);
      expectRefused(reply, `POST with Upload-Concat "${value}"`);
    }
    return pass;
  },

  async CC26(t) {
    const parts = await twoParts(t);
    const url = await joined(t, parts);
    const told = (await head(t, url)).headers.get('upload-concat');
    expectSame(told, finalOf(parts), 'Upload-Concat of HEAD of a final upload');
    const single = await joined(t, [await part(t, A)]);
    expectSame(await offsetOf(t, single), 3000, 'HEAD of a final upload of one part');
    return pass;
  },
};
