import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import { ROOT } from '../support/script.ts';

const place = pathToFileURL(join(ROOT, 'test/simulation/mutants.mjs')).href;
const { MUTANTS }: typeof import('./mutants.mjs') = await import(place);

test('what each mistake changes is in its file, once', () => {
  const wrong = MUTANTS.filter(({ file, find }) => {
    return readFileSync(join(ROOT, file), 'utf8').split(find).length !== 2;
  });
  assert.deepEqual(
    wrong.map(({ name }) => name),
    [],
  );
});

test('every mistake has a name of its own', () => {
  assert.equal(new Set(MUTANTS.map(({ name }) => name)).size, MUTANTS.length);
});
