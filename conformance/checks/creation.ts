import type { Checks } from '../check.ts';
import {
  expect,
  expectBytes,
  expectRefused,
  expectSame,
  expectStatus,
  notOffered,
  pass,
} from '../outcome.ts';
import {
  append,
  ask,
  begin,
  bytesOf,
  create,
  head,
  locationOf,
  needs,
  offers,
  offersOf,
  offsetOf,
  patch,
  sample,
} from '../tus.ts';

export const creationChecks: Checks = {
  async CR01(t) {
    await needs(t, 'creation');
    return pass;
  },

  async CR02(t) {
    const reply = await create(t, { 'Upload-Length': '10' });
    const advertised = await offers(t, 'creation');
    if (reply.status !== 201 && !advertised) notOffered('creation');
    expectStatus(reply, [201], 'POST to a server that advertises creation');
    locationOf(t, reply);
    expect(advertised, 'POST was answered with 201, but Tus-Extension has no creation');
    return pass;
  },

  async CR15(t) {
    // A sibling of the creation URL, not below it: what is below may be uploads.
    const elsewhere = new URL('../not-the-creation-url-of-this-server/', t.url).href;
    const reply = await ask(t, 'POST', elsewhere, { headers: { 'Upload-Length': '10' } });
    expectRefused(reply, `POST to ${new URL(elsewhere).pathname}`);
    expectSame(reply.headers.get('location'), undefined, 'Location of a POST elsewhere');
    return pass;
  },

  async CR16(t) {
    await needs(t, 'creation');
    expectRefused(await create(t, {}), 'POST with neither length nor deferral');
    const both = { 'Upload-Length': '10', 'Upload-Defer-Length': '1' };
    expectRefused(await create(t, both), 'POST with both a length and a deferral');
    return pass;
  },

  async CR22(t) {
    const url = await begin(t, { 'Upload-Length': '0' });
    const reply = await head(t, url);
    expectStatus(reply, [200, 204], 'HEAD of an upload of length 0');
    expectSame(reply.headers.get('upload-offset'), '0', 'Upload-Offset of an upload of length 0');
    expectSame(reply.headers.get('upload-length'), '0', 'Upload-Length of an upload of length 0');
    return pass;
  },

  async CR25(t) {
    const small = (await t.profile?.('small-max-size')) ?? t;
    const { maxSize } = await offersOf(small);
    if (maxSize === undefined || maxSize >= Number.MAX_SAFE_INTEGER) notOffered('Tus-Max-Size');
    const tooLong = String(maxSize + 1);
    const reply = await create(small, { 'Upload-Length': tooLong });
    expectStatus(reply, [413], `POST with Upload-Length ${tooLong} of at most ${maxSize}`);
    const atMost = await create(small, { 'Upload-Length': String(maxSize) });
    // A disk may be too small for what the server would take.
    expectStatus(atMost, [201, 507], `POST with Upload-Length ${maxSize} of at most ${maxSize}`);
    if (atMost.status === 201) locationOf(small, atMost);
    if (!(await offers(small, 'creation-defer-length'))) return pass;

    const deferred = await begin(small, { 'Upload-Defer-Length': '1' });
    const headers = { 'Upload-Length': tooLong };
    const late = await patch(small, deferred, 0, sample(1), { headers });
    expectStatus(late, [413], `PATCH with a deferred Upload-Length ${tooLong}`);
    if (maxSize <= 1_000_000) {
      const endless = await begin(small, { 'Upload-Defer-Length': '1' });
      const body = sample(maxSize + 1000);
      const beyond = await patch(small, endless, 0, body, { chunked: true });
      expectStatus(beyond, [413], `PATCH of ${body.length} bytes with the length deferred`);
      const offset = await offsetOf(small, endless);
      expect(offset <= maxSize, `HEAD after that: expected at most ${maxSize}, got ${offset}`);
    }
    return pass;
  },

  async CR26(t) {
    const reply = await create(t, { 'Upload-Length': '10' });
    if (reply.status !== 201) await needs(t, 'creation');
    expectStatus(reply, [201], 'POST');
    locationOf(t, reply);
    return pass;
  },

  async CR27(t) {
    const first = await begin(t, { 'Upload-Length': '10' });
    const second = await begin(t, { 'Upload-Length': '20' });
    expect(first !== second, `two uploads have the same Location, ${first}`);
    const told = await Promise.all([head(t, first), head(t, second)]);
    expectSame(told[0].headers.get('upload-length'), '10', 'HEAD of the first Location');
    expectSame(told[1].headers.get('upload-length'), '20', 'HEAD of the second Location');
    return pass;
  },

  async CR28(t) {
    // Behind a proxy the server is asked under the name that the browser knows.
    const Host = 'uploads.example:8443';
    const reply = await create(t, { 'Upload-Length': '10', Host });
    if (reply.status !== 201) await needs(t, 'creation');
    expectStatus(reply, [201], `POST with Host: ${Host}`);
    const location = reply.headers.get('location') ?? '';
    expect(URL.canParse(location, t.url), `Location is not a URL: "${location}"`);
    const { protocol, pathname } = new URL(location, t.url);
    expect(/^https?:$/.test(protocol), `Location is not of HTTP: "${location}"`);
    // The way back through that proxy is the same path at the server's own address.
    const url = new URL(pathname, t.url).href;
    t.made.add(url);
    expectSame(await offsetOf(t, url), 0, `HEAD of ${pathname}, from Location "${location}"`);
    return pass;
  },

  async CR29(t) {
    const bytes = sample(3000);
    const url = await begin(t, { 'Upload-Length': '3000' });
    await append(t, url, 0, bytes.subarray(0, 1000));
    await append(t, url, 1000, bytes.subarray(1000));
    expectSame(await offsetOf(t, url), 3000, 'HEAD after all bytes were sent to Location');
    const stored = await bytesOf(t, url);
    if (stored !== undefined) expectBytes(stored, bytes, 'after all bytes were sent to Location');
    return pass;
  },
};
