import assert from 'node:assert/strict';
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { bundle } from '../../scripts/bundle.mjs';
import type { Step } from '../../src/storage/catalog/postgres/database/migrate.ts';
import { ROOT } from './script.ts';
import { temporaryFolder } from './temporary.ts';

/** Where the program hands its schema over. */
const SCHEMA = /(migrate\w*\(database, )(STEPS\w*)(,)/g;

/**
 * The program as a later version has it, whose schema in PostgreSQL has more steps. Returns node's
 * arguments.
 */
export async function newerProgram(
  t: Pick<TestContext, 'after'>,
  { version, steps }: { readonly version: string; readonly steps: readonly Step[] },
): Promise<readonly string[]> {
  const folder = temporaryFolder(t);
  const out = join(folder, 'dist', 'bin');
  await bundle(ROOT, out);
  const about = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'));
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ ...about, version }));
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  let places = 0;
  for (const name of readdirSync(out).filter((name) => name.endsWith('.js'))) {
    const file = join(out, name);
    const text = readFileSync(file, 'utf8');
    const changed = text.replace(SCHEMA, (_, before, known, after) => {
      places += 1;
      return `${before}[...${known}, ...${JSON.stringify(steps)}]${after}`;
    });
    if (changed !== text) writeFileSync(file, changed);
  }
  assert.equal(places, 1, 'the schema is handed over elsewhere');
  return [join(out, 'tusd-ts.js')];
}
