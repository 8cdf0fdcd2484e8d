import { Fault } from '../fault.ts';
import type { StoredDelivery } from '../storage/catalog/sqlite/outbox-table.ts';
import type { UploadStore } from '../storage/store.ts';

/** The delivery of a number as `hooks list` shows it. Throws USAGE or NOT_FOUND. */
export function findDelivery(store: UploadStore, given: string): StoredDelivery {
  if (!/^\d{1,15}$/.test(given)) {
    throw new Fault('USAGE', `${JSON.stringify(given)} is not the number of a delivery`, {
      hint: 'Numbers are in the first column of: tusd-ts hooks list --state all',
    });
  }
  const found = store.outbox.get(Number(given));
  if (found) return found;
  throw new Fault('NOT_FOUND', `there is no delivery ${given}`, {
    hint: 'What there is: tusd-ts hooks list --state all',
  });
}
