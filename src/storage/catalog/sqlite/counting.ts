import type { Counting } from '../../model/counting.ts';
import type { Work } from './work.ts';

/** See Catalog. */
export function createCounting({ tables, transactions }: Work): Counting {
  const { counts } = tables;
  return {
    async count(batch) {
      const run = () => batch.map((count) => counts.add(count));
      const asks = batch.every(({ amount }) => amount === 0);
      return asks ? transactions.read(run) : transactions.write(run);
    },
    allCounts: async () => transactions.read(() => counts.all()),
    forgetCounts: async (what, before) => transactions.write(() => counts.forget(what, before)),
    holdings: async () => transactions.read(() => counts.holdings()),
  };
}
