import type { StoreContext } from './context.ts';
import type { DataFile } from '../bytes/files/data-file.ts';
import { dropLease, finishUpload } from './finish.ts';
import { joinIfReady } from './join.ts';
import { reconcileSize } from './reconcile-size.ts';
import { completeRemoval } from './remove.ts';
import { nobody } from '../model/upload.ts';
import type { StoredUpload } from '../catalog/sqlite/uploads-table.ts';

/**
 * Finishes an upload whose bytes are all there but whose finish was not recorded (a crash between
 * the last byte and its record). Does nothing when somebody writes it or a hook refused it.
 */
export async function finishIfComplete(context: StoreContext, id: string): Promise<void> {
  const { catalog, writers } = context;
  if (writers.isBusy(id)) return;
  const slot = await writers.acquire(id, { waitFor: 0 });
  try {
    let record = catalog.uploads.get(id);
    if (record?.state !== 'receiving' || record.kind === 'final' || record.refusal !== null) return;
    if (!catalog.write(() => catalog.leases.take(id, catalog.owner, context.now()))) return;
    let file: DataFile | undefined;
    try {
      file = await context.files.openForWriting(id);
      record = await reconcileSize(context, record, file);
      if (record.offset !== record.length) return;
      const { offset, crc32 } = record;
      const ending = { change: { offset, crc32 }, timeline: [] };
      await finishUpload(context, record, file.fd, nobody(record), ending);
    } finally {
      file?.close();
      dropLease(context, id);
    }
  } finally {
    slot.release();
  }
}

/** How much of what a start finds complete is finished at a time. */
const AT_ONCE = 4;

/** Tries again what was complete and could not be finished: a full disk, a hook without an answer. */
export function finishLeftBehind(context: StoreContext): void {
  const { leftBehind, draining } = context;
  if (draining || leftBehind.size === 0) return;
  const seqs = [...leftBehind];
  leftBehind.clear();
  context.background(finishAll(context, seqs));
}

async function finishAll(context: StoreContext, seqs: readonly number[]): Promise<void> {
  const left = seqs.values();
  const worker = async () => {
    for (const seq of left) {
      if (context.draining) return;
      await alone(context, seq, async (record) => {
        if (record.kind === 'final') await joinIfReady(context, seq);
        else await finishIfComplete(context, record.id);
      });
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

/**
 * Before the port opens: every upload that was being written when the last daemon ended (its lease
 * is still there), and after a reboot every unfinished one, since then the kernel may have lost what
 * was never synced. A missing data file is said, never guessed; what is wrong with one upload is a
 * warning and keeps nobody from the others.
 */
export async function reconcileAtStart(context: StoreContext, rebooted: boolean): Promise<void> {
  const { catalog } = context;
  const interrupted = catalog.writeFromReserve(() => catalog.leases.inherit(catalog.owner));
  for (const seq of catalog.queries.removing()) {
    await alone(context, seq, (record) => completeRemoval(context, record));
  }
  for (const id of interrupted) {
    const seq = catalog.uploads.get(id)?.seq;
    if (seq !== undefined) await alone(context, seq, (found) => reconcile(context, found));
    dropLease(context, id);
  }
  if (rebooted) {
    for (const seq of catalog.queries.unfinished()) {
      await alone(context, seq, (record) => reconcile(context, record));
    }
  }
  // Not awaited: a hook that is asked before the finish may be slow, and the port should open.
  context.background(
    finishAll(context, [...catalog.queries.complete(), ...catalog.queries.finals()]),
  );
}

async function alone(
  context: StoreContext,
  seq: number,
  work: (record: StoredUpload) => Promise<unknown>,
): Promise<void> {
  const record = context.catalog.uploads.getBySeq(seq);
  if (!record) return;
  try {
    await work(record);
  } catch (error) {
    context.warn(`upload ${record.id}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

async function reconcile(context: StoreContext, record: StoredUpload): Promise<void> {
  if (record.state !== 'receiving' || record.kind === 'final') return;
  const size = context.files.size(record.id);
  if (size === null) {
    context.warn(`upload ${record.id}: its data file is missing; cleanup will remove the record`);
    return;
  }
  if (size === record.offset && record.uncommittedFrom === null) return;
  const file = await context.files.openForWriting(record.id);
  try {
    await reconcileSize(context, record, file);
  } finally {
    file.close();
  }
}
