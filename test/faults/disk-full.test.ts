import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { appendAt, creation, locationOf, OFFSET_STREAM, offsetOf, send } from '../support/tus.ts';
import { until } from '../support/until.ts';
import { ServedDisk } from './disk/served.ts';
import { needingMounts } from './disk/small-disk.ts';
import { compiledProgram } from './support/program.ts';

const KIB = 1024;
const MIB = 1024 * KIB;

/** In chunks: the server cannot know beforehand that it will not fit. */
function chunks(bytes: Buffer): Buffer[] {
  const count = Math.ceil(bytes.length / (64 * KIB));
  return Array.from({ length: count }, (_, index) =>
    bytes.subarray(index * 64 * KIB, (index + 1) * 64 * KIB),
  );
}

test('a full disk', { ...needingMounts(), timeout: 240_000 }, async (suite) => {
  const program = compiledProgram();

  await suite.test(
    'minFreeSpace refuses what would not leave it, before a byte is sent',
    async (t) => {
      const served = await ServedDisk.start(t, program, ['--min-free-space', '2MiB']);
      assert.equal(
        (await served.post(creation(5 * MIB))).status,
        507,
        'a length that does not fit',
      );
      const early = await served.create(null);
      const length = await served.create(1 * MIB);
      served.disk.fill(1 * MIB);
      await roomIsKnown();
      assert.equal(
        (await served.post(creation(null))).status,
        507,
        'a length that is declared later',
      );
      assert.equal((await served.post(creation(10))).status, 507, 'a small one');
      for (const url of [early, length]) {
        const refused = await send('PATCH', url, { headers: appendAt(0), body: randomBytes(MIB) });
        assert.equal(refused.status, 507);
        assert.equal(await served.offset(url), 0);
      }
      await served.assertOnly(early, length);
      served.disk.makeRoom();
      await roomIsKnown();
      const bytes = randomBytes(MIB);
      const taken = await send('PATCH', length, { headers: appendAt(0), body: bytes });
      assert.equal(taken.status, 204);
      await served.assertFinished(length, bytes);
      await served.end();
    },
  );

  await suite.test('bytes that fill it get 507 and the true offset, and go on later', async (t) => {
    const served = await ServedDisk.start(t, program);
    const bytes = randomBytes(2 * MIB);
    const url = await served.create(bytes.length);
    served.disk.fill(1 * MIB);
    const full = await send('PATCH', url, { headers: appendAt(0), body: chunks(bytes) });
    assert.equal(full.status, 507, String(full.body));
    const offset = await served.offset(url);
    assert.equal(offsetOf(full), offset, 'the offset of the 507');
    assert.ok(offset > 0 && offset < bytes.length, `${offset} bytes were kept`);
    const rest = bytes.subarray(offset);
    const again = await send('PATCH', url, { headers: appendAt(offset), body: rest });
    assert.equal(again.status, 507);
    assert.equal(await served.offset(url), offset, 'the offset after another attempt');
    served.disk.makeRoom();
    await roomIsKnown();
    const done = await send('PATCH', url, { headers: appendAt(offset), body: rest });
    assert.equal(done.status, 204, String(done.body));
    await served.assertFinished(url, bytes);
    await served.assertOnly(url);
    await served.end();
  });

  await suite.test('two that fit alone, not together, get true offsets', async (t) => {
    const served = await ServedDisk.start(t, program);
    const bodies = [randomBytes(1.5 * MIB), randomBytes(1.5 * MIB)];
    const urls = [await served.create(1.5 * MIB), await served.create(1.5 * MIB)];
    served.disk.fill(2 * MIB);
    await roomIsKnown();
    const replies = await Promise.all(
      urls.map((url, index) => send('PATCH', url, { headers: appendAt(0), body: bodies[index]! })),
    );
    const statuses = replies.map(({ status }) => status);
    assert.ok(statuses.includes(507), `one of them does not fit: ${statuses}`);
    for (const status of statuses) assert.ok([204, 507].includes(status), `${statuses}`);
    served.disk.makeRoom();
    await roomIsKnown();
    for (const [index, url] of urls.entries()) {
      const offset = await served.offset(url);
      // Without bytes it asks for the finish alone, which may have failed for want of space.
      const body = bodies[index]!.subarray(offset);
      const done = await send('PATCH', url, { headers: appendAt(offset), body });
      assert.equal(done.status, 204, String(done.body));
    }
    for (const [index, url] of urls.entries()) await served.assertFinished(url, bodies[index]!);
    await served.end();
  });

  await suite.test('a request with a checksum that fills it counts not at all', async (t) => {
    const served = await ServedDisk.start(t, program);
    const bytes = randomBytes(2 * MIB);
    const url = await served.create(bytes.length);
    const start = bytes.subarray(0, 1000);
    await send('PATCH', url, { headers: appendAt(0), body: start });
    served.disk.fill(1 * MIB);
    const rest = bytes.subarray(1000);
    const checksum = `sha1 ${createHash('sha1').update(rest).digest('base64')}`;
    const headers = appendAt(1000, { 'Upload-Checksum': checksum });
    const full = await send('PATCH', url, { headers, body: chunks(rest) });
    assert.equal(full.status, 507, String(full.body));
    assert.equal(await served.offset(url), 1000);
    served.disk.makeRoom();
    await roomIsKnown();
    const done = await send('PATCH', url, { headers, body: chunks(rest) });
    assert.equal(done.status, 204, String(done.body));
    await served.assertFinished(url, bytes);
    await served.end();
  });

  await suite.test('an upload whose length comes last goes on, too', async (t) => {
    const served = await ServedDisk.start(t, program);
    const bytes = randomBytes(2 * MIB);
    const url = await served.create(null);
    served.disk.fill(1 * MIB);
    const full = await send('PATCH', url, { headers: appendAt(0), body: chunks(bytes) });
    assert.equal(full.status, 507, String(full.body));
    const offset = await served.offset(url);
    served.disk.makeRoom();
    await roomIsKnown();
    const headers = appendAt(offset, { 'Upload-Length': `${bytes.length}` });
    const done = await send('PATCH', url, { headers, body: chunks(bytes.subarray(offset)) });
    assert.equal(done.status, 204, String(done.body));
    await served.assertFinished(url, bytes);
    await served.end();
  });

  await suite.test('a creation whose bytes do not fit leaves nothing', async (t) => {
    const served = await ServedDisk.start(t, program);
    served.disk.fill(600 * KIB);
    const withBytes = { 'Content-Type': OFFSET_STREAM };
    const large = randomBytes(MIB);
    for (const length of [null, large.length, 4 * MIB]) {
      const reply = await served.post(creation(length, withBytes), chunks(large));
      assert.equal(reply.status, 507, `length ${length}: ${reply.body}`);
    }
    served.disk.fill(100 * KIB);
    await roomIsKnown();
    const small = randomBytes(200 * KIB);
    const reply = await served.post(creation(small.length, withBytes), small);
    assert.equal(reply.status, 507, `a small one: ${reply.body}`);
    await served.assertOnly();
    served.disk.makeRoom();
    await roomIsKnown();
    const made = await served.post(creation(small.length, withBytes), small);
    assert.equal(made.status, 201);
    await served.end();
    assert.ok(served.disk.freeBytes() > 4 * MIB, 'what did not fit still takes room');
  });

  await suite.test('to the last byte: 507 for what needs room, all else is served', async (t) => {
    const served = await ServedDisk.start(t, program);
    const bytes = randomBytes(300 * KIB);
    const finished = await served.create(bytes.length);
    await send('PATCH', finished, { headers: appendAt(0), body: bytes });
    const begun = await served.create(null);
    const begun2 = await served.create(MIB);
    await send('PATCH', begun2, { headers: appendAt(0), body: bytes });
    served.disk.fill(0);
    await roomIsKnown();
    for (let attempt = 0; attempt < 3; attempt += 1) {
      assert.equal((await served.post(creation(null))).status, 507, 'a creation');
      const body = randomBytes(64 * KIB);
      const appended = await send('PATCH', begun, { headers: appendAt(0), body: [body] });
      assert.equal(appended.status, 507, `an append: ${appended.body}`);
      assert.equal(await served.offset(begun), 0);
      assert.equal(await served.offset(begun2), bytes.length);
    }
    const download = await send('GET', finished);
    assert.ok(download.body.equals(bytes), 'a download');
    await served.assertOnly(finished, begun, begun2);
    assert.equal((await send('DELETE', begun2)).status, 204, 'a removal, which makes room');
    await roomIsKnown();
    const appended = await send('PATCH', begun, {
      headers: appendAt(0, { 'Upload-Length': '1000' }),
      body: bytes.subarray(0, 1000),
    });
    assert.equal(appended.status, 204, `an append after it: ${appended.body}`);
    await served.assertFinished(begun, bytes.subarray(0, 1000));
    await served.end();
  });

  await suite.test('a daemon starts on it, and cleanup makes room', async (t) => {
    const served = await ServedDisk.start(t, program);
    const bytes = randomBytes(MIB);
    const abandoned = await served.create(2 * MIB);
    await send('PATCH', abandoned, { headers: appendAt(0), body: bytes });
    const kept = await served.create(bytes.length);
    await send('PATCH', kept, { headers: appendAt(0), body: bytes });
    await served.kill();
    served.disk.fill(0);
    await served.serve();
    assert.equal(await served.offset(served.now(abandoned)), bytes.length);
    const { summary } = await served.command('cleanup', '--older-than', '1ms');
    assert.equal(summary.removed, 1);
    await roomIsKnown();
    await served.assertOnly(kept);
    const next = await served.create(bytes.length / 2);
    const body = bytes.subarray(0, bytes.length / 2);
    assert.equal((await send('PATCH', next, { headers: appendAt(0), body })).status, 204);
    await served.assertFinished(next, body);
    await served.end();
  });

  await suite.test(
    'parts that cannot be joined stay, and are joined once there is room',
    async (t) => {
      const served = await ServedDisk.start(t, program);
      const bytes = randomBytes(2 * MIB);
      const parts: string[] = [];
      for (const half of [bytes.subarray(0, MIB), bytes.subarray(MIB)]) {
        const part = await served.create(half.length, { 'Upload-Concat': 'partial' });
        assert.equal((await send('PATCH', part, { headers: appendAt(0), body: half })).status, 204);
        parts.push(part);
      }
      const paths = parts.map((part) => new URL(part).pathname).join(' ');
      const headers = { 'Upload-Concat': `final;${paths}` };
      served.disk.fill(1 * MIB);
      await roomIsKnown();
      const refused = await served.post(headers);
      assert.equal(refused.status, 507, String(refused.body));
      await served.assertOnly(...parts);
      assert.ok(served.disk.freeBytes() > 600 * KIB, 'what was not joined still takes room');
      served.disk.makeRoom();
      await roomIsKnown();
      const joined = locationOf(served.url, await served.post(headers));
      await served.assertFinished(joined, bytes);
      await served.assertOnly(...parts, joined);
      await served.end();
    },
  );

  await suite.test('a final upload that was promised is joined once there is room', async (t) => {
    const served = await ServedDisk.start(t, program);
    const bytes = randomBytes(1.5 * MIB);
    const part = await served.create(bytes.length, { 'Upload-Concat': 'partial' });
    const almost = bytes.length - 1000;
    await send('PATCH', part, { headers: appendAt(0), body: bytes.subarray(0, almost) });
    const headers = { 'Upload-Concat': `final;${new URL(part).pathname}` };
    const promised = await served.post(headers);
    assert.equal(promised.status, 201, String(promised.body));
    const final = locationOf(served.url, promised);
    served.disk.fill(800 * KIB);
    await roomIsKnown();
    const last = { headers: appendAt(almost), body: bytes.subarray(almost) };
    assert.equal((await send('PATCH', part, last)).status, 204);
    await until('the finish fails and is reported', () =>
      /warning: .*(room|space)/.test(served.output()),
    );
    await until('its copy gives the room back', () => served.disk.freeBytes() > 600 * KIB);
    assert.ok(Number.isNaN(offsetOf(await send('HEAD', final))), 'it is not joined yet');
    await served.kill();
    served.disk.makeRoom();
    await served.serve();
    const joined = served.now(final);
    await until('it is joined', async () => {
      return offsetOf(await send('HEAD', joined)) === bytes.length;
    });
    await served.assertFinished(joined, bytes);
    await served.end();
  });
});

/** The daemon looks at the free space at most every 250 ms. */
function roomIsKnown(): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, 300));
}
