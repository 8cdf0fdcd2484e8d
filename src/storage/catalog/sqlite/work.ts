import type { Transactions } from './file/transactions.ts';
import type { OwnLeases } from './own-leases.ts';
import type { Tables } from './tables/tables.ts';

/** Dependencies of the units of work of one open catalog. */
export interface Work {
  readonly tables: Tables;
  readonly transactions: Transactions;
  readonly leases: OwnLeases;
}
