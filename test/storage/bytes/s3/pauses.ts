import assert from 'node:assert/strict';
import type { Writer } from '../../../../src/storage/bytes/bytes.ts';
import type { Body, ObjectStore } from '../../../../src/storage/bytes/s3/calls/object-store.ts';
import { bytes, crcOf } from '../../support/content.ts';
import { around, type Method } from './around.ts';
import { OneUpload } from './one-upload.ts';
import type { Place } from './place.ts';

type Declare = (what: string, run: (place: Place) => Promise<void>) => void;

/** Calls of one method that wait. */
function held(objects: ObjectStore, method: Method) {
  let letGo = () => {};
  let came = () => {};
  const gate = new Promise<void>((resolve) => {
    letGo = resolve;
  });
  const coming = new Promise<void>((resolve) => {
    came = resolve;
  });
  const store = around(objects, async (call) => {
    if (call.method === method) {
      came();
      await gate;
    }
    return call.make();
  });
  return { store, coming, letGo };
}

/** A server that takes as many bytes as were announced, as one of HTTP does. */
function announcedOnly(objects: ObjectStore): ObjectStore {
  return around(objects, ({ method, args, signal, make }) => {
    if (method !== 'put') return make();
    const [key, body] = args as [string, Body];
    return objects.put(key, { ...body, bytes: () => firstBytes(body) }, signal);
  });
}

async function* firstBytes({ size, bytes }: Body): AsyncGenerator<Uint8Array> {
  let left = size;
  for await (const block of bytes()) {
    yield block.subarray(0, left);
    left -= block.length;
    if (left <= 0) return;
  }
}

/** The client is silent: what it has sent so far is stored while it may go on. */
function store(writer: Writer, { content }: OneUpload): Promise<void> {
  const length = writer.size;
  return writer.flush('process', { length, crc32: crcOf(content.subarray(0, length)) });
}

/** What becomes of bytes that come while those before a pause are being stored. */
export function declarePauses(promise: Declare): void {
  promise('a client may go on while the part before its pause is sent', async (place) => {
    const parts = held(announcedOnly(place.objects), 'uploadPart');
    const upload = new OneUpload('a', bytes(350_000));
    const writer = await upload.create(place.open(parts.store));
    // The rest behind the part is in a file: writing to it takes a moment.
    await upload.send(writer, 150_000);
    await parts.coming;
    const storing = store(writer, upload);
    const going = upload.send(writer, 180_000);
    parts.letGo();
    await Promise.all([storing, going]);
    upload.progress(writer);
    await upload.end(writer);
    assert.equal(upload.record.offset, 180_000);
    writer.close();
    const next = await upload.takeOver(place.open());
    await upload.send(next, 350_000);
    await upload.finish(next);
    await upload.check(place.open());
  });

  promise('a client may fill its part while the tail before its pause is sent', async (place) => {
    const tails = held(place.objects, 'put');
    const upload = new OneUpload('a', bytes(350_000));
    const writer = await upload.create(place.open(tails.store));
    await upload.send(writer, 50_000);
    const storing = store(writer, upload);
    await tails.coming;
    await upload.send(writer, 180_000);
    tails.letGo();
    await storing;
    upload.progress(writer);
    await upload.end(writer);
    await upload.send(writer, 350_000);
    await upload.finish(writer);
    await upload.check(place.open());
  });

  promise('part numbers are reserved while the tail before a pause is stored', async (place) => {
    const tails = held(place.objects, 'put');
    const upload = new OneUpload('a', bytes(350_000));
    let note = () => {};
    const noting = new Promise<void>((resolve) => {
      note = resolve;
    });
    let reserved = () => {};
    const reserving = new Promise<void>((resolve) => {
      reserved = resolve;
    });
    const writer = await place.open(tails.store).create(upload.record, async (layout) => {
      reserved();
      await noting;
      upload.record = { ...upload.record, layout };
    });
    await upload.send(writer, 50_000);
    const storing = store(writer, upload);
    await tails.coming;
    await upload.send(writer, 120_000);
    await reserving;
    tails.letGo();
    // The tail is stored before the reservation is recorded.
    await new Promise((resolve) => setTimeout(resolve, 20));
    note();
    await storing;
    await upload.send(writer, 350_000);
    await upload.end(writer);
    await upload.finish(writer);
    await upload.check(place.open());
  });

  promise('a pause within one part does not mix it with the part before', async (place) => {
    const upload = new OneUpload('a', bytes(350_000));
    const first = await upload.create(place.open());
    await upload.send(first, 50_000);
    await upload.end(first);
    first.close();
    const parts = held(place.objects, 'uploadPart');
    const writer = await upload.takeOver(place.open(parts.store));
    await upload.send(writer, 110_000);
    await parts.coming;
    const storing = store(writer, upload);
    await upload.send(writer, 200_000);
    parts.letGo();
    await storing;
    await upload.send(writer, 350_000);
    await upload.finish(writer);
    await upload.check(place.open());
  });
}
