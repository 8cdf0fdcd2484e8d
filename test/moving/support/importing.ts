import assert from 'node:assert/strict';
import type { TestContext } from 'node:test';
import { openStore, type UploadStore } from '../../../src/storage/store.ts';
import { runCli } from '../../support/cli-host.ts';

/** Runs `tusd-ts import ARGS` into an upload directory. */
export const importInto = (uploadDir: string, ...args: string[]) =>
  runCli(['import', '--upload-dir', uploadDir, '--min-free-space', '0', ...args], { cwd: '/' });

export interface ImportedJson {
  readonly uploads: readonly {
    readonly id: string | null;
    readonly from: string;
    readonly outcome: string;
    readonly why: string | null;
  }[];
  readonly summary: Readonly<Record<string, number>>;
}

/** The same with --json: what became of each, and the exit code. */
export async function importJson(uploadDir: string, ...args: string[]) {
  const { code, stdout, stderr } = await importInto(uploadDir, '--json', ...args);
  assert.notEqual(stdout, '', stderr);
  const { uploads, summary } = JSON.parse(stdout) as ImportedJson;
  const outcomes = Object.fromEntries(uploads.map(({ id, outcome }) => [id, outcome]));
  return { code, uploads, summary, outcomes };
}

/** Checks the bytes of everything that was imported, and serves it. */
export async function serveImported(t: TestContext, uploadDir: string): Promise<UploadStore> {
  const { code, stdout } = await runCli(['verify', '--upload-dir', uploadDir], { cwd: '/' });
  assert.equal(code, 0, stdout);
  const store = await openStore({ uploadDir, fsync: 'never' });
  t.after(() => store.close());
  return store;
}
