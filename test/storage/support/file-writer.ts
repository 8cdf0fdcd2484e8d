import { openSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { FileWriter, type WriterOptions } from '../../../src/storage/bytes/files/file-writer.ts';
import { WritePace } from '../../../src/storage/bytes/files/write-pace.ts';
import { SharedSync } from '../../../src/storage/disk/shared-sync.ts';
import { temporaryFolder } from '../../support/temporary.ts';

/** A writer of a new file, closed when the test ends. */
export function openWriter(t: Pick<TestContext, 'after'>, options: Partial<WriterOptions> = {}) {
  const path = join(temporaryFolder(t), 'data');
  const fd = openSync(path, 'w+');
  const unsynced = new Set<string>();
  const warnings: string[] = [];
  const writer = new FileWriter('a', fd, {
    folder: new SharedSync(async () => {}),
    pace: new WritePace(),
    unsynced,
    syncsAhead: () => true,
    openPart: () => Promise.reject(new Error('there are no parts')),
    warn: (message) => warnings.push(message),
    ...options,
  });
  t.after(() => writer.close());
  return { path, fd, writer, unsynced, warnings };
}
