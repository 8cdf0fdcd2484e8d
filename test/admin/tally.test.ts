import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Durations } from '../../src/admin/durations.ts';
import { Tally } from '../../src/admin/tally.ts';
import type { RequestRecord } from '../../src/http/request-record.ts';

const REQUEST: RequestRecord = {
  ...{ at: 0, requestId: 'r', method: 'GET', path: '/', status: 200, code: null, id: null },
  ...{ bytes: null, body: null, ms: 1, address: '::1', principal: null, note: '' },
};

test('however many paths, methods and ids clients invent, the counts do not grow', () => {
  const tally = new Tally();
  for (let index = 0; index < 10_000; index++) {
    tally.request({
      ...{ ...REQUEST, method: `M${index}"}\n`, path: `/${index}`, id: `id${index}` },
      ...{ requestId: `r${index}`, address: `10.0.${index >> 8}.${index & 255}`, note: `${index}` },
    });
  }
  assert.deepEqual([...tally.methods.keys()], ['other']);
  assert.deepEqual([...tally.methods.get('other')!.statuses], [['200', 10_000]]);
});

test('errors and refused uploads are counted by why', () => {
  const tally = new Tally();
  const refused = (method: string, code: RequestRecord['code']) =>
    tally.request({ ...REQUEST, method, status: 400, code });
  refused('POST', 'TOO_LARGE');
  refused('POST', 'TOO_LARGE');
  refused('PATCH', 'REFUSED');
  refused('PATCH', 'CONFLICT');
  refused('DELETE', 'REFUSED');
  refused('HEAD', 'BUG');
  tally.request({ ...REQUEST, status: null });
  assert.deepEqual(Object.fromEntries(tally.errors), {
    ...{ too_large: 2, refused: 2, conflict: 1, bug: 1 },
  });
  assert.deepEqual(Object.fromEntries(tally.refused), { too_large: 2, refused: 1 });
  assert.deepEqual([...tally.methods.get('GET')!.statuses], [['none', 1]]);
});

test('a duration is in the first bucket whose bound it does not exceed', () => {
  const durations = new Durations([0.1, 1, 10]);
  for (const ms of [0, 100, 101, 1_000, 9_999, 10_001, 1e9]) durations.add(ms);
  assert.deepEqual(durations.counts, [2, 2, 1, 2]);
  assert.equal(durations.count, 7);
  assert.ok(Math.abs(durations.sum - 1_000_021.201) < 1e-6);
});
