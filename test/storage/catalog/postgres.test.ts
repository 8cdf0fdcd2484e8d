import { type TestContext, test } from 'node:test';
import { openPostgresCatalog } from '../../../src/storage/catalog/postgres/postgres-catalog.ts';
import { VOID_AFTER } from '../../../src/storage/catalog/postgres/tables/lease-sql.ts';
import type { OwnerRole } from '../../../src/storage/catalog/processes.ts';
import { emptyCatalog, sharedPostgres } from '../../support/services/postgres.ts';
import { letTimePass } from '../../support/services/postgres-catalogs.ts';
import type { OpenSubject } from './contract/subject.ts';
import { catalogContract } from './contract.ts';
import { outboxContract } from './outbox-contract.ts';

const postgres = sharedPostgres();

/** Where a test has ended. To make all tables anew takes longer than most tests. */
const left: string[] = [];

const open: OpenSubject = async (t: TestContext) => {
  const emptied = left.pop();
  if (emptied !== undefined) await emptyCatalog(emptied);
  const url = emptied ?? (await postgres.fresh());
  // The catalogs are closed before another test begins.
  t.after(() => void left.push(url));
  const another = async (role: OwnerRole) => {
    const catalog = await openPostgresCatalog({ url, role, warn: () => {} });
    t.after(() => catalog.close());
    return catalog;
  };
  const elapse = (milliseconds: number) => letTimePass(url, milliseconds);
  return { catalog: await another('daemon'), another, time: { elapse, voidAfter: VOID_AFTER } };
};

const { skip } = postgres.needed;
if (skip === undefined) {
  catalogContract('PostgreSQL', open);
  outboxContract('PostgreSQL', open);
} else test('PostgreSQL keeps the contract of a catalog', { skip }, () => {});
