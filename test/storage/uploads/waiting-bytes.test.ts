import assert from 'node:assert/strict';
import { test } from 'node:test';
import {
  copyToWait,
  giveBack,
  SHARED_READ,
  waitingShare,
} from '../../../src/storage/uploads/receiving/waiting-bytes.ts';

test('the memory that hundreds of requests at once have used is used again', () => {
  // A request is paused by the read that exceeds its share.
  const requests = 200;
  const count = requests * Math.ceil(waitingShare(requests) / SHARED_READ);
  const bytes = Buffer.alloc(SHARED_READ, 'x');
  const round = () => Array.from({ length: count }, () => copyToWait(bytes));
  const first = round();
  const memory = new Set(first.map(({ buffer }) => buffer));
  assert.equal(memory.size, count);
  first.forEach(giveBack);
  const second = round();
  for (const copy of second) assert.ok(copy.equals(bytes) && memory.has(copy.buffer));
  second.forEach(giveBack);
});

test('what waits in memory stays within bounds however many requests there are', () => {
  for (const requests of [1, 10, 100, 250]) {
    assert.ok(requests * waitingShare(requests) <= 16 * 1024 * 1024);
  }
});
