import assert from 'node:assert/strict';
import { test } from 'node:test';
import { freeName } from '../../../src/deliver/mover/free-name.ts';

const REPLACE = { onConflict: 'replace', sidecar: 'json' } as const;

test('a file that replaces another gets its name, as it is written there', () => {
  assert.equal(freeName('a.txt', [], REPLACE), 'a.txt');
  assert.equal(freeName('a.txt', ['A.TXT', 'A.TXT.json'], REPLACE), 'A.TXT');
  // The description of a file that somebody has taken away.
  assert.equal(freeName('a.txt', ['a.txt.json'], REPLACE), 'a.txt');
});

test('no client forges the description of another file by a name', () => {
  assert.equal(freeName('a.txt.json', ['a.txt', 'a.txt.json'], REPLACE), 'a.txt (2).json');
  assert.equal(freeName('A.TXT.JSON', ['a.txt', 'a.txt.json'], REPLACE), 'A.TXT (2).JSON');
  // A file of that name, and not a description: it has one of its own.
  const file = ['a.txt.json', 'a.txt.json.json'];
  assert.equal(freeName('a.txt.json', file, REPLACE), 'a.txt.json');
  assert.equal(
    freeName('a.txt', file, REPLACE),
    'a (2).txt',
    'which its description would replace',
  );
});

test('without descriptions a file may be called like one', () => {
  const rule = { onConflict: 'replace', sidecar: 'none' } as const;
  assert.equal(freeName('a.txt.json', ['a.txt', 'a.txt.json'], rule), 'a.txt.json');
});
