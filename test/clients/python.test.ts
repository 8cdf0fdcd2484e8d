import assert from 'node:assert/strict';
import { execFile, spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { startDaemon } from '../support/command.ts';
import { makeFile, sha256OfFile } from '../support/files.ts';
import { temporaryFolder } from '../support/temporary.ts';
import { needing } from '../support/tools.ts';

const MIB = 1024 * 1024;
const run = promisify(execFile);

/** Debian's Python sees Debian's packages; another one, earlier in PATH, may not. */
const PYTHON =
  ['/usr/bin/python3', 'python3'].find(
    (python) => spawnSync(python, ['-c', 'import requests'], { stdio: 'ignore' }).status === 0,
  ) ?? null;

function needingRequests(): { skip?: string } {
  if (PYTHON !== null || process.env.TUSD_TS_REQUIRE_ALL) return {};
  return { skip: 'python3-requests is not installed' };
}

async function uploadWith(
  t: TestContext,
  python: string,
  program: string,
  hows: readonly string[],
): Promise<void> {
  const folder = temporaryFolder(t);
  const daemon = await startDaemon(t, ['--upload-dir', folder, '--max-size', '1GiB']);
  const file = await makeFile(temporaryFolder(t), 'file.bin', 4 * MIB + 5);
  const path = fileURLToPath(new URL(`./python/${program}`, import.meta.url));
  for (const how of hows) {
    await t.test(how, async () => {
      const { stdout } = await run(python, [path, daemon.url, file.path, how], { timeout: 60_000 });
      const stored = join(folder, 'tus', stdout.trim().split('/').at(-1) ?? '');
      assert.equal(await sha256OfFile(stored), file.sha256);
    });
  }
}

test('python3-requests uploads as tus-py-client does', needingRequests(), (t) =>
  uploadWith(t, PYTHON ?? 'python3', 'requests-client.py', [
    ...['whole', 'chunks', 'checksum', 'metadata', 'stream', 'resume'],
  ]),
);

test("Python's http.client uploads, and gets the reason for a refusal", needing('python3'), (t) =>
  uploadWith(t, 'python3', 'plain-client.py', ['kept', 'closed', 'http1.0', 'refused']),
);
