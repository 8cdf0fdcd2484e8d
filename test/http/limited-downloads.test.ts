import assert from 'node:assert/strict';
import type { ServerResponse } from 'node:http';
import { test } from 'node:test';
import { LimitedDownloads } from '../../src/http/download/limited-downloads.ts';

function response() {
  const one = {
    destroyed: false,
    destroy() {
      one.destroyed = true;
    },
  };
  return one as unknown as ServerResponse;
}

/** Whether a response with this range completes a download of 100 bytes. */
function ends(downloads: LimitedDownloads, from: number, to: number): boolean {
  const one = response();
  downloads.begin('a', one);
  return downloads.ended('a', one, { from, to }, 100);
}

test('a download is complete when every byte was sent, in any order and over any requests', () => {
  const downloads = new LimitedDownloads();
  assert.equal(ends(downloads, 90, 100), false);
  assert.equal(ends(downloads, 0, 40), false);
  assert.equal(ends(downloads, 50, 60), false);
  assert.equal(ends(downloads, 30, 50), false);
  assert.equal(ends(downloads, 0, 0), false);
  assert.equal(ends(downloads, 60, 90), true);
  // The next download begins from nothing.
  assert.equal(ends(downloads, 60, 90), false);
});

test('whole responses beside each other are a download each', () => {
  const downloads = new LimitedDownloads();
  assert.equal(ends(downloads, 0, 50), false);
  assert.equal(ends(downloads, 0, 100), true);
  assert.equal(ends(downloads, 0, 100), true);
  assert.equal(ends(downloads, 50, 100), true);
});

test('an empty file is downloaded by one response', () => {
  const downloads = new LimitedDownloads();
  assert.equal(downloads.ended('a', response(), { from: 0, to: 0 }, 0), true);
});

test('cutting ends the responses that are running, and no other', () => {
  const downloads = new LimitedDownloads();
  const [running, over, other] = [response(), response(), response()];
  downloads.begin('a', running);
  downloads.begin('a', over);
  downloads.begin('b', other);
  downloads.ended('a', over, { from: 0, to: 100 }, 100);
  downloads.cut('a');
  assert.deepEqual([running.destroyed, over.destroyed, other.destroyed], [true, false, false]);
});

test('100,000 uploads and 100,000 ranges of one are not all remembered', () => {
  const downloads = new LimitedDownloads();
  for (let index = 0; index < 100_000; index++) {
    downloads.ended(`${index}`, response(), { from: 0, to: 1 }, 100);
  }
  for (let index = 0; index < 20_000; index++) {
    downloads.ended('a', response(), { from: 2 * index, to: 2 * index + 1 }, 100_000);
  }
  assert.ok(downloads.size <= 10_000);
});
