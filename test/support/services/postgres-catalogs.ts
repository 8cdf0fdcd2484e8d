import type { TestContext } from 'node:test';
import type { Catalog } from '../../../src/storage/catalog/catalog.ts';
import { openPostgresCatalog } from '../../../src/storage/catalog/postgres/postgres-catalog.ts';
import type { OwnerRole } from '../../../src/storage/catalog/processes.ts';
import { NOW, REPORT } from '../../storage/catalog/contract/subject.ts';
import { runSql } from './postgres.ts';

export interface Opening {
  readonly role?: OwnerRole;
  /** 2: one connection for statements. */
  readonly poolSize?: number;
  readonly waitFor?: number;
}

/** Opens a catalog that is alive and is closed when the test ends. */
export async function livingCatalog(
  t: TestContext,
  url: string,
  { role = 'daemon', ...options }: Opening = {},
): Promise<Catalog> {
  const catalog = await openPostgresCatalog({ url, role, ...options, warn: () => {} });
  t.after(() => catalog.close());
  await catalog.heartbeat(NOW, REPORT);
  return catalog;
}

/** Makes the last heartbeats older, which the clock of the database has timed. */
export async function letTimePass(url: string, milliseconds: number): Promise<void> {
  await runSql(
    url,
    `UPDATE tusd_processes SET beat = beat - interval '${milliseconds} milliseconds'`,
  );
}
