import { access } from 'node:fs/promises';
import { setTimeout as pause } from 'node:timers/promises';
import type { Checks } from '../check.ts';
import {
  expect,
  expectBytes,
  expectSame,
  expectStatus,
  fail,
  notOffered,
  pass,
  untestable,
} from '../outcome.ts';
import type { Target } from '../target.ts';
import {
  append,
  begin,
  beginWith,
  bytesOf,
  create,
  eventually,
  head,
  locationOf,
  needs,
  offers,
  patch,
  sample,
} from '../tus.ts';

/** Longer than this nobody waits for an upload to expire. */
const PATIENCE_MS = 15_000;

const IMF_FIXDATE =
  /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d (Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$/;

/** A server whose uploads expire while one can wait for it. */
async function shortLived(t: Target): Promise<Target> {
  await needs(t, 'expiration');
  const target = (await t.profile?.('short-expiry')) ?? t;
  const reply = await create(target, { 'Upload-Length': '10' });
  expectStatus(reply, [201], 'making an upload to test with');
  locationOf(target, reply);
  const expires = Date.parse(reply.headers.get('upload-expires') ?? '');
  if (!(expires - Date.now() < PATIENCE_MS)) untestable('needs a server with a short expiry');
  return target;
}

interface Lapsed {
  target: Target;
  url: string;
  /** The first status of HEAD that was not a success. */
  status: number;
}

const lapsing = new WeakMap<Target, Promise<Lapsed>>();

/** An upload of 4 of 10 bytes that has expired; the same one for all rows of a run. */
function lapsed(t: Target): Promise<Lapsed> {
  const waiting = lapsing.get(t) ?? lapse(t);
  lapsing.set(t, waiting);
  return waiting;
}

async function lapse(t: Target): Promise<Lapsed> {
  const target = await shortLived(t);
  const url = await begin(target, { 'Upload-Length': '10' });
  const reply = await append(target, url, 0, sample(4));
  const expires = Date.parse(reply.headers.get('upload-expires') ?? '');
  if (Number.isNaN(expires)) fail('the answer to PATCH has no Upload-Expires to wait for');
  await pause(Math.max(0, expires - Date.now()));
  let status = 0;
  await eventually(target, async () => {
    status = (await head(target, url)).status;
    return status >= 300;
  });
  return { target, url, status };
}

export const expirationChecks: Checks = {
  async EX01(t) {
    const target = await shortLived(t);
    const url = await beginWith(target, 10, sample(10));
    const { url: abandoned } = await lapsed(t);
    // The finished one is now as old as an unfinished one may become, and a second more.
    const other = await begin(target, { 'Upload-Length': '10' });
    await eventually(target, async () => (await head(target, other)).status >= 300);
    await target.sweep?.();
    expectStatus(await head(target, abandoned), [404, 410], 'HEAD of an expired upload');
    expectStatus(await head(target, url), [200, 204], 'HEAD of a finished upload, once expired');
    const bytes = await bytesOf(target, url);
    if (bytes !== undefined) expectBytes(bytes, sample(10), 'of a finished upload, once expired');
    return pass;
  },

  async EX02(t) {
    const reply = await create(t, { 'Upload-Length': '10' });
    expectStatus(reply, [201], 'POST');
    const patched = await patch(t, locationOf(t, reply), 0, sample(4));
    const told = reply.headers.has('upload-expires') || patched.headers.has('upload-expires');
    const advertised = await offers(t, 'expiration');
    if (!told && !advertised) notOffered('expiration');
    expect(told, 'expiration is advertised, but neither POST nor PATCH has Upload-Expires');
    expect(advertised, 'there is an Upload-Expires, but Tus-Extension has no expiration');
    return pass;
  },

  async EX03(t) {
    const { target, url, status } = await lapsed(t);
    expect(status >= 300, 'HEAD after Upload-Expires: expected the upload to be gone');
    if (target.sweep === undefined || target.disk === undefined) return pass;
    await target.sweep();
    const there = await access(target.disk.dataFile(url)).then(
      () => true,
      () => false,
    );
    expect(!there, 'after Upload-Expires and a sweep the file is still on the disk');
    return pass;
  },

  async EX04(t) {
    const { target, url } = await lapsed(t);
    const reply = await patch(target, url, 4, sample(6));
    expectStatus(reply, [404, 410], 'PATCH of an expired upload');
    expectStatus(await head(target, url), [404, 410], 'HEAD after that');
    return pass;
  },

  async EX05(t) {
    await needs(t, 'expiration');
    const url = await begin(t, { 'Upload-Length': '10' });
    const taken = await patch(t, url, 0, sample(4));
    expect(taken.headers.has('upload-expires'), 'the 204 of a PATCH has no Upload-Expires');
    const refused = await patch(t, url, 0, sample(4));
    expect(
      refused.headers.has('upload-expires'),
      `the ${refused.status} of a PATCH at another offset has no Upload-Expires`,
    );
    return pass;
  },

  async EX06(t) {
    await needs(t, 'expiration');
    const reply = await create(t, { 'Upload-Length': '10' });
    expectStatus(reply, [201], 'POST');
    locationOf(t, reply);
    expect(reply.headers.has('upload-expires'), 'the 201 of a POST has no Upload-Expires');
    return pass;
  },

  async EX07(t) {
    await needs(t, 'expiration');
    const reply = await create(t, { 'Upload-Length': '10' });
    const url = locationOf(t, reply);
    let before = Date.parse(reply.headers.get('upload-expires') ?? '');
    for (let at = 0; at < 8; at += 4) {
      await pause(1100);
      const header = (await append(t, url, at, sample(4))).headers.get('upload-expires') ?? '';
      const after = Date.parse(header);
      expect(!(after < before), `Upload-Expires went back to ${header} after a PATCH`);
      before = after;
    }
    return pass;
  },

  async EX08(t) {
    const { target, url } = await lapsed(t);
    const reply = await head(target, url);
    expectStatus(reply, [404, 410], 'HEAD of an expired upload');
    const offset = reply.headers.get('upload-offset');
    expectSame(offset, undefined, 'Upload-Offset of HEAD of an expired upload');
    return pass;
  },

  async EX09(t) {
    const { status } = await lapsed(t);
    // 404 is right where the server does not remember, and nobody but the server knows that.
    if (status === 404) notOffered('memory of expired uploads');
    expectSame(status, 410, 'the first HEAD of an upload after it expired');
    return pass;
  },

  async EX10(t) {
    const { target, url } = await lapsed(t);
    const again = await begin(target, { 'Upload-Length': '10' });
    expect(again !== url, 'a new upload has the URL of one that expired');
    await append(target, again, 0, sample(10));
    return pass;
  },

  async EX11(t) {
    await needs(t, 'expiration');
    const reply = await create(t, { 'Upload-Length': '10' });
    expectStatus(reply, [201], 'POST');
    const patched = await append(t, locationOf(t, reply), 0, sample(4));
    for (const [what, { headers }] of Object.entries({ POST: reply, PATCH: patched })) {
      const date = headers.get('upload-expires');
      if (date === undefined) continue;
      const valid = IMF_FIXDATE.test(date) && new Date(date).toUTCString() === date;
      expect(valid, `Upload-Expires of ${what}: expected an IMF-fixdate, got "${date}"`);
      expect(Date.parse(date) > Date.now() - 1000, `Upload-Expires of ${what} is past: "${date}"`);
    }
    return pass;
  },
};
