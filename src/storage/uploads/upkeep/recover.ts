import { messageOf } from '../../../fault.ts';
import type { Lease } from '../../catalog/catalog.ts';
import { isUnfinished, nobody, type StoredUpload } from '../../model/upload.ts';
import type { StoreContext } from '../context.ts';
import { joinFinalsOf, joinIfReady } from '../making/join.ts';
import { finishUpload, leaveBehind } from '../receiving/finish.ts';
import { completeRemoval, removeCondemned } from '../removing/remove.ts';
import { isLeftOf } from '../removing/undo-creation.ts';
import { WriteRight } from '../writing/write-right.ts';

/** How many complete uploads a start finishes at a time. */
const AT_ONCE = 4;

/**
 * Finishes an upload whose bytes are all there but whose finish was not recorded (a crash between
 * the last byte and its record). Does nothing while it is being written or when a hook refused it.
 */
async function finishIfComplete(context: StoreContext, known: StoredUpload): Promise<void> {
  if (context.writers.isBusy(known.id)) return;
  if (known.state !== 'receiving' || known.refusal !== null) return;
  await WriteRight.use(context, known.id, { waitFor: 0 }, async (right) => {
    const open = await right.open({ expired: true });
    const { record, recording } = open;
    if (!recording || record.offset !== record.length || record.refusal !== null) return;
    // It must not expire while its finish fails, for example because a hook is down.
    await context.catalog.touch(record.id, context.now());
    const { offset, crc32 } = record;
    const ending = { change: { offset, crc32 }, timeline: [], at: context.now() };
    await finishUpload(context, { ...open, recording }, nobody(record), ending);
  });
}

/** Drops leases that could not be dropped when their requests ended. */
export async function releaseLeftBehind({ catalog, unreleased }: StoreContext): Promise<void> {
  for (const lease of unreleased) {
    await catalog.release(lease);
    unreleased.delete(lease);
  }
}

/** Removes uploads whose creation failed, unless their client has found one and sent bytes to it. */
export async function removeUnremoved(context: StoreContext): Promise<void> {
  const { catalog, unremoved } = context;
  for (const [id, createdAt] of unremoved) {
    await alone(context, id, async () => {
      const record = await catalog.get(id);
      const isLeft = isLeftOf(createdAt);
      if (record) await removeCondemned(context, id, 'rejected', nobody(record), isLeft);
      unremoved.delete(id);
    });
  }
}

/** Retries complete uploads whose finish failed: a full disk, a hook that did not answer. */
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
      await alone(context, id, async () => {
        try {
          await finishOne(context, id, isComplete);
        } catch (error) {
          // Whatever failed, the upload is complete: retry it later.
          leaveBehind(context, { id }, error);
          throw error;
        }
      });
    }
  };
  await Promise.all(Array.from({ length: Math.min(AT_ONCE, ids.length) }, worker));
}

async function finishOne(
  context: StoreContext,
  id: string,
  isComplete: (record: StoredUpload) => boolean,
): Promise<void> {
  const record = await context.catalog.get(id);
  if (record?.kind === 'final') await joinIfReady(context, id);
  else if (record?.kind === 'partial' && record.state === 'finished') {
    await joinFinalsOf(context, id);
  } else if (record && isComplete(record)) await finishIfComplete(context, record);
}

/**
 * Runs before the port opens. Reconciles every upload that was being written when the last daemon ended
 * (its lease still exists), and after a reboot every unfinished one, since the kernel may have lost
 * bytes that were never synced. A missing data file is a warning; a fault in one upload does not block
 * the others.
 */
export async function reconcileAtStart(context: StoreContext, rebooted: boolean): Promise<void> {
  const { catalog } = context;
  const { leases } = await catalog.inheritLeases(context.now());
  if (rebooted) for (const id of await catalog.unfinished()) context.afterReboot.add(id);
  for (const record of await catalog.unfinishedRemovals()) {
    await alone(context, record.id, () => completeRemoval(context, record));
  }
  await reconcileInherited(context, leases);
  for (const id of [...context.afterReboot]) {
    await alone(context, id, () => reconcile(context, id));
  }
  await finishComplete(context);
}

/** Does for other daemons that have ended what a start does for the one before it. */
export async function inheritFromEnded(context: StoreContext): Promise<void> {
  if (context.draining) return;
  const { leases, ended } = await context.catalog.inheritLeases(context.now());
  await reconcileInherited(context, leases);
  if (ended === 0) return;
  for (const record of await context.catalog.unfinishedRemovals()) {
    await alone(context, record.id, () => completeRemoval(context, record));
  }
  await finishComplete(context);
}

async function reconcileInherited(context: StoreContext, leases: readonly Lease[]): Promise<void> {
  for (const lease of leases) {
    await alone(context, lease.id, () => reconcile(context, lease.id));
    context.unreleased.add(lease);
    await alone(context, lease.id, () => releaseLeftBehind(context));
  }
}

async function finishComplete(context: StoreContext): Promise<void> {
  const { catalog } = context;
  const full = await catalog.unfinishedButComplete();
  for (const id of full) await alone(context, id, () => keepComplete(context, id));
  // Not awaited: a hook that runs before the finish may be slow, and the port should open.
  context.background(finishAll(context, full, context.endsAtLength));
}

/** A complete upload must not expire because no daemon was there to finish it. */
async function keepComplete(context: StoreContext, id: string): Promise<void> {
  const { catalog, now, endsAtLength } = context;
  const record = await catalog.get(id);
  if (record && record.kind !== 'final' && endsAtLength(record)) await catalog.touch(id, now());
}

async function alone(
  context: StoreContext,
  id: string,
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    context.warn(`upload ${id}: ${messageOf(error)}`);
  }
}

async function reconcile(context: StoreContext, id: string): Promise<void> {
  const record = await context.catalog.get(id);
  if (!record || !isUnfinished(record) || record.kind === 'final') {
    context.afterReboot.delete(id);
    return;
  }
  const size = await context.bytes.size(record);
  if (size === null) {
    context.afterReboot.delete(id);
    context.warn(`upload ${record.id}: its data file is missing; cleanup will remove the record`);
    return;
  }
  if (size === record.offset && record.uncommittedFrom === null) {
    context.afterReboot.delete(id);
    return;
  }
  await WriteRight.use(context, record.id, { waitFor: 0 }, (right) =>
    right.open({ expired: true }),
  );
}
