import type { OwnLeases } from './own-leases.ts';
import type { Tables } from './tables.ts';
import type { Transactions } from './transactions.ts';

/** What the units of work of one open catalog work with. */
export interface Work {
  readonly tables: Tables;
  readonly transactions: Transactions;
  readonly leases: OwnLeases;
}
