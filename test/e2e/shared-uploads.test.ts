import assert from 'node:assert/strict';
import { createHash, randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { clusterUploads, pausedPatch } from '../support/cluster-uploads.ts';
import { SHARED_SERVICES } from '../support/services/shared.ts';
import { appendAt, creation, locationOf, OFFSET_STREAM, offsetOf, send } from '../support/tus.ts';
import { uploadAll } from '../support/tus-client.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;

const uploads = clusterUploads({ storage: { partSize: '5MiB' } });
const { at, create, assertContent } = uploads;

test(
  'created here, written there, asked for at a third while it is written',
  SHARED_SERVICES,
  async () => {
    const bytes = randomBytes(14 * MIB);
    const url = await create(0, bytes.length);
    const writing = pausedPatch(at(1, url), 0, bytes, 13 * MIB);
    // Whole parts are safe; the third daemon hears of them within a second.
    const known = await until('a third daemon tells an offset', async () => {
      const head = await send('HEAD', at(2, url));
      assert.equal(head.status, 200);
      return offsetOf(head) > 0 && offsetOf(head);
    });
    assert.ok(known >= 5 * MIB && known <= 13 * MIB, `${known}`);
    writing.goOn();
    assert.equal((await writing.answer).status, 204);
    assert.equal(offsetOf(await send('HEAD', at(2, url))), bytes.length);
    await assertContent(url, bytes);
  },
);

test(
  'small uploads, whole with their creation and in pieces at every daemon',
  SHARED_SERVICES,
  async () => {
    const bytes = randomBytes(100_000);
    const whole = await send('POST', uploads.cluster.members[1]!.url, {
      headers: creation(bytes.length, { 'Content-Type': OFFSET_STREAM }),
      body: bytes,
    });
    assert.equal(offsetOf(whole), bytes.length);
    await assertContent(locationOf(uploads.cluster.url, whole), bytes);
    const url = await create(0, bytes.length);
    for (let from = 0, index = 0; from < bytes.length; from += 9_000, index += 1) {
      const piece = bytes.subarray(from, from + 9_000);
      const reply = await send('PATCH', at(index % 3, url), {
        headers: appendAt(from),
        body: piece,
      });
      assert.equal(reply.status, 204);
      assert.equal(offsetOf(reply), from + piece.length);
      assert.equal(offsetOf(await send('HEAD', at((index + 1) % 3, url))), from + piece.length);
    }
    await assertContent(url, bytes);
    const empty = await create(2, 0);
    await assertContent(empty, Buffer.alloc(0));
  },
);

test(
  'parts that were made at different daemons are joined, small and large',
  SHARED_SERVICES,
  async () => {
    const sizes = [6 * MIB, 1000, 12 * MIB + 1, 70_000, 0, 5 * MIB];
    const pieces = sizes.map((size) => randomBytes(size));
    const parts = await Promise.all(
      pieces.map(async (piece, index) => {
        const url = await create(index % 3, piece.length, { 'Upload-Concat': 'partial' });
        if (piece.length > 0) {
          const reply = await send('PATCH', at((index + 1) % 3, url), {
            headers: appendAt(0),
            body: piece,
          });
          assert.equal(reply.status, 204, `${reply.body}`);
        }
        return new URL(url).pathname;
      }),
    );
    const final = await send('POST', uploads.cluster.members[2]!.url, {
      headers: { 'Upload-Concat': `final;${parts.join(' ')}` },
    });
    await assertContent(locationOf(uploads.cluster.url, final), Buffer.concat(pieces));
  },
);

test(
  'a checksum counts for the whole request or not at all, at every daemon',
  SHARED_SERVICES,
  async () => {
    const bytes = randomBytes(7 * MIB);
    const digest = (of: Buffer) => `sha256 ${createHash('sha256').update(of).digest('base64')}`;
    const url = await create(0, bytes.length);
    const half = bytes.subarray(0, 6 * MIB);
    const wrong = await send('PATCH', at(1, url), {
      headers: appendAt(0, { 'Upload-Checksum': digest(bytes) }),
      body: half,
    });
    assert.equal(wrong.status, 460);
    assert.equal(offsetOf(await send('HEAD', at(2, url))), 0);
    const right = await send('PATCH', at(2, url), {
      headers: appendAt(0, { 'Upload-Checksum': digest(half) }),
      body: half,
    });
    assert.equal(right.status, 204);
    const rest = await send('PATCH', at(0, url), {
      headers: appendAt(half.length),
      body: [bytes.subarray(half.length)],
      trailers: { 'Upload-Checksum': digest(bytes.subarray(half.length)) },
    });
    assert.equal(rest.status, 204, `${rest.body}`);
    await assertContent(url, bytes);
  },
);

test('a length that is declared last', SHARED_SERVICES, async () => {
  const bytes = randomBytes(6 * MIB);
  const url = await create(0, null);
  const first = await send('PATCH', at(1, url), {
    headers: appendAt(0),
    body: bytes.subarray(0, 5_500_000),
  });
  assert.equal(first.status, 204);
  const last = await send('PATCH', at(2, url), {
    headers: appendAt(5_500_000, { 'Upload-Length': `${bytes.length}` }),
    body: bytes.subarray(5_500_000),
  });
  assert.equal(last.status, 204);
  await assertContent(url, bytes);
});

test('ranges of a finished upload, at every daemon', SHARED_SERVICES, async () => {
  const bytes = randomBytes(11 * MIB);
  const made = await send('POST', uploads.cluster.url, {
    headers: creation(bytes.length, { 'Content-Type': OFFSET_STREAM }),
    body: bytes,
  });
  const url = locationOf(uploads.cluster.url, made);
  for (const [range, from, to] of [
    ['bytes=0-0', 0, 1],
    [`bytes=${5 * MIB - 3}-${5 * MIB + 2}`, 5 * MIB - 3, 5 * MIB + 3],
    ['bytes=-7', bytes.length - 7, bytes.length],
    [`bytes=${10 * MIB}-`, 10 * MIB, bytes.length],
  ] as const) {
    for (const index of [0, 1, 2]) {
      const got = await send('GET', at(index, url), { headers: { Range: range } });
      assert.equal(got.status, 206);
      assert.ok(got.body.equals(bytes.subarray(from, to)), range);
    }
  }
});

test(
  'tus-js-client through the proxy: in chunks, and in four parallel parts',
  SHARED_SERVICES,
  async () => {
    const bytes = randomBytes(21 * MIB);
    const options = { endpoint: uploads.cluster.url, retryDelays: [100, 500, 1000] };
    const one = await uploadAll(bytes, { ...options, chunkSize: 3 * MIB });
    await assertContent(one, bytes);
    const four = await uploadAll(bytes, { ...options, parallelUploads: 4 });
    await assertContent(four, bytes);
  },
);
