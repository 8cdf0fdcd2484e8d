import { Fault } from '../../fault.ts';
import { isUnfinished, type UploadRecord } from '../model/upload.ts';
import type { StoreContext } from './context.ts';

type CompleteContext = Pick<StoreContext, 'bytes' | 'catalog' | 'endsAtLength'>;

/**
 * Whether all bytes of an unfinished upload are here, or all parts of a final one, so that a daemon
 * finishes it without its client. Not when a hook has refused to let it finish.
 */
export async function isComplete(context: CompleteContext, record: UploadRecord): Promise<boolean> {
  const { length, refusal, uncommittedFrom } = record;
  if (!isUnfinished(record) || refusal !== null) return false;
  if (record.kind === 'final') return hasAllParts(context, record);
  if (length === null || !context.endsAtLength(record)) return false;
  if (uncommittedFrom !== null && uncommittedFrom < length) return false;
  // A crash may have come between the last byte and its record.
  return (await sizeOf(context, record)) === length;
}

async function hasAllParts({ catalog }: CompleteContext, { parts }: UploadRecord) {
  for (const id of parts) {
    if ((await catalog.get(id))?.state !== 'finished') return false;
  }
  return true;
}

/** null also while the store is unavailable. */
async function sizeOf({ bytes }: CompleteContext, record: UploadRecord): Promise<number | null> {
  try {
    return await bytes.size(record);
  } catch (error) {
    if (error instanceof Fault && error.code === 'UNAVAILABLE') return null;
    throw error;
  }
}
