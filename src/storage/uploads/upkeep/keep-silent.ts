import type { StoreContext } from '../context.ts';

/** A request without a byte for this long is silent (milliseconds). */
const SILENT = 1_000;

/**
 * Makes the bytes of silent requests safe where the store buffers them. Their clients may be gone, and ask
 * another process how far they came: it must tell what a writer that takes over will find.
 */
export function keepSilent({ active, bytes, now }: StoreContext): void {
  if (!bytes.buffers) return;
  for (const append of active.values()) {
    const { lease, pump, writer, whole, concluding, noting, syncing } = append;
    if (!lease || whole || concluding || noting || syncing || pump.makesWait) continue;
    if (now() - pump.lastByteAt < SILENT) continue;
    const { position: length, crc32 } = pump;
    if (length <= (writer.kept?.length ?? append.record.offset)) continue;
    const ended = () => {
      append.syncing = undefined;
    };
    // When it fails the end of the request tries again.
    append.syncing = writer.flush('process', { length, crc32 }).then(ended, ended);
  }
}
