/**
 * `npm run docs`: writes what is made from the schema, upload-daemon.config.schema.json and the
 * README's table. With --check it writes nothing and exits 1 if something is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { errnoOf } from '../fault.ts';
import { schemaText, withConfigTable } from './docs.ts';

const root = new URL('../..', import.meta.url);
const check = process.argv.includes('--check');

refresh('upload-daemon.config.schema.json', () => schemaText());
refresh('README.md', (readme) => (readme === null ? null : withConfigTable(readme)));

function refresh(name: string, render: (current: string | null) => string | null): void {
  const path = fileURLToPath(new URL(name, root));
  const current = readOrNull(path);
  const wanted = render(current);
  if (wanted === null || wanted === current) return;
  if (check) {
    process.stderr.write(`${name} is stale. Run: npm run docs\n`);
    process.exitCode = 1;
    return;
  }
  writeFileSync(path, wanted);
  process.stdout.write(`wrote ${name}\n`);
}

function readOrNull(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return null;
    throw error;
  }
}
