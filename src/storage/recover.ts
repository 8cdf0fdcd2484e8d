import type { StoreContext } from './context.ts';
import type { DataFile } from './data-file.ts';
import { dropLease, finishUpload } from './finish.ts';
import { joinIfReady } from './join.ts';
import { reconcileSize } from './reconcile-size.ts';
import { completeRemoval } from './remove.ts';
import { nobody } from './upload.ts';
import type { StoredUpload } from './uploads-table.ts';

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
      dropLease(context, id);
      file?.close();
    }
  } finally {
    slot.release();
  }
}

/**
 * Before the port opens: every upload that was being written when the last daemon ended (its lease
 * is still there), and after a reboot every unfinished one, since then the kernel may have lost what
 * was never synced. A missing data file is said, never guessed.
 */
export async function reconcileAtStart(context: StoreContext, rebooted: boolean): Promise<void> {
  const { catalog } = context;
  const interrupted = catalog.leases.heldByDaemons();
  catalog.write(() => catalog.leases.forgetDaemons(catalog.owner));
  for (const seq of catalog.queries.removing()) {
    const record = catalog.uploads.getBySeq(seq);
    if (record) await completeRemoval(context, record);
  }
  for (const id of interrupted) await reconcileOne(context, catalog.uploads.get(id));
  if (rebooted) {
    for (const seq of catalog.queries.unfinished()) {
      await reconcileOne(context, catalog.uploads.getBySeq(seq));
    }
  }
  for (const seq of catalog.queries.finals()) {
    context.background(joinIfReady(context, seq));
  }
}

async function reconcileOne(context: StoreContext, record: StoredUpload | undefined) {
  if (record?.state !== 'receiving' || record.kind === 'final') return;
  if (context.files.size(record.id) === null) {
    context.warn(`upload ${record.id}: its data file is missing; cleanup will remove the record`);
    return;
  }
  const file = await context.files.openForWriting(record.id);
  try {
    const known = await reconcileSize(context, record, file);
    // Not awaited: a hook that is asked before the finish may be slow, and the port should open.
    if (known.offset === known.length) context.background(finishIfComplete(context, known.id));
  } finally {
    file.close();
  }
}
