import type { SweepSummary } from '../retention/decision.ts';
import type { StorageEvent } from '../storage/model/events.ts';

/** An event for the log, with its numbers; periods are milliseconds. */
export type Happening =
  | {
      readonly type: 'finished';
      readonly id: string;
      /** The file name given by the client (untrusted), or null. */
      readonly name: string | null;
      /** Bytes. */
      readonly size: number;
      /** Address of the client that sent the last byte. */
      readonly client: string;
      /** The principal that the upload belongs to, or null. */
      readonly owner: string | null;
      /** Time since the upload was created. */
      readonly durationMs: number;
    }
  | {
      readonly type: 'removed';
      readonly id: string;
      readonly name: string | null;
      /** Bytes freed. */
      readonly bytes: number;
      /** The code of a SweepReason. */
      readonly reason: string;
    }
  | {
      readonly type: 'login-failed';
      /** The client's address. */
      readonly client: string;
      /** The name that was claimed (untrusted), or null. */
      readonly claimed: string | null;
      /** What was wrong. */
      readonly reason: string;
    }
  | {
      readonly type: 'delivered';
      readonly id: string;
      readonly name: string | null;
      readonly rule: string;
      readonly path: string;
    }
  | ({ readonly type: 'swept' } & Pick<SweepSummary, 'removed' | 'failed' | 'bytes' | 'orphans'>);

/** The log event for a finished or delivered upload; null for all other changes, and for parts. */
export function happeningOf(event: StorageEvent): Happening | null {
  if (event.type === 'delivered') {
    const { record, rule, path } = event;
    return { type: 'delivered', id: record.id, name: record.name, rule, path };
  }
  if (event.type !== 'finished' || event.record.kind === 'partial') return null;
  const { record, caller } = event;
  return {
    type: 'finished',
    id: record.id,
    name: record.name,
    size: record.offset,
    client: caller.origin.address,
    owner: record.owner,
    durationMs: Math.max(0, (record.finishedAt ?? record.activeAt) - record.createdAt),
  };
}
