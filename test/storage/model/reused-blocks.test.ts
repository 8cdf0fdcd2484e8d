import assert from 'node:assert/strict';
import { test } from 'node:test';
import { ReusedBlocks } from '../../../src/storage/model/reused-blocks.ts';

test('a block is used again once it was given back, by any part of it', () => {
  const blocks = new ReusedBlocks(1000, 4);
  const block = blocks.take();
  assert.equal(block.length, 1000);
  assert.notEqual(blocks.take().buffer, block.buffer);
  blocks.giveBack(block.subarray(10, 20));
  assert.equal(blocks.take(), block);
});

test('at most so many free blocks are kept, and no memory of others', () => {
  const blocks = new ReusedBlocks(1000, 1);
  const [first, second] = [blocks.take(), blocks.take()];
  blocks.giveBack(Buffer.alloc(1000));
  for (const block of [first, second]) blocks.giveBack(block);
  assert.equal(blocks.take(), first);
  assert.notEqual(blocks.take(), second);
  blocks.giveBack(first);
  blocks.clear();
  assert.notEqual(blocks.take(), first);
});
