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

/** Parts whose bytes somebody has removed are never joined. */
async function hasAllParts(context: CompleteContext, { parts }: UploadRecord): Promise<boolean> {
  for (const id of parts) {
    const part = await context.catalog.get(id);
    if (part?.state !== 'finished' || (await sizeOf(context, part)) === null) return false;
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
