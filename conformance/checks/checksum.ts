import type { Checks } from '../check.ts';
import { ALGORITHMS, checksum } from '../digest.ts';
import {
  expect,
  expectBytes,
  expectRefused,
  expectSame,
  expectStatus,
  notOffered,
  pass,
} from '../outcome.ts';
import type { Reply } from '../reply.ts';
import { commaList, type Target } from '../target.ts';
import {
  begin,
  bytesOf,
  create,
  locationOf,
  needs,
  OFFSET_STREAM,
  offers,
  offersOf,
  offsetOf,
  patch,
  sample,
} from '../tus.ts';

const BODY = sample(5000);
const WRONG = checksum('sha1', sample(5000, 2));

/** PATCH of the sample at 0 with this Upload-Checksum, as a header or a trailer. */
function patchWith(t: Target, url: string, sum: string, trailer = false): Promise<Reply> {
  const field = { 'Upload-Checksum': sum };
  const content = trailer ? { chunked: true, trailers: field } : { headers: field };
  return patch(t, url, 0, BODY, content);
}

function beginSampled(t: Target): Promise<string> {
  return begin(t, { 'Upload-Length': '10000' });
}

export const checksumChecks: Checks = {
  async CK01(t) {
    const reply = await patchWith(t, await beginSampled(t), WRONG);
    const advertised = await offers(t, 'checksum');
    if (!advertised && reply.status === 204) notOffered('checksum');
    expect(advertised, `a wrong checksum got ${reply.status}, but Tus-Extension has no checksum`);
    expect(reply.status !== 204, 'checksum is advertised, but a wrong one was accepted');
    return pass;
  },

  async CK02(t) {
    await needs(t, 'checksum');
    const reply = await patchWith(t, await beginSampled(t), checksum('sha1', BODY));
    expectStatus(reply, [204], 'PATCH with Upload-Checksum');
    if (!(await offers(t, 'creation-with-upload'))) return pass;

    const headers = { 'Upload-Length': '10000', 'Content-Type': OFFSET_STREAM };
    const right = { ...headers, 'Upload-Checksum': checksum('sha1', BODY) };
    const created = await create(t, right, { body: BODY });
    expectStatus(created, [201], 'POST with data and its checksum');
    expectSame(await offsetOf(t, locationOf(t, created)), 5000, 'HEAD after that');
    const wrong = await create(t, { ...headers, 'Upload-Checksum': WRONG }, { body: BODY });
    // Refused, or created without the bytes: the text says nothing, but they must not count.
    if (wrong.status === 201) {
      const offset = await offsetOf(t, locationOf(t, wrong));
      expectSame(offset, 0, 'HEAD after POST with data and a wrong checksum');
    } else {
      expectRefused(wrong, 'POST with data and a wrong checksum');
    }
    return pass;
  },

  async CK03(t) {
    await needs(t, 'checksum');
    const { algorithms } = await offersOf(t);
    for (const algorithm of algorithms.filter((name) => ALGORITHMS.includes(name))) {
      const url = await beginSampled(t);
      // Right for all but the last byte, which only a check of the whole body can tell.
      const almost = Buffer.from(BODY);
      almost[4999] = (almost[4999] ?? 0) ^ 1;
      const wrong = await patchWith(t, url, checksum(algorithm, almost));
      expectStatus(wrong, [460, 400], `PATCH with a wrong ${algorithm}`);
      const right = await patchWith(t, url, checksum(algorithm, BODY));
      expectStatus(right, [204], `PATCH with a right ${algorithm}`);
    }
    return pass;
  },

  async CK04(t) {
    await needs(t, 'checksum');
    const url = await beginSampled(t);
    for (const sum of ['foo AAAA', `SHA1 ${WRONG.slice(5)}`]) {
      expectStatus(await patchWith(t, url, sum), [400], `PATCH with Upload-Checksum "${sum}"`);
    }
    return pass;
  },

  async CK05(t) {
    await needs(t, 'checksum');
    const reply = await patchWith(t, await beginSampled(t), WRONG);
    expectStatus(reply, [460], 'PATCH with a wrong checksum');
    // A reason may be left out, but where there is one it is this.
    const reason = reply.reason === '' ? 'Checksum Mismatch' : reply.reason;
    expectSame(reason, 'Checksum Mismatch', 'the reason phrase of 460');
    return pass;
  },

  async CK06(t) {
    await needs(t, 'checksum');
    const url = await beginSampled(t);
    const reply = await patchWith(t, url, checksum('sha1', BODY));
    expectStatus(reply, [204], 'PATCH with a right checksum');
    expectSame(reply.headers.get('upload-offset'), '5000', 'Upload-Offset of that');
    return pass;
  },

  async CK09(t) {
    await needs(t, 'checksum');
    const { algorithms } = await offersOf(t);
    const list = algorithms.join(',');
    expect(algorithms.includes('sha1'), `Tus-Checksum-Algorithm: no sha1 in "${list}"`);
    return pass;
  },

  async CK10(t) {
    await needs(t, 'checksum');
    for (const name of (await offersOf(t)).algorithms) {
      expect(/^[\x21-\x40\x5b-\x7e]+$/.test(name), `the algorithm "${name}" is not lower case`);
    }
    return pass;
  },

  async CK11(t) {
    await needs(t, 'checksum');
    const { reply } = await offersOf(t);
    expect(reply.headers.has('tus-checksum-algorithm'), 'OPTIONS: no Tus-Checksum-Algorithm');
    return pass;
  },

  async CK12(t) {
    await needs(t, 'checksum-trailer');
    const url = await beginSampled(t);
    expectStatus(await patchWith(t, url, WRONG, true), [460], 'PATCH with a wrong trailer');
    expectSame(await offsetOf(t, url), 0, 'HEAD after a wrong trailer');
    const reply = await patchWith(t, url, checksum('sha1', BODY), true);
    expectStatus(reply, [204], 'PATCH with a right trailer');
    const bytes = t.disk === undefined ? undefined : await bytesOf(t, url);
    if (bytes !== undefined) expectBytes(bytes, BODY, 'after a right trailer');
    return pass;
  },

  async CK13(t) {
    const url = await beginSampled(t);
    const read = (await patchWith(t, url, WRONG, true)).status === 460;
    const advertised = await offers(t, 'checksum-trailer');
    if (!read && !advertised) notOffered('checksum-trailer');
    expect(read, 'checksum-trailer is advertised, but a wrong trailer was not answered with 460');
    expect(advertised, 'a wrong trailer got 460, but Tus-Extension has no checksum-trailer');
    return pass;
  },

  async CK14(t) {
    await needs(t, 'checksum');
    const header = (await offersOf(t)).reply.headers.get('tus-checksum-algorithm');
    const names = commaList(header);
    expect(
      names.length > 0 && names.every((name) => /^[^\s,]+$/.test(name)),
      `Tus-Checksum-Algorithm: expected a list of names, got "${header ?? 'none'}"`,
    );
    return pass;
  },

  async CK15(t) {
    await needs(t, 'checksum');
    const url = await beginSampled(t);
    const digest = checksum('sha1', BODY).slice(5);
    for (const sum of [
      'sha1',
      'sha1 ',
      'sha1 !!!',
      `sha1${digest}`,
      digest,
      `sha1 ${digest} x`,
      '',
    ]) {
      expectRefused(await patchWith(t, url, sum), `PATCH with Upload-Checksum "${sum}"`);
    }
    expectSame(await offsetOf(t, url), 0, 'HEAD after malformed checksums');
    return pass;
  },
};
