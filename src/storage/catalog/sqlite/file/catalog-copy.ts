import { copyFileSync, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Fault, fileFault } from '../../../../fault.ts';

/** How often a copy is restarted while another process writes the original. */
const ATTEMPTS = 5;

/**
 * Copies a catalog and its log into a private temporary directory and returns the copy's path. For
 * media on which SQLite cannot read a catalog in place: its log needs a shared-memory file beside the
 * catalog, which read-only media do not allow. Throws UNAVAILABLE while the original keeps changing.
 */
export function copyCatalog(file: string): { readonly file: string; remove(): void } {
  let folder: string | undefined;
  const remove = () => {
    if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
  };
  try {
    folder = mkdtempSync(join(tmpdir(), 'tusd-ts-'));
    const copy = join(folder, 'catalog.db');
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const before = stateOf(file);
      copyFileSync(file, copy);
      rmSync(`${copy}-wal`, { force: true });
      if (existing(`${file}-wal`)) copyFileSync(`${file}-wal`, `${copy}-wal`);
      if (stateOf(file) === before) return { file: copy, remove };
    }
  } catch (error) {
    remove();
    throw fileFault(error, `copying the catalog ${file} to read it`);
  }
  remove();
  throw new Fault('UNAVAILABLE', `the catalog ${file} is being written and cannot be copied`, {
    hint: 'Run this command as the user of the daemon, or give its group access: fileGroup.',
  });
}

/** A fingerprint that changes with every write. */
function stateOf(file: string): string {
  return [file, `${file}-wal`]
    .map((path) => {
      const stats = existing(path);
      return stats ? `${stats.ino} ${stats.size} ${stats.mtimeNs}` : '';
    })
    .join();
}

function existing(path: string) {
  return statSync(path, { bigint: true, throwIfNoEntry: false });
}
