import assert from 'node:assert/strict';
import { test } from 'node:test';
import { draftRecord } from '../../support/records.ts';
import { CALLER, faultOf } from '../../support/stores.ts';
import { openTables } from '../../support/tables.ts';

test('a record comes back as it was put in', (t) => {
  const { uploads } = openTables(t);
  const full = draftRecord({
    kind: 'final',
    state: 'finished',
    length: Number.MAX_SAFE_INTEGER,
    offset: Number.MAX_SAFE_INTEGER - 1,
    uncommittedFrom: 5,
    crc32: 0xffffffff,
    metadata: 'filename YQ==,bin /w==',
    name: '\u202etxt.exe\0',
    parts: ['x', 'y', 'x'],
    protocolData: 'final;/uploads/files/x',
    createdAt: Date.now(),
    finishedAt: Date.now(),
    removedAt: Date.now(),
    removedWhy: 'expired',
    refusal: 'no',
  });
  const seq = uploads.insert(full);
  assert.deepEqual(uploads.get('a'), { ...full, seq });
  assert.deepEqual(uploads.getBySeq(seq), { ...full, seq });
  assert.equal(uploads.get('b'), undefined);
  assert.equal(uploads.getBySeq(seq + 1), undefined);
});

test('an id that is taken is refused, and the record that has it stays', async (t) => {
  const catalog = openTables(t);
  catalog.transactions.write(() => catalog.uploads.insert(draftRecord()));
  const again = (async () =>
    catalog.transactions.write(() => {
      catalog.uploads.insert(draftRecord({ id: 'b' }));
      catalog.uploads.insert(draftRecord({ length: 99 }));
    }))();
  assert.equal((await faultOf(again)).code, 'CONFLICT');
  assert.equal(catalog.uploads.get('a')?.length, 10);
  assert.equal(catalog.uploads.get('b'), undefined);
});

test('an upload finishes once', (t) => {
  const { uploads } = openTables(t);
  const seq = uploads.insert(draftRecord({ refusal: 'not yet' }));
  assert.equal(uploads.finish(seq, { finishedAt: 5, offset: 10 }), true);
  assert.equal(uploads.finish(seq, { finishedAt: 6, offset: 11 }), false);
  const { state, finishedAt, offset, refusal } = uploads.get('a')!;
  assert.deepEqual([state, finishedAt, offset, refusal], ['finished', 5, 10, null]);
});

test('what was removed does not finish', (t) => {
  const { uploads } = openTables(t);
  for (const state of ['removing', 'removed'] as const) {
    const seq = uploads.insert(draftRecord({ id: state, state }));
    assert.equal(uploads.finish(seq, { finishedAt: 5 }), false);
    assert.equal(uploads.get(state)?.state, state);
    assert.equal(uploads.get(state)?.offset, 0);
  }
});

test('progress that comes late does not move an offset back', (t) => {
  const { uploads } = openTables(t);
  const seq = uploads.insert(draftRecord({ offset: 5 }));
  assert.equal(uploads.advance(seq, { offset: 4 }), false);
  assert.equal(uploads.get('a')?.offset, 5);
  assert.equal(uploads.advance(seq, { offset: 6 }), true);
  assert.equal(uploads.get('a')?.offset, 6);
});

test('a change of a record that is gone changes nothing', (t) => {
  const { uploads } = openTables(t);
  assert.equal(uploads.update(1, { offset: 5 }), false);
});

test('a final upload is found by its parts for as long as it is not joined', (t) => {
  const { uploads } = openTables(t);
  uploads.insert(draftRecord({ id: 'w', kind: 'final', parts: ['p', 'q', 'p'] }));
  uploads.insert(draftRecord({ id: 'j', kind: 'final', state: 'joining', parts: ['p'] }));
  for (const state of ['finished', 'removing', 'removed'] as const) {
    uploads.insert(draftRecord({ id: state, kind: 'final', state, parts: ['p'] }));
  }
  assert.deepEqual(uploads.finalsWaitingFor('p'), ['w', 'j']);
  assert.deepEqual(uploads.finalsWaitingFor('q'), ['w']);
  assert.deepEqual(uploads.finalsWaitingFor('w'), []);
});

test('forgetting a record takes its parts and its timeline along', (t) => {
  const catalog = openTables(t);
  const { uploads, timeline } = catalog;
  const seq = uploads.insert(draftRecord({ kind: 'final', parts: ['p'] }));
  timeline.add(seq, 1, { event: 'created', origin: CALLER.origin });
  uploads.forget([seq]);
  assert.equal(uploads.get('a'), undefined);
  assert.deepEqual(timeline.of(seq), []);
  assert.deepEqual(catalog.queries.finalsOf('p'), []);
});
