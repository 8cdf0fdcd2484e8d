import type { MigrationSource, MigrationTarget } from '../../storage/migration.ts';

interface Sides {
  readonly source: MigrationSource;
  readonly target: MigrationTarget | null;
  /** The payload of a delivery, with the place that the bytes have now. */
  readonly relocated: (payload: string, place: string) => string;
}

/**
 * Copies the pending hook deliveries of an upload, in order, with the same event ids. Skips those that the
 * target has.
 */
export async function copyDeliveries(
  { source, target, relocated }: Sides,
  id: string,
): Promise<void> {
  const waiting = await source.outbox.list({
    upload: id,
    statuses: ['pending', 'failing'],
    limit: Number.MAX_SAFE_INTEGER,
  });
  if (waiting.length === 0 || !target) return;
  const there = await target.outbox.list({ upload: id, limit: Number.MAX_SAFE_INTEGER });
  const known = new Set(there.map(({ eventId, hook }) => `${eventId} ${hook}`));
  const record = await target.remember(id);
  for (const { seq, eventId, hook, event, createdAt } of waiting.toReversed()) {
    if (known.has(`${eventId} ${hook}`)) continue;
    const stored = await source.outbox.get(seq);
    if (!stored) continue;
    const payload = record ? relocated(stored.payload, target.pathOf(record)) : stored.payload;
    await target.outbox.add(id, [{ eventId, hook, event, payload }], createdAt);
  }
}
