import type { Adoption } from '../../storage/import-store.ts';
import type { TimelineEntry } from '../../storage/model/timeline.ts';
import { isGone, type Origin } from '../../storage/model/upload.ts';
import type { Candidate } from './candidate.ts';

/** The client of an imported upload is not known. */
const ORIGIN: Origin = { protocol: 'tus 1.0.0', address: 'import', agent: null };

export interface Recorded {
  readonly record: Adoption['record'];
  readonly timeline: readonly TimelineEntry[];
  readonly expected: number | null;
}

/**
 * The record of an upload that is imported at `now`. Periods of retention begin with the import, since
 * the other server may have kept it for ever; an upload of this program keeps its times.
 */
export function recordOf(
  candidate: Candidate & { readonly id: string },
  now: number,
  basePath: string,
) {
  const imported = { at: now, event: 'imported', from: candidate.from } as const;
  return candidate.own ? ownRecord(candidate, imported) : newRecord(candidate, imported, basePath);
}

function ownRecord({ own, received }: Candidate, imported: TimelineEntry): Recorded {
  const { crc32, name: _, ...record } = own!.record;
  const gone = isGone(record);
  const state = gone ? 'removed' : record.state === 'finished' ? 'finished' : 'receiving';
  const whole = gone || received === record.offset;
  return {
    record: { ...record, state, offset: gone ? record.offset : received, uncommittedFrom: null },
    timeline: [...own!.timeline, imported],
    expected: whole ? crc32 : null,
  };
}

function newRecord(
  candidate: Candidate & { readonly id: string },
  imported: TimelineEntry,
  basePath: string,
): Recorded {
  const { id, kind, length, metadata, parts, received, createdAt } = candidate;
  const { at } = imported;
  const finished = isFinished(candidate);
  return {
    record: {
      ...{ id, kind, length, metadata, parts },
      state: finished ? 'finished' : 'receiving',
      offset: received,
      uncommittedFrom: null,
      protocolData: concatOf(candidate, basePath),
      createdAt: Math.min(Math.round(createdAt ?? at), at),
      activeAt: at,
      finishedAt: finished ? at : null,
      owner: null,
      ...{ wantedPath: null, movedTo: null, layout: null, expiresAt: null, downloadsLeft: null },
      ...{ removedAt: null, removedWhy: null, refusal: null, origin: ORIGIN },
    },
    timeline: [imported],
    expected: null,
  };
}

/** true when all bytes are there: a final upload without a file is not joined yet. */
export function isFinished({ own, kind, file, received, length }: Candidate): boolean {
  if (own) return own.record.state === 'finished';
  return received === length && (kind !== 'final' || file !== null);
}

/** Upload-Concat as the client sent it; the URLs of parts are those that they have here. */
function concatOf({ kind, parts }: Candidate, basePath: string): string | null {
  if (kind === 'single') return null;
  return kind === 'partial' ? 'partial' : `final;${parts.map((id) => basePath + id).join(' ')}`;
}
