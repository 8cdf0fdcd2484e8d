import { isGone, isUnfinished } from '../../model/upload.ts';
import type { Joining, JoinStart } from '../catalog.ts';
import type { Work } from './work.ts';

/** See Catalog. */
export function createJoining(work: Work): Joining {
  const { tables, transactions } = work;
  const { uploads } = tables;
  return {
    beginJoin: async (id, at) => transactions.write(() => beginJoin(work, id, at)),

    finalsWaitingFor: async (part) => transactions.read(() => uploads.finalsWaitingFor(part)),

    touch: async (id, at) =>
      transactions.write(() => {
        const record = uploads.get(id);
        if (record && isUnfinished(record)) uploads.update(record.seq, { activeAt: at });
      }),
  };
}

function beginJoin({ tables, leases }: Work, id: string, at: number): JoinStart {
  const { uploads, timeline } = tables;
  const record = uploads.get(id);
  if (record?.kind !== 'final' || !isUnfinished(record) || record.refusal !== null) {
    return { outcome: 'over' };
  }
  const parts = record.parts.map((part) => uploads.get(part));
  // Checked first: with a part missing, waiting for the others is useless.
  if (parts.some((part) => part?.kind !== 'partial' || isGone(part))) {
    return { outcome: 'part-missing' };
  }
  if (parts.some((part) => part?.state !== 'finished')) return { outcome: 'waiting' };
  const length = parts.reduce((sum, part) => sum + (part?.length ?? 0), 0);
  const lease = leases.take(record, at);
  if (!lease) return { outcome: 'leased' };
  uploads.update(record.seq, { state: 'joining', length, activeAt: at });
  if (record.state === 'receiving') {
    timeline.add(record.seq, at, { event: 'joining', parts: record.parts.length });
  }
  return { outcome: 'begun', record: { ...record, state: 'joining', length, activeAt: at }, lease };
}
