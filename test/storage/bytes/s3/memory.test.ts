import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { Writer } from '../../../../src/storage/bytes/bytes.ts';
import type { Body, ObjectStore } from '../../../../src/storage/bytes/s3/calls/object-store.ts';
import { S3Bytes } from '../../../../src/storage/bytes/s3/s3-bytes.ts';
import { crc32 } from '../../../../src/storage/model/crc32.ts';
import { temporaryFolder } from '../../../support/temporary.ts';
import { bytes } from '../../support/content.ts';
import { draftRecord } from '../../support/records.ts';

const MIB = 1024 * 1024;

/** An S3 that forgets all bytes, at the pace of one block for each turn of the event loop. */
function forgetful(): ObjectStore {
  const sizes = new Map<string, number>();
  const drain = async (body: Body) => {
    for await (const _ of body.bytes()) await new Promise(setImmediate);
    return '"etag"';
  };
  const store: Partial<ObjectStore> = {
    put: (_key, body) => drain(body),
    uploadPart: (key, _id, _number, body) => {
      sizes.set(key, (sizes.get(key) ?? 0) + body.size);
      return drain(body);
    },
    createMultipart: async () => 'id',
    complete: async () => {},
    delete: async () => {},
    head: async (key) => ({ key, size: sizes.get(key) ?? 0, etag: '"etag"', modifiedAt: 0 }),
    close: () => {},
  };
  return store as ObjectStore;
}

test('two hundred uploads at once need little memory', async (t) => {
  const store = new S3Bytes(forgetful(), {
    ...{ name: 's3://b', prefix: '', spoolDir: temporaryFolder(t), warn: () => {} },
    partSize: 4 * MIB,
  });
  const block = bytes(256 * 1024);
  const length = 5 * MIB;
  const crcOfAll = Array.from({ length: length / block.length }).reduce<number>(
    (crc) => crc32(block, crc),
    0,
  );
  const write = (writer: Writer, chunk: Buffer, position: number) =>
    new Promise<number>((resolve, reject) => {
      writer.write([chunk], position, (error, count) => (error ? reject(error) : resolve(count)));
    });
  const before = process.memoryUsage.rss();
  let most = 0;
  const upload = async (id: string) => {
    const writer = await store.create(draftRecord({ id, length }), async () => {});
    for (let position = 0; position < length; ) {
      const chunk = block.subarray(position % block.length);
      position += await write(writer, chunk, position);
      most = Math.max(most, process.memoryUsage.rss());
    }
    await writer.seal('power', { length, crc32: crcOfAll });
    writer.close();
  };
  await Promise.all(Array.from({ length: 200 }, (_, index) => upload(`u${index}`)));
  store.close();
  t.diagnostic(`${Math.round((most - before) / MIB)} MiB more than before`);
  // A daemon needs some 150 MiB before its first upload.
  assert.ok(most - before < 200 * MIB, `${Math.round((most - before) / MIB)} MiB`);
});
