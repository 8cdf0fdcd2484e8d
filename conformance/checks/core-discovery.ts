import type { Checks } from '../check.ts';
import { expect, expectSame, expectStatus, fail, pass } from '../outcome.ts';
import { readOffers, type Target } from '../target.ts';
import {
  ask,
  beginWith,
  create,
  type Headers,
  head,
  locationOf,
  offersOf,
  patch,
  sample,
} from '../tus.ts';

/** Does what the extension is for, and says whether the server did its part. */
type Trial = (t: Target) => Promise<boolean>;

const TRIALS: Record<string, Trial> = {
  creation: async (t) => (await made(t, { 'Upload-Length': '10' })) !== undefined,
  'creation-defer-length': async (t) => {
    const url = await made(t, { 'Upload-Defer-Length': '1' });
    return url !== undefined && (await head(t, url)).headers.has('upload-defer-length');
  },
  'creation-with-upload': async (t) => {
    const type = { 'Content-Type': 'application/offset+octet-stream' };
    const reply = await create(t, { 'Upload-Length': '10', ...type }, { body: sample(4) });
    if (reply.status === 201) locationOf(t, reply);
    return reply.headers.get('upload-offset') === '4';
  },
  expiration: async (t) => {
    const reply = await create(t, { 'Upload-Length': '10' });
    if (reply.status !== 201) return false;
    const patched = await patch(t, locationOf(t, reply), 0, sample(4));
    return reply.headers.has('upload-expires') || patched.headers.has('upload-expires');
  },
  checksum: async (t) => {
    const url = await beginWith(t, 10, Buffer.alloc(0));
    const headers = { 'Upload-Checksum': 'sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAA=' };
    return (await patch(t, url, 0, sample(4), { headers })).status === 460;
  },
  'checksum-trailer': async (t) => {
    const url = await beginWith(t, 10, Buffer.alloc(0));
    const trailers = { 'Upload-Checksum': 'sha1 AAAAAAAAAAAAAAAAAAAAAAAAAAA=' };
    return (await patch(t, url, 0, sample(4), { chunked: true, trailers })).status === 460;
  },
  termination: async (t) => {
    const url = await beginWith(t, 10, sample(4));
    return (await ask(t, 'DELETE', url)).status === 204;
  },
  concatenation: async (t) => {
    const url = await made(t, { 'Upload-Length': '10', 'Upload-Concat': 'partial' });
    return url !== undefined && (await head(t, url)).headers.has('upload-concat');
  },
};

/** The URL of a creation; undefined if the server does not create this. */
async function made(t: Target, headers: Headers): Promise<string | undefined> {
  const reply = await create(t, headers);
  return reply.status === 201 ? locationOf(t, reply) : undefined;
}

export const coreDiscoveryChecks: Checks = {
  async C36(t) {
    expectStatus(await ask(t, 'OPTIONS', t.url), [200, 204], 'OPTIONS');
    return pass;
  },

  async C37(t) {
    const reply = await ask(t, 'OPTIONS', t.url);
    expectStatus(reply, [200, 204], 'OPTIONS');
    expect(reply.headers.has('tus-version'), 'OPTIONS: expected a Tus-Version, got none');
    return pass;
  },

  async C38(t) {
    const { reply, maxSize } = await offersOf(t);
    const size = reply.headers.get('tus-max-size');
    expect(size === undefined || maxSize !== undefined, `Tus-Max-Size is "${size}"`);
    const extensions = reply.headers.get('tus-extension') ?? 'none';
    expect(/^[\x21-\x7e ]+$/.test(extensions), `Tus-Extension is "${extensions}"`);
    return pass;
  },

  async C39(t) {
    const without = await offersOf(t);
    const headers = { 'Tus-Resumable': '1.0.0' };
    const reply = await ask(t, 'OPTIONS', t.url, { headers });
    expectStatus(reply, [200, 204], 'OPTIONS with Tus-Resumable 1.0.0');
    const extensions = readOffers(reply).extensions.join(',');
    expectSame(extensions, without.extensions.join(','), 'Tus-Extension with Tus-Resumable 1.0.0');
    return pass;
  },

  async C40(t) {
    for (const version of ['9.9.9', '0.2.2', 'nonsense']) {
      const reply = await ask(t, 'OPTIONS', t.url, { headers: { 'Tus-Resumable': version } });
      expectStatus(reply, [200, 204], `OPTIONS with Tus-Resumable ${version}`);
      const versions = reply.headers.get('tus-version');
      expect(versions !== undefined, `OPTIONS with Tus-Resumable ${version}: no Tus-Version`);
    }
    return pass;
  },

  async C41(t) {
    const { extensions } = await offersOf(t);
    for (const [extension, trial] of Object.entries(TRIALS)) {
      // A trial that needs an upload ends as "not offered" where none can be made.
      const works = await trial(t);
      const advertised = extensions.includes(extension);
      if (works && !advertised) fail(`${extension} works, but Tus-Extension does not say so`);
      if (!works && advertised) fail(`Tus-Extension says ${extension}, but it does not work`);
    }
    return pass;
  },
};
