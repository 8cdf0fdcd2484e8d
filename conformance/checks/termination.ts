import type { Checks } from '../check.ts';
import { beginPatch } from '../interrupted.ts';
import { expect, expectStatus, notOffered, pass } from '../outcome.ts';
import type { Target } from '../target.ts';
import { ask, begin, beginWith, eventually, head, needs, offers, patch, sample } from '../tus.ts';

function terminate(t: Target, url: string) {
  return ask(t, 'DELETE', url);
}

/** The files that carry the upload's id in their names. */
async function traces(t: Target, url: string): Promise<string[]> {
  const id = decodeURIComponent(url.slice(url.lastIndexOf('/') + 1));
  return ((await t.disk?.files()) ?? []).filter((file) => file.includes(id));
}

export const terminationChecks: Checks = {
  async TE01(t) {
    const reply = await terminate(t, await begin(t, { 'Upload-Length': '10' }));
    const advertised = await offers(t, 'termination');
    if (reply.status !== 204 && !advertised) notOffered('termination');
    expectStatus(reply, [204], 'DELETE, where termination is advertised');
    expect(advertised, 'DELETE was answered with 204, but Tus-Extension has no termination');
    return pass;
  },

  async TE02(t) {
    await needs(t, 'termination');
    const quiet = await beginWith(t, 10, sample(4));
    expectStatus(await terminate(t, quiet), [204], 'DELETE of an unfinished upload');

    const busy = await begin(t, { 'Upload-Length': '100000' });
    const wire = await beginPatch(t, busy, 100_000, sample(5000));
    expectStatus(await terminate(t, busy), [204], 'DELETE during a PATCH');
    // The running PATCH gets a refusal, a closed connection, or the truth about what came before.
    wire.write(sample(95_000));
    const end = await wire.reply().catch(() => undefined);
    wire.close();
    const told = end?.status === 204 ? Number(end.headers.get('upload-offset')) : 0;
    expect(told <= 5000, `a PATCH whose upload was deleted got 204 and Upload-Offset ${told}`);
    expectStatus(await head(t, busy), [404, 410], 'HEAD after DELETE during a PATCH');

    for (const url of [quiet, busy]) {
      const gone = await eventually(t, async () => (await traces(t, url)).length === 0);
      const left = await traces(t, url);
      expect(gone, `after DELETE there is still ${left.join(', ')}`);
    }
    return pass;
  },

  async TE03(t) {
    await needs(t, 'termination');
    const fresh = await begin(t, { 'Upload-Length': '10' });
    expectStatus(await terminate(t, fresh), [204], 'DELETE of a new upload');
    const partial = await beginWith(t, 10, sample(4));
    expectStatus(await terminate(t, partial), [204], 'DELETE of a partial upload');
    const complete = await beginWith(t, 10, sample(10));
    expectStatus(await terminate(t, complete), [204], 'DELETE of a finished upload');
    return pass;
  },

  async TE04(t) {
    await needs(t, 'termination');
    const url = await beginWith(t, 10, sample(4));
    await terminate(t, url);
    expectStatus(await head(t, url), [404, 410], 'HEAD after DELETE');
    expectStatus(await patch(t, url, 4, sample(6)), [404, 410], 'PATCH after DELETE');
    expectStatus(await terminate(t, url), [404, 410], 'DELETE after DELETE');
    return pass;
  },
};
