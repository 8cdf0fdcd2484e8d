import type { Checks } from '../check.ts';
import { beginPart, finalOf, join, joined, part } from '../joined.ts';
import { expect, expectRefused, expectSame, expectStatus, pass } from '../outcome.ts';
import type { Target } from '../target.ts';
import { begin, create, head, locationOf, needs, offers, offsetOf, sample } from '../tus.ts';

const METADATA = { 'Upload-Metadata': 'filename cGFydA==,part MQ==' };

async function twoParts(t: Target): Promise<[string, string]> {
  await needs(t, 'concatenation');
  return [await part(t, sample(3000), METADATA), await part(t, sample(5000, 2), METADATA)];
}

/** The same URL as a path from the root. */
function relative(url: string): string {
  return new URL(url).pathname;
}

/** The path that uploads are below. */
function basePath(t: Target): string {
  return relative(t.url).replace(/\/?$/, '/');
}

/** HEAD of a final upload that waits for a part of a known length. */
async function headOfWaiting(t: Target) {
  const parts = [await part(t, sample(3000)), await beginPart(t, 5000, sample(4))];
  const reply = await join(t, parts);
  expectStatus(reply, [201], 'POST of a final upload of unfinished parts');
  return await head(t, locationOf(t, reply));
}

export const concatenationHeaderChecks: Checks = {
  async CC11(t) {
    const url = await joined(t, await twoParts(t));
    const metadata = (await head(t, url)).headers.get('upload-metadata') ?? '';
    expectSame(metadata, '', 'Upload-Metadata of a final upload created without, from parts with');
    return pass;
  },

  async CC12(t) {
    const own = { 'Upload-Metadata': 'filename d2hvbGU=' };
    const url = await joined(t, await twoParts(t), own);
    const metadata = (await head(t, url)).headers.get('upload-metadata');
    expectSame(metadata, own['Upload-Metadata'], 'Upload-Metadata of a final upload');
    return pass;
  },

  async CC18(t) {
    await needs(t, 'concatenation');
    if (await offers(t, 'concatenation-unfinished')) {
      const waiting = await headOfWaiting(t);
      expectStatus(waiting, [200, 204], 'HEAD of a final upload that waits for its parts');
      const offset = waiting.headers.get('upload-offset');
      expectSame(offset, undefined, 'Upload-Offset of a final upload that waits for its parts');
      return pass;
    }
    // Joining may be over before anyone can look, but then the offset is the whole length.
    const reply = await join(t, await twoParts(t));
    expectStatus(reply, [201], 'POST of a final upload');
    const told = await head(t, locationOf(t, reply));
    const offset = told.headers.get('upload-offset');
    expect(
      offset === undefined || offset === '8000',
      `Upload-Offset right after joining: expected none or 8000, got ${offset}`,
    );
    return pass;
  },

  async CC19(t) {
    const { headers } = await head(t, await joined(t, await twoParts(t)));
    expect(headers.has('upload-offset'), 'HEAD of a joined upload: no Upload-Offset');
    expect(headers.has('upload-length'), 'HEAD of a joined upload: no Upload-Length');
    return pass;
  },

  async CC20(t) {
    const { headers } = await head(t, await joined(t, await twoParts(t)));
    const [offset, length] = [headers.get('upload-offset'), headers.get('upload-length')];
    expectSame(offset, length, 'Upload-Offset of a joined upload, against its Upload-Length');
    expectSame(length, '8000', 'Upload-Length of a joined upload');
    return pass;
  },

  async CC21(t) {
    await needs(t, 'concatenation');
    const url = await beginPart(t, 10, sample(4));
    expectSame((await head(t, url)).headers.get('upload-offset'), '4', 'HEAD of a partial upload');
    return pass;
  },

  async CC22(t) {
    const joinedReply = await head(t, await joined(t, await twoParts(t)));
    expectSame(joinedReply.headers.get('upload-length'), '8000', 'Upload-Length once joined');
    if (await offers(t, 'concatenation-unfinished')) {
      const length = (await headOfWaiting(t)).headers.get('upload-length');
      expectSame(length, '8000', 'Upload-Length of a final upload that waits for its parts');
    }
    return pass;
  },

  async CC23(t) {
    const [single] = await twoParts(t);
    expectSame((await head(t, single)).headers.get('upload-concat'), 'partial', 'HEAD of a part');
    const forms: ((a: string, b: string) => string[])[] = [
      (a, b) => [a, b],
      (a, b) => [relative(a), relative(b)],
      (a, b) => [a, relative(b)],
    ];
    for (const formOf of forms) {
      // New parts for each: a server may remove them once they are joined.
      const form = formOf(...(await twoParts(t)));
      const told = (await head(t, await joined(t, form))).headers.get('upload-concat');
      expectSame(told, finalOf(form), 'Upload-Concat of HEAD of a final upload');
    }
    return pass;
  },

  async CC24(t) {
    await needs(t, 'concatenation');
    const partial = { 'Upload-Length': '10', 'Upload-Concat': 'partial' };
    const made = await create(t, partial);
    expectStatus(made, [201], 'POST of a partial upload');
    locationOf(t, made);
    const value = made.headers.get('upload-concat');
    expectSame(value, 'partial', 'Upload-Concat in the answer to a partial creation');
    const parts = await twoParts(t);
    const reply = await join(t, parts);
    expectStatus(reply, [201], 'POST of a final upload');
    locationOf(t, reply);
    const list = reply.headers.get('upload-concat');
    expectSame(list, finalOf(parts), 'Upload-Concat in the answer to a final creation');
    return pass;
  },

  async CC27(t) {
    const [first, second] = await twoParts(t);
    const both = await joined(t, [first, relative(second)]);
    expectSame(await offsetOf(t, both), 8000, 'HEAD of a final upload of both forms of URLs');
    const [a, b] = await twoParts(t);
    const proxied = await joined(t, [a, `https://elsewhere.example:443${relative(b)}`]);
    expectSame(await offsetOf(t, proxied), 8000, 'HEAD of a final upload of URLs behind a proxy');
    const notParts = {
      'another path': `/not-here/${a.slice(a.lastIndexOf('/') + 1)}`,
      'a path that climbs': `${basePath(t)}../../../../etc/passwd`,
      'an encoded path that climbs': `${basePath(t)}..%2f..%2f..%2fetc%2fpasswd`,
      'no upload': `${basePath(t)}00000000000000000000000000000000`,
      'a file': 'file:///etc/passwd',
      'an upload that is not partial': await begin(t, { 'Upload-Length': '0' }),
    };
    for (const [what, url] of Object.entries(notParts)) {
      const reply = await join(t, [a, url]);
      if (reply.status === 201) locationOf(t, reply);
      expectRefused(reply, `POST of a final upload with the URL of ${what} (${url})`);
    }
    return pass;
  },

  async CC28(t) {
    const [a] = await twoParts(t);
    for (const list of [`${a} x`, `${a}  `.concat(a, ' /a b'), `${basePath(t)}a b`]) {
      const reply = await create(t, { 'Upload-Concat': `final;${list}` });
      if (reply.status === 201) locationOf(t, reply);
      expectRefused(reply, `POST of a final upload of "${list}"`);
    }
    return pass;
  },
};
