import { type TestContext, test } from 'node:test';
import { openPostgresCatalog } from '../../../src/storage/catalog/postgres/postgres-catalog.ts';
import { VOID_AFTER } from '../../../src/storage/catalog/postgres/tables/lease-sql.ts';
import type { OwnerRole } from '../../../src/storage/catalog/processes.ts';
import {
  freshSchema,
  needingPostgres,
  type PostgresServer,
  runSql,
  sharedPostgres,
} from '../../support/services/postgres.ts';
import type { OpenSubject } from './contract/subject.ts';
import { catalogContract } from './contract.ts';
import { outboxContract } from './outbox-contract.ts';

const openOn =
  (server: PostgresServer): OpenSubject =>
  async (t: TestContext) => {
    const url = await freshSchema(server);
    const another = async (role: OwnerRole) => {
      const catalog = await openPostgresCatalog({ url, role, warn: () => {} });
      t.after(() => catalog.close());
      return catalog;
    };
    const elapse = async (milliseconds: number) => {
      await runSql(
        url,
        `UPDATE tusd_processes SET beat = beat - interval '${milliseconds} milliseconds'`,
      );
    };
    return { catalog: await another('daemon'), another, time: { elapse, voidAfter: VOID_AFTER } };
  };

const { skip } = needingPostgres();
if (skip === undefined) {
  const open = openOn(sharedPostgres());
  catalogContract('PostgreSQL', open);
  outboxContract('PostgreSQL', open);
} else test('PostgreSQL keeps the contract of a catalog', { skip }, () => {});
