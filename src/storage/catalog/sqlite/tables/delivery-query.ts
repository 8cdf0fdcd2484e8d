import type { DeliveryQuery, DeliveryStatus } from '../../../model/delivery.ts';

const CONDITIONS: Readonly<Record<DeliveryStatus, string>> = {
  pending: `(state = 'pending' AND attempts = 0)`,
  failing: `(state = 'pending' AND attempts > 0)`,
  dead: `state = 'dead'`,
  delivered: `state = 'delivered'`,
};

/** The FROM and WHERE of a query, and its parameters. */
export function selection({ statuses, hook, upload }: DeliveryQuery) {
  const where = ['1'];
  if (statuses) where.push(`(${statuses.map((one) => CONDITIONS[one]).join(' OR ') || '0'})`);
  if (hook !== undefined) where.push('hook = @hook');
  if (upload !== undefined) where.push('upload = @upload');
  let index = '';
  if (statuses?.length && !statuses.includes('delivered')) {
    where.push(`state <> 'delivered'`);
    // In the order of row numbers SQLite would read the whole table, and most rows were delivered long
    // ago.
    if (upload === undefined) index = 'INDEXED BY deliveries_open ';
  }
  const parameters = {
    ...(hook === undefined ? {} : { hook }),
    ...(upload === undefined ? {} : { upload }),
  };
  return { source: `FROM deliveries ${index}WHERE ${where.join(' AND ')}`, parameters };
}
