import { Fault } from '../../fault.ts';
import type { MigrationSource, MigrationTarget } from '../../storage/migration.ts';
import { isGone, isUnjoined, type StoredUpload } from '../../storage/model/upload.ts';

interface CopyOptions {
  readonly source: MigrationSource;
  readonly target: MigrationTarget;
  readonly now: () => number;
  readonly signal: AbortSignal;
  readonly onBytes: (bytes: number) => Promise<void>;
}

/**
 * Copies one upload with its history. Its bytes are read once and compared with the recorded CRC-32 where
 * that is of the same bytes. Throws GONE when they are missing, CHECKSUM_MISMATCH, and what storing
 * throws; then nothing of it is there.
 */
export async function copyUpload(
  { source, target, now, signal, onBytes }: CopyOptions,
  record: StoredUpload,
  counted: number,
): Promise<void> {
  const { seq: _, crc32, name: __, ...rest } = record;
  const gone = isGone(record);
  const timeline = [
    ...(await source.timeline(record)),
    { at: now(), event: 'imported', from: source.pathOf(record) } as const,
  ];
  const state = gone ? 'removed' : record.state === 'finished' ? 'finished' : 'receiving';
  // The bytes are copied to where the store of the target keeps them.
  const moved = { layout: null, movedTo: null, wantedPath: null };
  const copied = { ...rest, ...moved, state, uncommittedFrom: null } as const;
  if (gone) {
    const removedAt = record.removedAt ?? now();
    await target.adopt({
      record: { ...copied, removedAt },
      timeline,
      bytes: null,
      expected: crc32,
    });
    return;
  }
  if (isUnjoined(record)) {
    const bytes = { kind: 'blocks', blocks: nothing() } as const;
    await target.adopt({ record: { ...copied, offset: 0 }, timeline, bytes, expected: null });
    return;
  }
  const blocks = async function* () {
    for await (const block of source.bytesOf(record, counted)) {
      if (signal.aborted) throw new Fault('UNAVAILABLE', 'the migration was ended');
      yield block;
      await onBytes(block.length);
    }
  };
  await target.adopt({
    record: { ...copied, offset: counted },
    timeline,
    bytes: { kind: 'blocks', blocks: blocks() },
    expected: counted === record.offset ? crc32 : null,
  });
}

async function* nothing(): AsyncGenerator<Buffer> {}
