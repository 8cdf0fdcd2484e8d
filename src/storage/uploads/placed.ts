import { Fault } from '../../fault.ts';
import type { MovedTo } from '../model/moved-to.ts';
import type { Placement } from '../model/placement.ts';
import { nobody, type StoredUpload } from '../model/upload.ts';
import type { StoreContext } from './context.ts';

/** A file that was put at its place and synced there. */
export interface PlacedFile {
  readonly path: string;
  /** Set when the store is to give its bytes away. */
  readonly movedTo: MovedTo | null;
}

/**
 * Records that a file was placed, with its timeline entry and deliveries, makes that durable, and then
 * reports it. false: the upload was removed, or the placement is no longer pending.
 */
export async function settlePlaced(
  context: StoreContext,
  record: StoredUpload,
  { seq, rule }: Placement,
  { path, movedTo }: PlacedFile,
): Promise<boolean> {
  const { catalog, plan, durability, emit, now } = context;
  const event = { type: 'delivered', record, caller: nobody(record), rule, path } as const;
  const outcome = { state: 'placed', path, movedTo, deliveries: plan(event) } as const;
  if (!(await catalog.placements.settle(seq, outcome, now()))) return false;
  await durability.recorded('finish');
  emit(event);
  return true;
}

/** Removes the bytes of an upload from the store, which its record says are elsewhere. */
export async function giveAway({ catalog, bytes }: StoreContext, id: string): Promise<void> {
  const record = await catalog.get(id);
  if (!record?.movedTo) throw new Fault('CONFLICT', 'the bytes of this upload were not moved');
  await bytes.remove(record);
}

/** The path of an upload's bytes, wherever they are now. */
export function pathOf({ bytes }: Pick<StoreContext, 'bytes'>, record: PathRecord): string {
  return record.movedTo?.path ?? bytes.locate(record);
}

type PathRecord = Pick<StoredUpload, 'id' | 'movedTo' | 'layout'>;
