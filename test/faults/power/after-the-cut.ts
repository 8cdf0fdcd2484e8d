import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { openCommandStore, openStore as openDaemonStore } from '../../../src/storage/store.ts';
import { verifyUpload } from '../../../src/storage/verify.ts';

/** The last answer before the power was cut. */
export interface Promised {
  readonly what: string;
  readonly id: string;
  /** Bytes that were acknowledged. */
  readonly bytes: Buffer;
  readonly finished: boolean;
}

/**
 * Opens what a power cut has left, as a command does or as the daemon does after it, and looks for
 * what was promised.
 */
export async function assertKept(
  uploadDir: string,
  role: 'command' | 'daemon',
  promised: readonly Promised[],
): Promise<void> {
  if (role === 'daemon') forgetBoot(uploadDir);
  const open = role === 'daemon' ? openDaemonStore : openCommandStore;
  const store = await open({ uploadDir, fsync: 'never' });
  try {
    assert.equal(await store.checkIntegrity(), 'ok', 'the catalog is damaged');
    for (const { what, id, bytes, finished } of promised) {
      const record = await store.remember(id);
      assert.ok(record, `${what} was forgotten`);
      if (finished) assert.equal(record.state, 'finished', `${what} is not finished any more`);
      const kept = readFileSync(store.locate(id)).subarray(0, bytes.length);
      assert.ok(kept.equals(bytes), `${what} has other bytes, or less (${kept.length})`);
      const { verdict, why } = await verifyUpload(store, id, async () => {});
      assert.equal(verdict, 'ok', `${what}: ${why}`);
    }
  } finally {
    await store.close();
  }
}

/** After a power cut the machine has booted anew. */
function forgetBoot(uploadDir: string): void {
  const database = new Database(join(uploadDir, 'catalog.db'));
  try {
    database.prepare(`UPDATE meta SET value = 'another' WHERE key = 'boot'`).run();
  } finally {
    database.close();
  }
}
