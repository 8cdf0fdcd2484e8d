import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { temporaryFolder } from '../support/temporary.ts';
import { until } from '../support/until.ts';
import { serveWithHooks } from './support/hooked-store.ts';
import { shellHook } from './support/hooks-of.ts';

const UPLOADS = 60;

test('a crowd of uploads is not a crowd of programs', async (t) => {
  const folder = temporaryFolder(t);
  const counted = (name: string) => {
    const file = join(folder, name);
    const script = `echo + >> ${file}; sleep 0.02; echo - >> ${file}`;
    const marks = () => readFileSync(file, 'utf8').trim().split('\n');
    return { hook: shellHook(script, { name, timeoutMs: 120_000 }), marks };
  };
  const asked = counted('asked');
  const told = counted('told');
  const served = await serveWithHooks(
    t,
    [
      { ...asked.hook, events: ['pre-create', 'pre-finish'] },
      { ...told.hook, events: ['post-create', 'post-finish'] },
    ],
    { concurrency: 4 },
  );
  await Promise.all(Array.from({ length: UPLOADS }, () => served.finish()));
  await until('every event has been delivered', () => told.marks().length === UPLOADS * 4, 60_000);
  assert.equal(asked.marks().length, UPLOADS * 4, 'every upload was asked about twice');
  assert.ok(
    most(asked.marks()) <= 4,
    `${most(asked.marks())} programs for waiting clients at once`,
  );
  assert.ok(most(told.marks()) <= 4, `${most(told.marks())} programs for deliveries at once`);
});

/** The most that ran at once. */
function most(marks: readonly string[]): number {
  let running = 0;
  return Math.max(...marks.map((mark) => (running += mark === '+' ? 1 : -1)));
}
