import assert from 'node:assert/strict';
import { test } from 'node:test';
import { LimitedDownloads, type Sender } from '../../src/http/download/limited-downloads.ts';
import { until } from '../support/until.ts';

function responseOf(headersSent: boolean) {
  const one = {
    headersSent,
    destroyed: false,
    destroy() {
      one.destroyed = true;
      return one as never;
    },
  };
  return one;
}

const SIZE = 100;

function begin(downloads: LimitedDownloads, from = 0, id = 'a'): Sender {
  return downloads.begin(id, responseOf(true), from, SIZE);
}

async function* blocksOf(...sizes: number[]): AsyncGenerator<Buffer> {
  for (const size of sizes) yield Buffer.alloc(size);
}

const nothing = async () => {};

/** Sends blocks of these sizes; resolves with whether that completes a download. */
async function sends(sender: Sender, sizes: readonly number[], check = nothing): Promise<boolean> {
  try {
    for await (const _ of sender.follow(blocksOf(...sizes), check));
  } finally {
    sender.leave();
  }
  return sender.ended();
}

/** Whether a response with this range completes a download of 100 bytes. */
function ends(downloads: LimitedDownloads, from: number, to: number): Promise<boolean> {
  return sends(begin(downloads, from), to > from ? [to - from] : []);
}

test('a download is complete when every byte was sent, in any order and over any requests', async () => {
  const downloads = new LimitedDownloads();
  assert.equal(await ends(downloads, 90, 100), false);
  assert.equal(await ends(downloads, 0, 40), false);
  assert.equal(await ends(downloads, 50, 60), false);
  assert.equal(await ends(downloads, 30, 50), false);
  assert.equal(await ends(downloads, 0, 0), false);
  assert.equal(await ends(downloads, 60, 90), true);
  // The next download begins from nothing.
  assert.equal(await ends(downloads, 60, 90), false);
});

test('whole responses beside each other are a download each', async () => {
  const downloads = new LimitedDownloads();
  assert.equal(await ends(downloads, 0, 50), false);
  assert.equal(await ends(downloads, 0, 100), true);
  assert.equal(await ends(downloads, 0, 100), true);
  assert.equal(await ends(downloads, 50, 100), true);
});

test('one response at a time sends the block that completes a download', async () => {
  const downloads = new LimitedDownloads();
  const sent: string[] = [];
  const follow = async (name: string, sender: Sender, sizes: number[], check = nothing) => {
    for await (const block of sender.follow(blocksOf(...sizes), check)) {
      sent.push(`${name}${block.length}`);
    }
    return sender.ended();
  };
  const gone = async () => {
    throw new Error('gone');
  };
  const [first, second, rest] = [begin(downloads), begin(downloads), begin(downloads, 60)];
  // All but the last bytes are sent beside each other.
  assert.equal(await follow('first', first, [60, 40]), true);
  const waiting = follow('second', second, [60, 40], gone);
  await until('the second one to wait', () => sent.length === 3);
  const end = follow('rest', rest, [40], gone);
  first.leave();
  await assert.rejects(waiting, /gone/);
  second.leave();
  await assert.rejects(end, /gone/);
  rest.leave();
  assert.deepEqual(sent, ['first60', 'first40', 'second60']);
});

test('a response that fails lets the next one complete the download', async () => {
  const downloads = new LimitedDownloads();
  const [failing, next] = [begin(downloads), begin(downloads)];
  const blocks = failing.follow(blocksOf(100), nothing);
  await blocks.next();
  const completed = sends(next, [100]);
  // Its client went away.
  await blocks.return(undefined);
  assert.equal(failing.ended(), false);
  failing.leave();
  assert.equal(await completed, true);
});

test('an empty file is downloaded by one response', () => {
  const downloads = new LimitedDownloads();
  assert.equal(downloads.begin('a', responseOf(false), 0, 0).ended(), true);
});

test('cutting ends the responses that have begun, and no other', () => {
  const downloads = new LimitedDownloads();
  const [running, silent, over, other] = [true, false, true, true].map(responseOf);
  downloads.begin('a', running!, 0, SIZE);
  downloads.begin('a', silent!, 0, SIZE);
  downloads.begin('a', over!, 0, SIZE).ended();
  downloads.begin('b', other!, 0, SIZE);
  downloads.cut('a');
  const destroyed = [running, silent, over, other].map((one) => one?.destroyed);
  assert.deepEqual(destroyed, [true, false, false, false]);
});

test('100,000 uploads and 20,000 ranges of one are not all remembered', async () => {
  const downloads = new LimitedDownloads();
  for (let index = 0; index < 100_000; index++) {
    downloads.begin(`${index}`, responseOf(true), 0, SIZE).ended();
  }
  for (let index = 0; index < 20_000; index++) {
    const sender = downloads.begin('a', responseOf(true), 2 * index, 100_000);
    for await (const _ of sender.follow(blocksOf(1), nothing));
    sender.ended();
  }
  assert.ok(downloads.size <= 10_000);
});
