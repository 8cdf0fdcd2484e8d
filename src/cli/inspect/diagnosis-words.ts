import type { Interruption, TimelineEntry } from '../../storage/model/timeline.ts';
import type { UploadRecord } from '../../storage/model/upload.ts';
import { formatPercent } from '../../terminal/progress-bar.ts';
import { formatSize } from '../../terminal/size.ts';

/** The timeline entry that records how the last transfer ended. */
export type Interrupted = Extract<TimelineEntry, { event: 'received' }>;

/** An upload's progress: "43 %", or "843 MiB" while the length is unknown. */
export function place({
  record,
  offset,
}: {
  readonly record: UploadRecord;
  readonly offset: number | null;
}): string {
  const received = offset ?? record.offset;
  const { length } = record;
  return length === null ? formatSize(received) : formatPercent({ received, length });
}

/** Why a transfer ended before the upload was complete, as a clause that follows "Stalled: …, ". */
export function interruptedBy(
  { interrupted, origin: { address } }: Interrupted,
  at: string,
): string {
  const clauses: Record<Interruption, string> = {
    reset: `after the connection from ${address} was reset at ${at}`,
    idle: `after the request from ${address} was ended at ${at}, since it had been silent for too long`,
    superseded: `after another request took over at ${at} from the silent one of ${address}`,
    draining: `after the daemon stopped while ${address} was sending, at ${at}`,
    'no-space': `after the disk was full at ${at}`,
    limited: `after ${address} had sent as much as it may, at ${at}`,
    'disk-error': `after the disk failed at ${at}`,
    stopped: `after a hook stopped it at ${at}`,
  };
  if (interrupted !== null) return clauses[interrupted];
  return `after ${address} ended a request at ${at} and has not sent the rest`;
}

/** Why an upload was removed, as a clause. */
export function removedBecause({ removedWhy }: UploadRecord): string {
  switch (removedWhy) {
    case 'expired':
      return 'its time was up';
    case 'terminated':
      return 'its client deleted it';
    case 'cleanup':
      return 'a cleanup was asked to remove it';
    case 'operator':
      return 'it was removed by `tusd-ts remove`';
    case 'downloaded':
      return 'it was downloaded as often as its client allowed';
    case 'stopped':
      return 'a hook ended it';
    case 'rejected':
      return 'the request that made it failed';
    case 'file-missing':
      return 'its data file was gone';
    case null:
      return 'nobody wrote down why';
  }
}

/** How a transfer ended, appended to its bytes: ", then the connection was reset". */
export function endOf(interrupted: Interruption | null): string {
  const clauses: Record<Interruption, string> = {
    reset: 'the connection was reset',
    idle: 'the client was silent for too long',
    superseded: 'another request took over',
    draining: 'the daemon stopped',
    'no-space': 'the disk was full',
    limited: 'a limit was met',
    'disk-error': 'the disk failed',
    stopped: 'a hook stopped it',
  };
  return interrupted === null ? '' : `, then ${clauses[interrupted]}`;
}
