import type { Checks } from '../check.ts';
import { expect, expectSame, expectStatus, notOffered, pass } from '../outcome.ts';
import { commaList } from '../target.ts';
import {
  append,
  ask,
  begin,
  beginWith,
  create,
  type Headers,
  head,
  locationOf,
  needs,
  offers,
  offersOf,
  offsetOf,
  patch,
  patchHeaders,
  pathOf,
  sample,
} from '../tus.ts';

const ORIGIN = 'https://app.example';

/** The names of a list that are not in a CORS header, where `*` stands for all. */
function missing(header: string | undefined, names: string[]): string {
  const allowed = commaList(header).map((name) => name.toLowerCase());
  if (allowed.includes('*')) return '';
  return names.filter((name) => !allowed.includes(name.toLowerCase())).join(', ');
}

export const judgedSurfaceChecks: Checks = {
  async X7(t) {
    const { extensions } = await offersOf(t);
    const has = (extension: string, ...names: string[]) => {
      return extensions.includes(extension) ? names : [];
    };
    const preflight = await ask(t, 'OPTIONS', t.url, {
      headers: {
        Origin: ORIGIN,
        'Access-Control-Request-Method': 'PATCH',
        'Access-Control-Request-Headers': 'content-type,tus-resumable,upload-offset',
      },
    });
    const origin = preflight.headers.get('access-control-allow-origin');
    if (origin === undefined) notOffered('CORS');
    expectStatus(preflight, [200, 204], 'a CORS preflight');
    const methods = ['POST', 'HEAD', 'PATCH', ...has('termination', 'DELETE')];
    const allowed = missing(preflight.headers.get('access-control-allow-methods'), methods);
    expectSame(allowed, '', 'methods that the preflight does not allow');
    const sent = missing(preflight.headers.get('access-control-allow-headers'), [
      'Content-Type',
      'Tus-Resumable',
      'Upload-Length',
      'Upload-Offset',
      'Upload-Metadata',
      'X-HTTP-Method-Override',
      ...has('creation-defer-length', 'Upload-Defer-Length'),
      ...has('concatenation', 'Upload-Concat'),
      ...has('checksum', 'Upload-Checksum'),
    ]);
    expectSame(sent, '', 'request headers that the preflight does not allow');

    const reply = await create(t, { 'Upload-Length': '10', Origin: ORIGIN });
    expectStatus(reply, [201], `POST with Origin: ${ORIGIN}`);
    locationOf(t, reply);
    const told = reply.headers.get('access-control-allow-origin');
    expect(told === '*' || told === ORIGIN, `Access-Control-Allow-Origin of POST is ${told}`);
    if (told !== '*') {
      const varies = missing(reply.headers.get('vary'), ['Origin']);
      expectSame(varies, '', 'Vary, where the answer depends on the origin, misses');
    }
    const read = missing(reply.headers.get('access-control-expose-headers'), [
      'Location',
      'Upload-Offset',
      'Upload-Length',
      'Upload-Metadata',
      'Tus-Resumable',
      'Tus-Version',
      'Tus-Extension',
      'Tus-Max-Size',
      ...has('creation-defer-length', 'Upload-Defer-Length'),
      ...has('expiration', 'Upload-Expires'),
      ...has('concatenation', 'Upload-Concat'),
      ...has('checksum', 'Tus-Checksum-Algorithm'),
    ]);
    expectSame(read, '', 'response headers that are not exposed');
    return pass;
  },

  async X8(t) {
    await needs(t, 'creation');
    const forwarded: Headers[] = [
      { 'X-Forwarded-Host': 'elsewhere.example', 'X-Forwarded-Proto': 'https' },
      { Forwarded: 'for=192.0.2.1;host=elsewhere.example;proto=https' },
      // What two proxies in a row make of it.
      { 'X-Forwarded-Proto': 'https, http' },
    ];
    for (const headers of forwarded) {
      const what = `POST with ${Object.entries(headers).flat().join(' ')}`;
      const reply = await create(t, { 'Upload-Length': '10', ...headers });
      expectStatus(reply, [201], what);
      const location = reply.headers.get('location') ?? '';
      locationOf(t, reply);
      expect(!location.includes('elsewhere.example'), `${what}: Location is ${location}`);
    }
    return pass;
  },

  async X9(t) {
    const bytes = sample(10);
    const url = await beginWith(t, 10, bytes.subarray(0, 4));
    const base = url.slice(0, url.lastIndexOf('/') + 1);
    const id = url.slice(base.length);
    const strange = [
      '..%2f..%2f..%2f..%2fetc%2fpasswd',
      '%2e%2e%2f%2e%2e%2fetc%2fpasswd',
      '..%5c..%5cwindows',
      `..%2f${id}`,
      `x%2f..%2f${id}`,
      '.',
      '%2e%2e',
      '%00',
      `${id}%00`,
      `${id}%00.txt`,
      `.${id}`,
      `${id}.json`,
      `${id}.info`,
      `${id}.lock`,
      `${id}~`,
      '%',
      '%ff',
      'a'.repeat(5000),
    ];
    for (const name of strange) {
      const wrong = `${base}${name}`;
      const replies = {
        HEAD: await head(t, wrong),
        PATCH: await patch(t, wrong, 4, sample(1, 9)),
        ...((await offers(t, 'termination')) ? { DELETE: await ask(t, 'DELETE', wrong) } : {}),
      };
      for (const [method, reply] of Object.entries(replies)) {
        const what = `${method} of ${pathOf(wrong).slice(0, 80)}`;
        const refused = reply.status >= 400 && reply.status < 500;
        expect(refused, `${what}: expected it to be refused, got ${reply.status}`);
        expectSame(reply.headers.get('upload-offset'), undefined, `Upload-Offset of ${what}`);
      }
    }
    expectSame(await offsetOf(t, url), 4, 'HEAD of the upload after requests for other ids');
    await append(t, url, 4, bytes.subarray(4));
    return pass;
  },

  async X10(t) {
    const without = { 'Tus-Resumable': undefined };
    const url = await beginWith(t, 10, sample(4));
    const replies = {
      POST: await create(t, { 'Upload-Length': '10', ...without }),
      HEAD: await head(t, url, without),
      PATCH: await patch(t, url, 4, sample(2), { headers: { ...patchHeaders(4), ...without } }),
    };
    const served = { POST: 201, HEAD: 200, PATCH: 204 };
    for (const [method, reply] of Object.entries(replies)) {
      const good = served[method as keyof typeof served];
      expectStatus(reply, [412, good], `${method} without Tus-Resumable`);
      if (method === 'POST' && reply.status === 201) locationOf(t, reply);
    }
    const offset = replies.PATCH.status === 204 ? 6 : 4;
    expectSame(await offsetOf(t, url), offset, 'HEAD after a PATCH without Tus-Resumable');
    return pass;
  },

  async X12(t) {
    const url = await begin(t, { 'Upload-Length': '1000' });
    const length = (await head(t, url)).headers.get('content-length') ?? '0';
    expectSame(length, '0', 'Content-Length of HEAD of an upload of 1000 bytes');
    return pass;
  },
};
