import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { clusterUploads, pausedPatch } from '../support/cluster-uploads.ts';
import { SHARED_SERVICES } from '../support/services/shared.ts';
import { appendAt, offsetOf, send } from '../support/tus.ts';
import { until } from '../support/until.ts';

const MIB = 1024 * 1024;
/** A daemon that was killed holds its uploads for so long (milliseconds), and some for a slow machine. */
const DEAD_AFTER = 40_000;

const uploads = clusterUploads({ storage: { partSize: '5MiB' } });
const { at, create, assertContent } = uploads;

test(
  'a writer that has fallen silent is replaced by one at another daemon',
  SHARED_SERVICES,
  async () => {
    const bytes = randomBytes(8 * MIB);
    const url = await create(0, bytes.length);
    const silent = pausedPatch(at(0, url), 0, bytes, 6 * MIB);
    await pause(2_500);
    const offset = offsetOf(await send('HEAD', at(1, url)));
    const reply = await send('PATCH', at(1, url), {
      headers: appendAt(offset),
      body: bytes.subarray(offset),
    });
    // The first writer may have made more bytes safe as it let go.
    if (reply.status === 409) {
      const later = offsetOf(await send('HEAD', at(1, url)));
      assert.ok(later >= offset);
      const again = await send('PATCH', at(1, url), {
        headers: appendAt(later),
        body: bytes.subarray(later),
      });
      assert.equal(again.status, 204, `${again.body}`);
    } else assert.equal(reply.status, 204, `${reply.body}`);
    silent.goOn();
    await silent.answer.then(
      ({ status }) => assert.notEqual(status, 204),
      () => {},
    );
    await assertContent(url, bytes);
  },
);

test('a writer whose bytes come is left alone', SHARED_SERVICES, async () => {
  const bytes = randomBytes(3 * MIB);
  const url = await create(0, bytes.length);
  let over = false;
  const body = (async function* () {
    for (let from = 0; from < bytes.length; from += MIB / 16) {
      yield bytes.subarray(from, from + MIB / 16);
      await pause(over ? 0 : 500);
    }
  })();
  const writing = send('PATCH', at(0, url), { headers: appendAt(0), body, length: bytes.length });
  await pause(500);
  const other = await send('PATCH', at(1, url), { headers: appendAt(0), body: bytes });
  assert.equal(other.status, 423, `${other.body}`);
  over = true;
  assert.equal((await writing).status, 204);
  await assertContent(url, bytes);
});

test(
  'DELETE ends an upload from any daemon, also while its bytes come',
  SHARED_SERVICES,
  async () => {
    const bytes = randomBytes(8 * MIB);
    const url = await create(0, bytes.length);
    const writing = pausedPatch(at(0, url), 0, bytes, 6 * MIB);
    await pause(500);
    const removed = await send('DELETE', at(2, url));
    assert.equal(removed.status, 204, `${removed.body}`);
    writing.goOn();
    await writing.answer.then(
      ({ status }) => assert.notEqual(status, 204),
      () => {},
    );
    for (const index of [0, 1, 2]) assert.equal((await send('HEAD', at(index, url))).status, 410);
  },
);

test(
  'kill -9 of a daemon loses nothing that was acknowledged, and others go on',
  SHARED_SERVICES,
  async () => {
    const bytes = randomBytes(20 * MIB);
    const url = await create(0, bytes.length);
    const first = await send('PATCH', at(1, url), {
      headers: appendAt(0),
      body: bytes.subarray(0, 3 * MIB),
    });
    assert.equal(first.status, 204);
    const dying = pausedPatch(at(1, url), 3 * MIB, bytes.subarray(3 * MIB), 12 * MIB);
    const told = await until('more is known at another daemon', async () => {
      const offset = offsetOf(await send('HEAD', at(2, url)));
      return offset > 3 * MIB && offset;
    });
    await uploads.cluster.members[1]!.kill();
    await dying.answer.catch(() => {});
    assert.ok(offsetOf(await send('HEAD', at(2, url))) >= told);
    const reply = await until(
      'another daemon takes the upload over',
      async () => {
        const offset = offsetOf(await send('HEAD', at(2, url)));
        assert.ok(offset >= told, `${offset} after ${told}`);
        const answer = await send('PATCH', at(2, url), {
          headers: appendAt(offset),
          body: bytes.subarray(offset),
        });
        return answer.status !== 423 && answer;
      },
      DEAD_AFTER,
    );
    assert.equal(reply.status, 204, `${reply.body}`);
    await uploads.cluster.members[1]!.restart();
    await assertContent(url, bytes);
  },
);
