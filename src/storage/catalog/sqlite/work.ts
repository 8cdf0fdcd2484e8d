import type { OwnLeases } from './own-leases.ts';
import type { Tables } from './tables.ts';
import type { Transactions } from './transactions.ts';

/** Dependencies of the units of work of one open catalog. */
export interface Work {
  readonly tables: Tables;
  readonly transactions: Transactions;
  readonly leases: OwnLeases;
}
