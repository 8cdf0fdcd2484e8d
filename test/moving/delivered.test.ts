import assert from 'node:assert/strict';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { deliver } from '../deliver/support/delivering.ts';
import { runCli } from '../support/cli-host.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { importJson } from './support/importing.ts';

test('what a rule has moved away is known to a backup, and taken from nobody by an import', async (t) => {
  const delivering = await deliver(t, (inbox) => [{ to: `${inbox}/{name}`, how: 'move' }]);
  const { folder, store, send, settled, inbox } = delivering;
  const id = await send('film.mov');
  await settled();
  assert.equal(existsSync(store.locate(id)), false);
  const backup = join(temporaryFolder(t), 'backup');
  const made = await runCli(['backup', '--verify', '--upload-dir', folder, backup], { cwd: '/' });
  assert.equal(made.code, 0, made.stdout + made.stderr);
  assert.match(made.stdout, /^1 upload: 1 kept\. 1 verified\.\n$/);

  const exported = await runCli(['export', '--upload-dir', folder], { cwd: '/' });
  const file = join(temporaryFolder(t), 'export.jsonl');
  writeFileSync(file, exported.stdout);
  await store.close();
  for (const source of [folder, file]) {
    const into = temporaryFolder(t);
    const { code, uploads } = await importJson(into, '--how', 'rename', source);
    assert.equal(code, 1);
    assert.match(
      uploads[0]?.why ?? '',
      new RegExp(`the bytes of ${id} were delivered to ${inbox}/film`),
    );
  }
  assert.equal(existsSync(join(inbox, 'film.mov')), true);
});
