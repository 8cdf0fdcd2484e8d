/**
 * `npm run docs`: writes the files generated from the keys: upload-daemon.config.schema.json, the
 * example file, docs/configuration.md and the README's table. With --check it writes nothing and
 * exits with 1 if one of them is stale.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { commonKeys, exampleText, keysReference, schemaText, withPart } from './docs.ts';
import { KEYS } from './keys/keys.ts';

const root = new URL('../..', import.meta.url);
const check = process.argv.includes('--check');

refresh('upload-daemon.config.schema.json', schemaText(KEYS));
refresh('upload-daemon.config.example.json', exampleText(KEYS));
refreshPart('docs/configuration.md', 'keys', keysReference(KEYS));
refreshPart('README.md', 'config-table', commonKeys(KEYS));

function refresh(name: string, wanted: string): void {
  if (wanted === read(name)) return;
  if (check) fail(`${name} is stale. Run: npm run docs`);
  else {
    writeFileSync(pathOf(name), wanted);
    process.stdout.write(`wrote ${name}\n`);
  }
}

function refreshPart(name: string, mark: string, part: string): void {
  const wanted = withPart(read(name), mark, part);
  // The README may omit this part.
  if (wanted === null && name === 'README.md') return;
  if (wanted === null) fail(`${name} lacks its marks: <!-- ${mark} --> and <!-- /${mark} -->`);
  else refresh(name, wanted);
}

function fail(sentence: string): void {
  process.stderr.write(`${sentence}\n`);
  process.exitCode = 1;
}

function pathOf(name: string): string {
  return fileURLToPath(new URL(name, root));
}

function read(name: string): string {
  return readFileSync(pathOf(name), 'utf8');
}
