import { Fault } from '../../fault.ts';
import type { StoredDelivery } from '../../storage/model/delivery.ts';
import type { CommandStore } from '../../storage/store.ts';

/** Finds a delivery by its number in `hooks list`. Throws USAGE or NOT_FOUND. */
export async function findDelivery(store: CommandStore, given: string): Promise<StoredDelivery> {
  if (!/^\d{1,15}$/.test(given)) {
    throw new Fault('USAGE', `${JSON.stringify(given)} is not the number of a delivery`, {
      hint: 'Numbers are in the first column of: tusd-ts hooks list --state all',
    });
  }
  const found = await store.outbox.get(Number(given));
  if (found) return found;
  throw new Fault('NOT_FOUND', `there is no delivery ${given}`, {
    hint: 'What there is: tusd-ts hooks list --state all',
  });
}
