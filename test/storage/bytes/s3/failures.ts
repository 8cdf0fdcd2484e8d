import assert from 'node:assert/strict';
import type { Fault } from '../../../../src/fault.ts';
import { ObjectStoreError } from '../../../../src/storage/bytes/s3/calls/object-store.ts';
import { faultOf } from '../../../support/fault-of.ts';
import { bytes } from '../../support/content.ts';
import { around } from './around.ts';
import { OneUpload } from './one-upload.ts';
import { fast, type Place } from './place.ts';
import { sendAll } from './send-all.ts';

type Declare = (what: string, run: (place: Place) => Promise<void>) => void;

/** What a client does: it comes again. */
async function again(work: () => Promise<void>): Promise<void> {
  for (let attempt = 0; attempt < 50; attempt++) {
    try {
      return await work();
    } catch (error) {
      assert.equal((error as Fault).code, 'UNAVAILABLE');
    }
  }
  assert.fail('it never succeeded');
}

/** What becomes of bytes while S3 does not work. */
export function declareFailures(promise: Declare): void {
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
    await again(() => sendAll(upload, place.open(unreliable, fast()), () => true));
    await again(() => upload.check(place.open(unreliable, fast())));
  });

  promise('a request that S3 never answers ends, and the upload goes on later', async (place) => {
    let silent: string | undefined;
    const objects = around(place.objects, ({ method, signal, make }) =>
      method === silent
        ? new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))
        : make(),
    );
    const store = place.open(
      objects,
      fast(() => silent !== undefined),
    );
    const upload = new OneUpload('a', bytes(450_000));
    const writer = await upload.create(store);
    for (const [method, end] of [
      ['put', 50_000],
      ['createMultipart', 150_000],
      ['uploadPart', 320_000],
    ] as const) {
      silent = method;
      const sent = upload.send(writer, end).then(() => upload.end(writer));
      assert.equal((await faultOf(sent)).code, 'UNAVAILABLE', method);
      silent = undefined;
      await again(() => upload.end(writer));
    }
    await upload.send(writer, upload.content.length);
    for (const method of ['complete', 'head']) {
      silent = method;
      assert.equal((await faultOf(upload.finish(writer))).code, 'UNAVAILABLE', method);
    }
    silent = undefined;
    await upload.finish(writer);
    silent = 'get';
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
    await upload.check(place.open(breaking, fast()));
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
}

async function* firstBytes(all: AsyncIterable<Uint8Array>, count: number) {
  let left = count;
  for await (const block of all) {
    yield block.subarray(0, left);
    left -= block.length;
    if (left <= 0) return;
  }
}
