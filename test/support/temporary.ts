import { mkdtempSync, realpathSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TestContext } from 'node:test';

/** A folder of a test's own, gone when the test ends. */
export function temporaryFolder(
  test: Pick<TestContext, 'after'>,
  parent = realpathSync(tmpdir()),
): string {
  const folder = mkdtempSync(join(parent, 'tusd-ts-test-'));
  test.after(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
  return folder;
}
