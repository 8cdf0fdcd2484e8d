import type { Checks } from '../check.ts';
import {
  expect,
  expectBytes,
  expectRefused,
  expectSame,
  expectStatus,
  notOffered,
  pass,
  untestable,
} from '../outcome.ts';
import type { Reply } from '../reply.ts';
import type { Target } from '../target.ts';
import {
  append,
  ask,
  begin,
  beginWith,
  bytesOf,
  create,
  head,
  locationOf,
  offers,
  offersOf,
  offsetOf,
  patch,
  patchHeaders,
  sample,
  unknownUrl,
} from '../tus.ts';

const UNKNOWN_VERSION = { 'Tus-Resumable': '0.2.2' };

/** One request of each kind with a version that no server speaks, at a fresh upload. */
async function inUnknownVersion(t: Target) {
  const url = await beginWith(t, 10, sample(4));
  const replies: [what: string, reply: Reply][] = [
    ['POST', await create(t, { 'Upload-Length': '10', ...UNKNOWN_VERSION })],
    ['HEAD', await head(t, url, UNKNOWN_VERSION)],
    ['PATCH', await patch(t, url, 4, sample(3), { headers: UNKNOWN_VERSION })],
  ];
  if (await offers(t, 'termination')) {
    replies.push(['DELETE', await ask(t, 'DELETE', url, { headers: UNKNOWN_VERSION })]);
  }
  return { url, replies };
}

/** Replies of as many statuses as can be had in a few requests. */
async function variousReplies(t: Target): Promise<[string, Reply][]> {
  const length = { 'Upload-Length': '10' };
  const created = await create(t, length);
  expectStatus(created, [201], 'making an upload to test with');
  const url = locationOf(t, created);
  const unknown = await unknownUrl(t);
  const plain = { headers: { 'Content-Type': 'text/plain' } };
  const replies: [string, Reply][] = [
    ['a creation', created],
    ['a creation without a length', await create(t, {})],
    ['HEAD', await head(t, url)],
    ['HEAD of an unknown upload', await head(t, unknown)],
    ['PATCH', await patch(t, url, 0, sample(5))],
    ['PATCH without an offset', await patch(t, url, undefined, sample(5))],
    ['PATCH at another offset', await patch(t, url, 2, sample(5))],
    ['PATCH of text/plain', await patch(t, url, 5, sample(5), plain)],
    ['PATCH beyond the length', await patch(t, url, 5, sample(50))],
    [
      'PATCH of an unknown version',
      await patch(t, url, 5, sample(1), { headers: UNKNOWN_VERSION }),
    ],
    ['PATCH of an unknown upload', await patch(t, unknown, 0, sample(1))],
  ];
  const { maxSize } = await offersOf(t);
  if (maxSize !== undefined && maxSize < Number.MAX_SAFE_INTEGER) {
    const tooLong = { 'Upload-Length': String(maxSize + 1) };
    replies.push(['a creation beyond Tus-Max-Size', await create(t, tooLong)]);
  }
  if (await offers(t, 'checksum')) {
    const headers = { 'Upload-Checksum': 'sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAA=' };
    replies.push(['PATCH with a wrong checksum', await patch(t, url, 5, sample(5), { headers })]);
  }
  if (await offers(t, 'termination')) {
    replies.push(['DELETE', await ask(t, 'DELETE', url)]);
    replies.push(['HEAD of a terminated upload', await head(t, url)]);
  }
  return replies;
}

export const coreHeaderChecks: Checks = {
  async C01(t) {
    const whole = sample(11);
    const url = await begin(t, { 'Upload-Length': '11' });
    expectSame(await offsetOf(t, url), 0, 'HEAD of a new upload');
    await append(t, url, 0, whole.subarray(0, 5));
    expectSame(await offsetOf(t, url), 5, 'HEAD after 5 of 11 bytes');
    await append(t, url, 5, whole.subarray(5));
    expectSame(await offsetOf(t, url), 11, 'HEAD after all 11 bytes');
    return pass;
  },

  async C02(t) {
    const url = await begin(t, { 'Upload-Length': '10' });
    for (const bad of ['-1', '1.5', 'abc', '', '0x0', undefined]) {
      const reply = await patch(t, url, bad, sample(5));
      const what = bad === undefined ? 'no Upload-Offset' : `Upload-Offset "${bad}"`;
      expectRefused(reply, `PATCH with ${what}`);
    }
    const told = (await head(t, url)).headers.get('upload-offset');
    expectSame(told, '0', 'Upload-Offset of HEAD after those');
    return pass;
  },

  async C03(t) {
    // 1e+21 is how some languages print an integer, and is read as 1 by a lenient parser.
    for (const bad of ['-5', '1.5', '1e3', '1e+21', 'abc', ' ', '0x10']) {
      const reply = await create(t, { 'Upload-Length': bad });
      expectRefused(reply, `POST with Upload-Length "${bad}"`);
    }
    // One more than 2^53: a server that counts in doubles must refuse it rather than round it.
    const huge = '9007199254740993';
    const reply = await create(t, { 'Upload-Length': huge });
    if (reply.status === 201) {
      const told = (await head(t, locationOf(t, reply))).headers.get('upload-length');
      expectSame(told, huge, `Upload-Length of HEAD after a creation with ${huge}`);
    } else {
      expectRefused(reply, `POST with Upload-Length ${huge}`);
    }
    const url = await begin(t, { 'Upload-Length': '10' });
    const told = (await head(t, url)).headers.get('upload-length');
    expectSame(told, '10', 'Upload-Length of HEAD');
    return pass;
  },

  async C04(t) {
    const { reply, versions } = await offersOf(t);
    expect(versions.length > 0, 'OPTIONS: expected a Tus-Version, got none');
    const header = reply.headers.get('tus-version');
    expect(
      versions.every((version) => /^\d+\.\d+\.\d+$/.test(version)),
      `Tus-Version: expected a list of versions, got "${header}"`,
    );
    return pass;
  },

  async C05(t) {
    expectSame((await offersOf(t)).versions[0], '1.0.0', 'the first of Tus-Version');
    return pass;
  },

  async C06(t) {
    const without = (await variousReplies(t)).filter(([, reply]) => {
      return reply.headers.get('tus-resumable') === undefined;
    });
    const list = without.map(([what, reply]) => `${what} (${reply.status})`).join(', ');
    expect(without.length === 0, `expected Tus-Resumable, got none in the answer to ${list}`);
    return pass;
  },

  async C07(t) {
    for (const [what, reply] of await variousReplies(t)) {
      const version = reply.headers.get('tus-resumable');
      if (version !== undefined) expectSame(version, '1.0.0', `Tus-Resumable answering ${what}`);
    }
    return pass;
  },

  async C08(t) {
    for (const [what, reply] of (await inUnknownVersion(t)).replies) {
      expectStatus(reply, [412], `${what} with Tus-Resumable 0.2.2`);
    }
    return pass;
  },

  async C09(t) {
    for (const [what, reply] of (await inUnknownVersion(t)).replies) {
      const versions = reply.headers.get('tus-version');
      expect(
        versions?.includes('1.0.0') === true,
        `${what} with Tus-Resumable 0.2.2: expected a Tus-Version, got ${versions ?? 'none'}`,
      );
    }
    return pass;
  },

  async C10(t) {
    const { url, replies } = await inUnknownVersion(t);
    for (const [what, reply] of replies) {
      const location = reply.headers.get('location');
      expect(location === undefined, `${what} with Tus-Resumable 0.2.2 has a Location`);
    }
    expectSame(await offsetOf(t, url), 4, 'the offset after requests of an unknown version');
    if (t.disk !== undefined) {
      const bytes = await bytesOf(t, url);
      expectBytes(bytes ?? Buffer.alloc(0), sample(4), 'after requests of an unknown version');
    }
    return pass;
  },

  async C11(t) {
    const { reply, extensions } = await offersOf(t);
    if (reply.headers.get('tus-extension') === undefined) notOffered('extensions');
    expect(
      extensions.every((name) => /^[a-z0-9-]+$/.test(name)),
      `Tus-Extension: expected a list of names, got "${reply.headers.get('tus-extension')}"`,
    );
    return pass;
  },

  async C12(t) {
    const { reply, extensions } = await offersOf(t);
    if (extensions.length > 0) untestable('needs a server with every extension switched off');
    expectSame(reply.headers.get('tus-extension'), undefined, 'Tus-Extension without extensions');
    return pass;
  },

  async C13(t) {
    const header = (await offersOf(t)).reply.headers.get('tus-max-size');
    if (header === undefined) notOffered('Tus-Max-Size');
    expect(/^\d+$/.test(header), `Tus-Max-Size: expected an integer, got "${header}"`);
    return pass;
  },

  async C14(t) {
    if ((await offersOf(t)).maxSize !== undefined) return pass;
    const reply = await create(t, { 'Upload-Length': String(Number.MAX_SAFE_INTEGER) });
    expect(
      reply.status !== 413,
      'a creation of 2^53-1 bytes: got 413, but OPTIONS has no Tus-Max-Size',
    );
    notOffered('Tus-Max-Size');
  },

  async C15(t) {
    const override = (method: string) => ({ 'X-HTTP-Method-Override': method });
    const url = await begin(t, { 'Upload-Length': '10' });
    const headers = { ...patchHeaders(0), ...override('PATCH') };
    const patched = await ask(t, 'POST', url, { headers, body: sample(4) });
    expectStatus(patched, [204], 'POST overridden as PATCH');
    expectSame(await offsetOf(t, url), 4, 'the offset after POST overridden as PATCH');
    const headed = await ask(t, 'POST', url, { headers: override('HEAD') });
    const told = headed.headers.get('upload-offset');
    expectSame(told, '4', 'Upload-Offset after POST overridden as HEAD');
    if (await offers(t, 'termination')) {
      const deleted = await ask(t, 'POST', url, { headers: override('DELETE') });
      expectStatus(deleted, [204], 'POST overridden as DELETE');
    }
    return pass;
  },

  async C16(t) {
    const options = await ask(t, 'GET', t.url, {
      headers: { 'X-HTTP-Method-Override': 'OPTIONS' },
    });
    expectStatus(options, [200, 204], 'GET overridden as OPTIONS');
    expect(
      options.headers.get('tus-version') !== undefined,
      'GET overridden as OPTIONS: expected a Tus-Version, got none',
    );
    const url = await beginWith(t, 10, sample(4));
    await ask(t, 'DELETE', url, { headers: { 'X-HTTP-Method-Override': 'HEAD' } });
    const after = await head(t, url);
    expectStatus(after, [200, 204], 'HEAD after DELETE overridden as HEAD');
    return pass;
  },
};
