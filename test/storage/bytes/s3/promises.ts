import assert from 'node:assert/strict';
import { type TestOptions, test } from 'node:test';
import type { Body, ObjectStore } from '../../../../src/storage/bytes/s3/calls/object-store.ts';
import { smallBody } from '../../../../src/storage/bytes/s3/calls/small-body.ts';
import { SYSTEM_TIMING, type Timing } from '../../../../src/storage/bytes/s3/calls/timing.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { until } from '../../../support/until.ts';
import { collect } from '../../catalog/contract/subject.ts';
import { bytes, crcOf } from '../../support/content.ts';
import { around } from './around.ts';
import { declareContinuations } from './continuations.ts';
import { declareFailures } from './failures.ts';
import { OneUpload } from './one-upload.ts';
import { declarePauses } from './pauses.ts';
import { type Place, placeOf } from './place.ts';
import { sendAll } from './send-all.ts';

/** What a dead process waits for keeps nobody alive. */
const MORTAL: Timing = {
  ...SYSTEM_TIMING,
  setTimeout: (run, milliseconds) => setTimeout(run, milliseconds).unref(),
};

interface PromiseOptions extends TestOptions {
  /** Of the calls at which a process may die, one in so many is tried. */
  readonly step?: number;
}

/** Declares a test for what S3 does beside the promises of every store of bytes. */
export function s3Promises(
  name: string,
  open: () => Promise<ObjectStore>,
  { step = 1, ...options }: PromiseOptions = {},
): void {
  const promise = (what: string, run: (place: Place) => Promise<void>) => {
    test(`${name}: ${what}`, options, async (t) => {
      const place = placeOf(await open(), temporaryFolder(t));
      try {
        await run(place);
      } finally {
        place.objects.close();
      }
    });
  };

  declareContinuations(promise);
  declareFailures(promise);
  declarePauses(promise);

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
        await Promise.race([sendAll(upload, place.open(dying, MORTAL), () => alive), death]);
        if (!alive) await sendAll(upload, place.open(), () => true);
        await upload.check(place.open());
        return made;
      };
      const calls = await dieAt(Number.POSITIVE_INFINITY);
      assert.ok(calls > 30, `only ${calls} calls`);
      // Each of them in a few runs.
      const first = Math.floor(Math.random() * step);
      for (let deadly = first; deadly < calls; deadly += 4 * step) {
        await Promise.all([0, 1, 2, 3].map((more) => dieAt(deadly + more * step)));
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
    await upload.send(old, 200_000);
    await until('parts are on their way', () => held.length === 2);
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

  promise('a short last part of a writer that was taken over does not count', async (place) => {
    const upload = new OneUpload('a', bytes(950_000));
    let land = () => {};
    const landed = new Promise<void>((resolve) => {
      land = resolve;
    });
    let comes = () => {};
    const coming = new Promise<void>((resolve) => {
      comes = resolve;
    });
    const slow = around(place.objects, async ({ method, args, make }) => {
      if (method !== 'uploadPart' || (args[3] as Body).size === 100_000) return make();
      comes();
      await landed;
      return make();
    });
    const old = await upload.create(place.open(slow));
    await upload.send(old, 950_000);
    const sealing = faultOf(old.seal('power', { length: 950_000, crc32: crcOf(upload.content) }));
    await coming;
    const writer = await upload.takeOver(place.open());
    await upload.send(writer, 950_000);
    await upload.end(writer);
    land();
    assert.equal((await sealing).code, 'GONE');
    await upload.finish(writer);
    await upload.check(place.open());
    assert.equal(await place.names('a'), 1);
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
    const illegible = { id: 'b', layout: 'nobody wrote this' };
    assert.equal(store.locate(illegible), `s3://uploads/${prefix}b/`);
    assert.equal(await store.remove(illegible), true);
    assert.equal(await store.remove(upload.record), true);
    assert.equal(await store.entry('a'), null);
    for (const key of keys) assert.ok(await objects.head(key, signal), key);
    const own = new RegExp(`^${prefix}(?:[ab]/(?:file|tail)-[0-9a-f]{16}|\\.probe-[0-9a-f]{16})$`);
    assert.deepEqual(
      touched.filter((key) => !own.test(key)),
      [],
    );
  });

  for (const [how, size] of [
    ['of one size', () => 3_000],
    // The worst case: a tail is smaller than all before it.
    ['that shrink', (index: number) => 3_000 - index],
  ] as const) {
    promise(`tails are few, after requests ${how}`, async (place) => {
      const upload = new OneUpload('a', bytes(150_000));
      const writer = await upload.create(place.open());
      for (let index = 0; index < 30; index++) {
        await upload.send(writer, writer.size + size(index));
        await upload.end(writer);
        const { t: tails = [] } = JSON.parse(writer.layout ?? '');
        assert.ok(tails.length <= 16, `${tails.length} tails after ${index + 1} requests`);
        if (how === 'of one size') assert.ok(tails.length <= 5, `${tails.length} tails`);
      }
      await upload.send(writer, upload.content.length);
      await upload.finish(writer);
      await upload.check(place.open());
    });
  }

  promise('layouts are small, whatever the number of parts', async (place) => {
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
    assert.equal(await place.names('a'), 1, 'what is not needed any more is gone');
    assert.ok((upload.record.layout?.length ?? 0) < 200);
  });
}
