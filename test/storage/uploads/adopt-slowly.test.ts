import assert from 'node:assert/strict';
import { test } from 'node:test';
import { S3Bytes } from '../../../src/storage/bytes/s3/s3-bytes.ts';
import { createMemoryCatalog } from '../../../src/storage/catalog/memory/memory-catalog.ts';
import { SYSTEM_CLOCK } from '../../../src/storage/uploads/clock.ts';
import { adopt } from '../../../src/storage/uploads/making/adopt.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { until } from '../../support/until.ts';
import { contentIn } from '../support/backends.ts';
import { MemoryObjects } from '../support/memory-objects.ts';
import { draftRecord } from '../support/records.ts';
import { faultOf, insideOf, serve } from '../support/stores.ts';

const HOUR = 3_600_000;
const PART = 1_000;

test('an upload that takes hours to be copied into a bucket is no orphan meanwhile', async (t) => {
  const objects = new MemoryObjects();
  const bytes = new S3Bytes(objects, {
    name: 's3://memory',
    prefix: 'uploads/',
    partSize: PART,
    spoolDir: temporaryFolder(t),
    warn: () => {},
  });
  const intervals = new Map<unknown, () => void>();
  const clock = {
    ...SYSTEM_CLOCK,
    setInterval(run: () => void) {
      const timer = { refresh() {} };
      intervals.set(timer, run);
      return timer;
    },
    clearInterval: (timer: unknown) => void intervals.delete(timer),
  };
  const backend = { catalog: createMemoryCatalog(), bytes, boot: null, release: () => {} };
  const store = await serve(t, backend, { fsync: 'never', clock });
  const ours = intervals.size;

  /** What a daemon would remove that sees all that was written so far as two hours old. */
  const swept = async () => {
    const names: string[] = [];
    for await (const orphan of store.orphans(Date.now() - HOUR)) {
      if (orphan.kind === 'file') names.push(orphan.name);
    }
    return names;
  };
  const age = () => {
    for (const [id, one] of objects.multiparts) {
      objects.multiparts.set(id, { ...one, startedAt: one.startedAt - 2 * HOUR });
    }
    for (const [key, one] of objects.objects) {
      objects.objects.set(key, { ...one, modifiedAt: one.modifiedAt - 2 * HOUR });
    }
  };
  const content = Buffer.alloc(3 * PART, 'x');
  const slowly = (end: 'whole' | 'broken') =>
    async function* () {
      for (let from = 0; from < content.length; from += PART) {
        yield content.subarray(from, from + PART);
        await until('a part is stored', () => objects.multiparts.size > 0);
        age();
        for (const run of [...intervals.values()].slice(ours)) run();
        await until('no sweep would take it', async () => (await swept()).length === 0);
        assert.equal(objects.multiparts.size, 1);
      }
      if (end === 'broken') throw new Error('the source broke');
    };
  const adoption = (id: string, end: 'whole' | 'broken') => {
    const finished = { state: 'finished', finishedAt: 5, offset: content.length } as const;
    const { crc32: _, name: __, ...record } = draftRecord({ id, length: content.length });
    const blocks = { kind: 'blocks', blocks: slowly(end)() } as const;
    return { record: { ...record, ...finished }, timeline: [], bytes: blocks, expected: null };
  };

  await adopt(insideOf(store), adoption('a', 'whole'));
  assert.deepEqual(await contentIn(store, 'a'), content);
  assert.equal(objects.objects.size, 1);
  assert.equal(intervals.size, ours);

  await faultOf(adopt(insideOf(store), adoption('b', 'broken'))).catch(() => {});
  assert.equal(objects.objects.size, 1);
  assert.equal(intervals.size, ours);
});
