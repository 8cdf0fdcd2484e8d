import assert from 'node:assert/strict';
import { test } from 'node:test';
import { readExpires, readMetadata } from '../../src/cli/put/put-metadata.ts';

const NOW = Date.UTC(2026, 10, 23, 13);

test('a duration becomes seconds, a time ISO 8601', () => {
  assert.deepEqual(readExpires('7d', NOW), { expires: '604800' });
  assert.deepEqual(readExpires('1500ms', NOW), { expires: '2' });
  assert.deepEqual(readExpires('2026-12-24T18:00:00+01:00', NOW), {
    expires: '2026-12-24T17:00:00.000Z',
  });
  assert.deepEqual(readExpires(undefined, NOW), {});
  for (const wrong of ['7', 'soon', '2026-11-23T12:59:59Z', '2026-99-99', '0s']) {
    assert.throws(() => readExpires(wrong, NOW), { code: 'USAGE' }, wrong);
  }
});

test('metadata are pairs; a value may hold anything, a key may not', () => {
  assert.deepEqual(readMetadata(['a=b=c', 'empty=', 'bare', 'a=last']), {
    a: 'last',
    empty: '',
    bare: '',
  });
  for (const wrong of ['=x', 'a b=c', 'a,b=c', 'ä=c', '', '__proto__=x']) {
    assert.throws(() => readMetadata([wrong]), { code: 'USAGE' }, wrong);
  }
});
