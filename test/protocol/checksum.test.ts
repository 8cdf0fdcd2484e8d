import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ALGORITHMS, checksum } from '../../conformance/digest.ts';
import {
  CHECKSUM_ALGORITHMS,
  checksumFromHeader,
  checksumFromTrailer,
} from '../../src/protocol/tus/checksum.ts';

const BYTES = Buffer.from('hello world');

async function* readBack() {
  yield BYTES.subarray(0, 5);
  yield BYTES.subarray(5);
}

/** The bytes pass in two chunks, then they are judged. */
async function judge(text: string): Promise<void> {
  const whole = checksumFromHeader(text);
  for await (const chunk of readBack()) whole.onChunk?.(chunk);
  await whole.verify(readBack);
}

test('every algorithm that is offered tells right from wrong, in a header and in a trailer', async () => {
  assert.deepEqual([...CHECKSUM_ALGORITHMS].sort(), [...ALGORITHMS].sort());
  for (const algorithm of CHECKSUM_ALGORITHMS) {
    const right = checksum(algorithm, BYTES);
    const wrong = checksum(algorithm, Buffer.from('hello worlD'));
    await judge(right);
    await checksumFromTrailer(() => right).verify(readBack);
    const mismatch = { code: 'CHECKSUM_MISMATCH', status: 460 };
    await assert.rejects(judge(wrong), mismatch, algorithm);
    await assert.rejects(checksumFromTrailer(() => wrong).verify(readBack), mismatch, algorithm);
  }
});

test('a known sum of a known text is right', async () => {
  await judge('sha1 Kq5sNclPz7QV2+lfQIuc6R7oRu0=');
  await judge('crc32 DUoRhQ==');
});

test('a sum that is cut short does not match', async () => {
  await assert.rejects(judge('sha1 Kq5sNg=='), { code: 'CHECKSUM_MISMATCH' });
  await assert.rejects(judge('sha1 '), { code: 'CHECKSUM_MISMATCH' });
});

test('what is no checksum is refused before the first byte', () => {
  for (const text of [
    ...['', 'sha1', 'sha1 !!!', 'sha1  Kq5s', 'sha1 Kq5', 'md4 Kq5s', 'SHA1 Kq5s'],
    ...['constructor Kq5s', '__proto__ Kq5s', 'sha1 Kq5s,md5 Kq5s', 'sha1 Kq5s '],
  ]) {
    assert.throws(() => checksumFromHeader(text), { code: 'BAD_REQUEST', status: 400 }, text);
  }
});

test('a trailer that was announced has to come', async () => {
  const missing = checksumFromTrailer(() => undefined);
  await assert.rejects(missing.verify(readBack), { code: 'BAD_REQUEST' });
});
