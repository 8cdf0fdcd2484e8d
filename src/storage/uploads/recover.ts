import { messageOf } from '../../fault.ts';
import { isUnfinished, nobody, type StoredUpload } from '../model/upload.ts';
import type { StoreContext } from './context.ts';
import { finishUpload } from './finish.ts';
import { joinIfReady } from './join.ts';
import { completeRemoval } from './remove.ts';
import { WriteRight } from './write-right.ts';

/** How much of what a start finds complete is finished at a time. */
const AT_ONCE = 4;

/**
 * Finishes an upload whose bytes are all there but whose finish was not recorded (a crash between
 * the last byte and its record). Does nothing while it is being written or when a hook refused it.
 */
async function finishIfComplete(context: StoreContext, known: StoredUpload): Promise<void> {
  if (context.writers.isBusy(known.id)) return;
  if (known.state !== 'receiving' || known.refusal !== null) return;
  await WriteRight.use(context, known.id, { waitFor: 0 }, async (right) => {
    const open = await right.open();
    const { record, recording } = open;
    if (!recording || record.offset !== record.length || record.refusal !== null) return;
    const { offset, crc32 } = record;
    const ending = { change: { offset, crc32 }, timeline: [], at: context.now() };
    await finishUpload(context, { ...open, recording }, nobody(record), ending);
  });
}

/** Tries again what was complete and could not be finished: a full disk, a hook without an answer. */
export function finishLeftBehind(context: StoreContext): void {
  const { leftBehind, draining } = context;
  if (draining || leftBehind.size === 0) return;
  const ids = [...leftBehind];
  leftBehind.clear();
  context.background(finishAll(context, ids, () => true));
}

async function finishAll(
  context: StoreContext,
  ids: readonly string[],
  isComplete: (record: StoredUpload) => boolean,
): Promise<void> {
  const left = ids.values();
  const worker = async () => {
    for (const id of left) {
      if (context.draining) return;
      await alone(context, id, async (record) => {
        if (record.kind === 'final') await joinIfReady(context, id);
        else if (isComplete(record)) await finishIfComplete(context, record);
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/**
 * Before the port opens: every upload that was being written when the last daemon ended (its lease
 * is still there), and after a reboot every unfinished one, since then the kernel may have lost what
 * was never synced. A missing data file is a warning; what is wrong with one upload does not keep
 * clients from the others.
 */
export async function reconcileAtStart(context: StoreContext, rebooted: boolean): Promise<void> {
  const { catalog } = context;
  const interrupted = await catalog.inheritLeases(context.now());
  for (const record of await catalog.unfinishedRemovals()) {
    await alone(context, record.id, () => completeRemoval(context, record));
  }
  for (const lease of interrupted) {
    await alone(context, lease.id, (found) => reconcile(context, found));
    await alone(context, lease.id, () => catalog.release(lease));
  }
  if (rebooted) {
    for (const id of await catalog.unfinished()) {
      await alone(context, id, (record) => reconcile(context, record));
    }
  }
  // Not awaited: a hook that is asked before the finish may be slow, and the port should open.
  const full = await catalog.unfinishedButComplete();
  context.background(finishAll(context, full, context.endsAtLength));
}

async function alone(
  context: StoreContext,
  id: string,
  work: (record: StoredUpload) => Promise<unknown>,
): Promise<void> {
  try {
    const record = await context.catalog.get(id);
    if (record) await work(record);
  } catch (error) {
    context.warn(`upload ${id}: ${messageOf(error)}`);
  }
}

async function reconcile(context: StoreContext, record: StoredUpload): Promise<void> {
  if (!isUnfinished(record) || record.kind === 'final') return;
  const size = await context.bytes.size(record);
  if (size === null) {
    context.warn(`upload ${record.id}: its data file is missing; cleanup will remove the record`);
    return;
  }
  if (size === record.offset && record.uncommittedFrom === null) return;
  await WriteRight.use(context, record.id, { waitFor: 0 }, (right) => right.open());
}
