import type { Checks } from '../check.ts';
import { expectRefused, expectSame, expectStatus, notOffered, pass } from '../outcome.ts';
import { append, begin, create, head, locationOf, needs, offers, patch, sample } from '../tus.ts';

const OTHER_VALUES = ['0', '2', 'true', '', '11', '-1'];

export const deferLengthChecks: Checks = {
  async CR03(t) {
    await needs(t, 'creation-defer-length');
    for (const value of OTHER_VALUES) {
      const reply = await create(t, { 'Upload-Defer-Length': value });
      expectRefused(reply, `POST with Upload-Defer-Length "${value}"`);
    }
    return pass;
  },

  async CR04(t) {
    const known = await begin(t, { 'Upload-Length': '10' });
    const told = (await head(t, known)).headers.get('upload-defer-length');
    expectSame(told, undefined, 'Upload-Defer-Length of HEAD with a known length');
    await needs(t, 'creation-defer-length');
    const deferred = await begin(t, { 'Upload-Defer-Length': '1' });
    await patch(t, deferred, 0, sample(4), { headers: { 'Upload-Length': '10' } });
    const later = (await head(t, deferred)).headers.get('upload-defer-length');
    expectSame(later, undefined, 'Upload-Defer-Length of HEAD after the length was set');
    return pass;
  },

  async CR17(t) {
    await needs(t, 'creation-defer-length');
    for (const value of OTHER_VALUES) {
      const reply = await create(t, { 'Upload-Defer-Length': value });
      expectStatus(reply, [400], `POST with Upload-Defer-Length "${value}"`);
    }
    return pass;
  },

  async CR18(t) {
    await needs(t, 'creation-defer-length');
    const url = await begin(t, { 'Upload-Defer-Length': '1' });
    await append(t, url, 0, sample(4));
    const reply = await patch(t, url, 4, sample(6), { headers: { 'Upload-Length': '10' } });
    expectStatus(reply, [204], 'PATCH with the deferred length');
    const told = await head(t, url);
    expectSame(told.headers.get('upload-length'), '10', 'Upload-Length of HEAD after it was set');
    expectSame(told.headers.get('upload-offset'), '10', 'Upload-Offset of HEAD after it was set');
    return pass;
  },

  async CR19(t) {
    await needs(t, 'creation-defer-length');
    const fixed = await begin(t, { 'Upload-Length': '10' });
    const deferred = await begin(t, { 'Upload-Defer-Length': '1' });
    await patch(t, deferred, 0, Buffer.alloc(0), { headers: { 'Upload-Length': '10' } });
    for (const [what, url] of Object.entries({ fixed, deferred })) {
      for (const length of ['20', '5']) {
        const reply = await patch(t, url, 0, sample(1), { headers: { 'Upload-Length': length } });
        expectRefused(reply, `PATCH with Upload-Length ${length} where it was 10 (${what})`);
      }
      const told = (await head(t, url)).headers.get('upload-length');
      expectSame(told, '10', `Upload-Length of HEAD after those (${what})`);
    }
    // A length below what is there already is no length of this upload either.
    const filled = await begin(t, { 'Upload-Defer-Length': '1' });
    await append(t, filled, 0, sample(8));
    const below = { headers: { 'Upload-Length': '5' } };
    const reply = await patch(t, filled, 8, Buffer.alloc(0), below);
    expectRefused(reply, 'PATCH with Upload-Length 5 of an upload at 8');
    return pass;
  },

  async CR20(t) {
    await needs(t, 'creation-defer-length');
    const url = await begin(t, { 'Upload-Defer-Length': '1' });
    for (let sent = 0; sent < 3; sent += 1) {
      const told = (await head(t, url)).headers.get('upload-defer-length');
      expectSame(told, '1', `Upload-Defer-Length of HEAD after ${sent} PATCHes`);
      await append(t, url, sent * 4, sample(4));
    }
    return pass;
  },

  async CR21(t) {
    const reply = await create(t, { 'Upload-Defer-Length': '1' });
    const advertised = await offers(t, 'creation-defer-length');
    if (reply.status !== 201 && !advertised) notOffered('creation-defer-length');
    expectStatus(reply, [201], 'POST with Upload-Defer-Length to a server that advertises it');
    locationOf(t, reply);
    expectSame(advertised ? 'advertised' : 'silent', 'advertised', 'Tus-Extension after that');
    return pass;
  },
};
