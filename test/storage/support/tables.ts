import { join } from 'node:path';
import type { TestContext } from 'node:test';
import type Database from 'better-sqlite3';
import { openDatabase } from '../../../src/storage/catalog/sqlite/file/database.ts';
import { Reserve } from '../../../src/storage/catalog/sqlite/file/reserve.ts';
import { Transactions } from '../../../src/storage/catalog/sqlite/file/transactions.ts';
import { prepareTables, type Tables } from '../../../src/storage/catalog/sqlite/tables/tables.ts';
import { temporaryFolder } from '../../support/temporary.ts';

export interface OpenTables extends Tables {
  readonly database: Database.Database;
  readonly transactions: Transactions;
}

/** The tables of a catalog in a folder of its own (or `folder`), closed when the test ends. */
export function openTables(
  test: Pick<TestContext, 'after'>,
  folder = temporaryFolder(test),
): OpenTables {
  const file = join(folder, 'catalog.db');
  const database = openDatabase(file, { autoCheckpoint: true, mustExist: false });
  test.after(() => database.close());
  const transactions = new Transactions(database, file, new Reserve(folder));
  return { ...prepareTables(database), database, transactions };
}
