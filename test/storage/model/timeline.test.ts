import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { BodyPath } from '../../../src/storage/model/byte-source.ts';
import { follow, type TimelineEntry } from '../../../src/storage/model/timeline.ts';

function received(from: number, body: BodyPath | undefined, requestId: string): TimelineEntry {
  const origin = { protocol: 'tus 1.0.0', address: '10.0.0.5', agent: null, requestId };
  const entry = { event: 'received', from, to: from + 5, requests: 1, until: 0 } as const;
  return { at: 0, ...entry, interrupted: null, origin, ...(body === undefined ? {} : { body }) };
}

function merged(...entries: TimelineEntry[]) {
  const last = entries.reduce((before, entry) => follow(before, 1, entry).entry);
  assert.ok(last.event === 'received');
  assert.equal(last.requests, entries.length);
  return last;
}

test('requests that are one entry have the id of the last one', () => {
  const entry = merged(received(0, 'direct', 'r1'), received(5, 'direct', 'r2'));
  assert.equal(entry.origin.requestId, 'r2');
});

test('an entry says how all its bodies were read', () => {
  const read = (...bodies: (BodyPath | undefined)[]) =>
    merged(...bodies.map((body, index) => received(5 * index, body, 'r'))).body;
  assert.equal(read('direct', 'direct'), 'direct');
  assert.equal(read('stream', 'stream'), 'stream');
  assert.equal(read('direct', 'stream'), 'both');
  assert.equal(read('direct', 'stream', 'stream'), 'both');
});

test('an entry of an older version does not say how its bodies were read', () => {
  const entry = merged(received(0, undefined, 'r1'), received(5, 'direct', 'r2'));
  assert.equal(entry.body, undefined);
});
