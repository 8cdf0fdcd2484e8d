import assert from 'node:assert/strict';
import { type TestOptions, test } from 'node:test';
import { smallBody } from '../../../../src/storage/bytes/s3/body.ts';
import {
  type ObjectStore,
  ObjectStoreError,
} from '../../../../src/storage/bytes/s3/object-store.ts';
import { openBucket } from '../../../../src/storage/bytes/s3/open-s3-bytes.ts';
import { S3Bytes } from '../../../../src/storage/bytes/s3/s3-bytes.ts';
import { SYSTEM_TIMING, type Timing } from '../../../../src/storage/bytes/s3/timing.ts';
import { faultOf } from '../../../support/fault-of.ts';
import type { S3Server } from '../../../support/services/s3.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { until } from '../../../support/until.ts';
import { collect } from '../../catalog/contract/subject.ts';
import { bytes, crcOf } from '../../support/content.ts';
import { around } from './around.ts';
import { OneUpload } from './one-upload.ts';

const PART = 100_000;
/** Of the calls at which a process may die one in so many is tried. */
const STEP = process.env.TUSD_TS_FAULTS ? 1 : 5;
let stores = 0;

/** Time that passes a hundred times as fast: waits for answers that never come end soon. */
const FAST: Timing = {
  ...SYSTEM_TIMING,
  setTimeout: (run, milliseconds) => setTimeout(run, milliseconds / 100),
};

export interface Place {
  readonly objects: ObjectStore;
  readonly prefix: string;
  /** Another store over the same objects, as another process opens it. */
  open(objects?: ObjectStore, timing?: Timing): S3Bytes;
}

/** A prefix of its own. */
async function placeOf(server: S3Server, spoolDir: string): Promise<Place> {
  const objects = await openBucket({ ...server, forcePathStyle: true });
  stores += 1;
  const prefix = `place${process.pid}-${stores}/`;
  const open = (given = objects, timing = SYSTEM_TIMING) =>
    new S3Bytes(given, {
      ...{ name: 's3://uploads', prefix, partSize: PART, spoolDir, timing, memory: 150_000 },
      warn: () => {},
    });
  return { objects, prefix, open };
}

/** Requests of all kinds until the upload is finished; goes on from where it is. */
async function sendAll(upload: OneUpload, store: S3Bytes, alive: () => boolean): Promise<void> {
  const { length } = upload.content;
  let writer =
    upload.record.layout === null
      ? await upload.create(store, alive)
      : await upload.takeOver(store, alive);
  const next = (end: number) => Math.min(length, Math.max(end, writer.size));
  // Less than a part; then parts and a rest; then more than wait at a time.
  for (const end of [30_000, 70_000, 320_000, 380_000, 1_250_000]) {
    await upload.send(writer, next(end));
    if (alive()) upload.progress(writer);
    await upload.end(writer);
    writer.close();
    writer = await upload.takeOver(store, alive);
  }
  // A checksum that does not match, and the same bytes again.
  upload.beginWhole();
  const from = writer.size;
  await upload.send(writer, next(1_480_000));
  await writer.rollback(from);
  await upload.end(writer);
  await upload.send(writer, length);
  await upload.finish(writer);
}

/** What S3 does beside the promises of every store of bytes. */
export function s3Promises(
  name: string,
  server: () => Promise<S3Server>,
  options: TestOptions,
): void {
  const promise = (what: string, run: (place: Place) => Promise<void>) => {
    test(`${name}: ${what}`, options, async (t) => {
      const place = await placeOf(await server(), temporaryFolder(t));
      try {
        await run(place);
      } finally {
        place.objects.close();
      }
    });
  };

  for (const when of ['before', 'after'] as const) {
    promise(`what was acknowledged stays when a process dies ${when} a call`, async (place) => {
      const content = bytes(1_530_000);
      const dieAt = async (deadly: number): Promise<number> => {
        const length = deadly % 2 === 0 ? content.length : null;
        const upload = new OneUpload(`u${deadly}`, content, length);
        let made = 0;
        let alive = true;
        let died = () => {};
        const death = new Promise<void>((resolve) => {
          died = resolve;
        });
        const dying = around(place.objects, async ({ make }) => {
          if (!alive) return new Promise(() => {});
          const last = made++ === deadly;
          const answer = last && when === 'before' ? undefined : await make();
          if (!last) return answer;
          alive = false;
          died();
          return new Promise(() => {});
        });
        await Promise.race([sendAll(upload, place.open(dying), () => alive), death]);
        if (!alive) await sendAll(upload, place.open(), () => true);
        await upload.check(place.open());
        return made;
      };
      const calls = await dieAt(Number.POSITIVE_INFINITY);
      assert.ok(calls > 40, `only ${calls} calls`);
      // Every call in a few runs of the suite; the simulator dies at all of them.
      const first = Math.floor(Math.random() * STEP);
      for (let deadly = first; deadly < calls; deadly += 4 * STEP) {
        await Promise.all([0, 1, 2, 3].map((more) => dieAt(deadly + more * STEP)));
      }
    });
  }

  promise('parts of a writer that was taken over do not count', async (place) => {
    const upload = new OneUpload('a', bytes(950_000));
    let held: (() => void)[] = [];
    let holds = true;
    const slow = around(place.objects, async ({ method, make }) => {
      if (method === 'uploadPart' && holds) await new Promise<void>((go) => held.push(go));
      return make();
    });
    const old = await upload.create(place.open(slow));
    await upload.send(old, 300_000);
    await until('parts are on their way', () => held.length === 3);
    const writer = await upload.takeOver(place.open());
    await upload.send(writer, 620_000);
    await upload.end(writer);
    // The old writer's parts arrive late, and so does its end.
    holds = false;
    for (const go of held) go();
    held = [];
    const late = { length: old.size, crc32: crcOf(upload.content.subarray(0, old.size)) };
    await old.flush('power', late);
    assert.equal(
      (
        await faultOf(
          upload.send(old, 900_000).then(() =>
            old.flush('power', {
              length: 900_000,
              crc32: crcOf(upload.content.subarray(0, 900_000)),
            }),
          ),
        )
      ).code,
      'GONE',
    );
    old.close();
    await upload.send(writer, upload.content.length);
    await upload.finish(writer);
    await upload.check(place.open());
  });

  promise('parts of requests whose checksum did not match do not count', async (place) => {
    const upload = new OneUpload('a', bytes(1_000_000));
    const other = new OneUpload('a', bytes(1_000_000, 7));
    const writer = await upload.create(place.open());
    for (const end of [120_000, 450_000, upload.content.length]) {
      const from = writer.size;
      upload.beginWhole();
      await other.send(writer, Math.min(end + 300_000, 1_000_000));
      await writer.rollback(from);
      await upload.end(writer);
      await upload.send(writer, end);
      if (end < upload.content.length) await upload.end(writer);
    }
    await upload.finish(writer);
    await upload.check(place.open());
  });

  promise('bytes survive an S3 that fails, loses answers and lies about success', async (place) => {
    let count = 0;
    const unreliable = around(place.objects, async ({ method, make }) => {
      count += 1;
      if (count % 3 === 0) throw new ObjectStoreError('SlowDown', 'slow down', 503);
      if (count % 5 === 0) {
        await make();
        throw new ObjectStoreError('ECONNRESET', 'socket hang up');
      }
      // It says so, and has not done it.
      if (method === 'complete' && count % 2 === 0) return undefined;
      return make();
    });
    const upload = new OneUpload('a', bytes(1_530_000));
    await sendAll(upload, place.open(unreliable, FAST), () => true);
    await upload.check(place.open(unreliable, FAST));
  });

  promise('a request that S3 never answers ends, and the upload goes on later', async (place) => {
    let silent: string | undefined;
    const objects = around(place.objects, ({ method, signal, make }) =>
      method === silent
        ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
        : make(),
    );
    const store = place.open(objects, FAST);
    const upload = new OneUpload('a', bytes(450_000));
    const writer = await upload.create(store);
    for (const [method, end] of [
      ['put', 50_000],
      ['createMultipart', 150_000],
      ['uploadPart', 320_000],
    ] as const) {
      silent = method;
      await upload.send(writer, end);
      assert.equal((await faultOf(upload.end(writer))).code, 'UNAVAILABLE', method);
      silent = undefined;
      await upload.end(writer);
    }
    await upload.send(writer, upload.content.length);
    for (const method of ['complete', 'head']) {
      silent = method;
      assert.equal((await faultOf(upload.finish(writer))).code, 'UNAVAILABLE', method);
    }
    silent = 'get';
    await upload.finish(writer);
    assert.equal((await faultOf(upload.check(store))).code, 'UNAVAILABLE');
    silent = undefined;
    await upload.check(store);
  });

  promise('a broken answer is read on from where it broke', async (place) => {
    const upload = new OneUpload('a', bytes(450_000));
    const writer = await upload.create(place.open());
    await upload.send(writer, upload.content.length);
    await upload.finish(writer);
    let requests = 0;
    const breaking = around(place.objects, async ({ method, make }) => {
      if (method !== 'get') return make();
      requests += 1;
      return firstBytes((await make()) as AsyncIterable<Uint8Array>, 100_000);
    });
    await upload.check(place.open(breaking, FAST));
    assert.ok(requests >= 4, String(requests));
  });

  promise('a reader that stops early ends its request', async (place) => {
    const upload = new OneUpload('a', bytes(1_500_000));
    const writer = await upload.create(place.open());
    await upload.send(writer, upload.content.length);
    await upload.finish(writer);
    const signals: AbortSignal[] = [];
    const objects = around(place.objects, ({ method, signal, make }) => {
      if (method === 'get') signals.push(signal);
      return make();
    });
    const reader = await place.open(objects).openForReading(upload.record);
    for await (const block of reader.blocks(0, 1_500_000)) {
      assert.ok(block.length < 1_500_000);
      break;
    }
    assert.deepEqual(
      signals.map(({ aborted }) => aborted),
      [true],
    );
  });

  promise('nothing that is not named like ours is touched', async (place) => {
    const { objects, prefix } = place;
    const signal = new AbortController().signal;
    const foreign = [
      'a/photo.jpg',
      'a/sub/file-0123456789abcdef',
      'file-0123456789abcdef',
      'photos/1',
    ];
    const keys = [
      ...foreign.map((key) => prefix + key),
      `a/file-0123456789abcdef`,
      `${prefix.slice(0, -1)}x/1`,
    ];
    for (const key of keys) await objects.put(key, smallBody(Buffer.from(key)), signal);
    const touched: string[] = [];
    const store = place.open(
      around(objects, ({ method, args, make }) => {
        const [key] = args as [string];
        if (/^(?:put|delete|createMultipart|abort|complete)$/.test(method)) touched.push(key);
        return make();
      }),
    );
    const upload = new OneUpload('a', bytes(450_000));
    await sendAll(upload, store, () => true);
    await store.probe();
    const orphan = new OneUpload('b', bytes(250_000));
    await orphan.send(await orphan.create(store), 250_000);
    await until('it has begun', async () => (await store.entry('b')) !== null);
    assert.deepEqual((await collect(store.entries())).flat().toSorted(), ['a', 'b', 'photos']);
    assert.equal(await store.entry('photos'), null);
    assert.equal(await store.removeEntry('photos'), false);
    for (const name of ['', '.', '..', 'a/sub', '../a', 'photos/']) {
      assert.equal(await store.entry(name), null);
      assert.equal(await store.removeEntry(name), false);
    }
    assert.equal(await store.removeEntry('b'), true);
    assert.equal(await store.remove(upload.record), true);
    assert.equal(await store.entry('a'), null);
    for (const key of keys) assert.ok(await objects.head(key, signal), key);
    const own = new RegExp(`^${prefix}(?:[ab]/(?:file|tail)-[0-9a-f]{16}|\\.probe-[0-9a-f]{16})$`);
    assert.deepEqual(
      touched.filter((key) => !own.test(key)),
      [],
    );
  });

  promise('layouts are small, whatever the number of parts, and tails are few', async (place) => {
    const upload = new OneUpload('a', bytes(1_200_000));
    let writer = await upload.create(place.open());
    for (let end = 7_000; end <= 280_000; end += 7_000) {
      await upload.send(writer, end);
      await upload.end(writer);
      writer.close();
      writer = await upload.takeOver(place.open());
    }
    await upload.send(writer, 1_200_000);
    upload.progress(writer);
    await upload.finish(writer);
    await upload.check(place.open());
    const signal = new AbortController().signal;
    const left = await place.objects.listObjects(`${place.prefix}a/`, {}, signal);
    assert.deepEqual(left.items.length, 1, 'what is not needed any more is gone');
    assert.ok((upload.record.layout?.length ?? 0) < 200);
  });
}

async function* firstBytes(all: AsyncIterable<Uint8Array>, count: number) {
  let left = count;
  for await (const block of all) {
    yield block.subarray(0, left);
    left -= block.length;
    if (left <= 0) return;
  }
}
