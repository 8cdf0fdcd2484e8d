import assert from 'node:assert/strict';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ROOT } from './support/script.ts';

const place = pathToFileURL(join(ROOT, 'test/original-places.mjs')).href;
const { originalPlaces }: typeof import('./original-places.mjs') = await import(place);

const file = fileURLToPath(import.meta.url);
const folder = dirname(dirname(file));
const skip = file.endsWith('.ts') && 'the tests do not run compiled';

test('a failure is shown with the places of the sources, its cause as well', { skip }, async () => {
  const cause = new Error('inner');
  const error = new Error('outer', { cause });
  const at = /original-places\.test\.js:(\d+):(\d+)/.exec(error.stack ?? '') ?? [];
  const events = [
    { type: 'test:fail', data: { file, line: Number(at[1]), column: 1, details: { error } } },
    { type: 'test:pass', data: { file, line: 1, column: 1 } },
  ];
  const all = (async function* () {
    yield* events;
  })();
  const seen: { type: string; data: { file: string } }[] = [];
  for await (const event of originalPlaces(folder, ROOT)(all)) seen.push(event);
  const source = join(ROOT, 'test/original-places.test.ts');
  assert.equal(seen[0]?.data.file, source);
  // In this file, the lines on which they were made.
  assert.ok(error.stack?.includes(`${source}:16:`), error.stack);
  assert.ok(cause.stack?.includes(`${source}:15:`), cause.stack);
  assert.deepEqual(seen[1], events[1]);
});
