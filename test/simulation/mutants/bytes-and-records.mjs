import { ENGINE, mutant, SIMULATED } from './mutant.mjs';

/**
 * Mistakes with bytes, and with what is recorded of them.
 *
 * @type {readonly import('./mutant.mjs').Mutant[]}
 */
export const BYTES_AND_RECORDS = [
  // Bytes
  mutant(
    'bytes of a rejected request stay',
    `${ENGINE}receiving/receive.ts`,
    'await writer.rollback(from);',
  ),
  mutant(
    'bytes that a failed write has left stay',
    `${ENGINE}receiving/receive.ts`,
    '|| result.error !== undefined',
  ),
  mutant(
    'taking bytes back is not synced',
    `${ENGINE}receiving/receive.ts`,
    'await context.durability.takenBack(writer, { length: from, crc32: record.crc32 });',
  ),
  mutant(
    'a finished upload is not synced',
    `${ENGINE}durability.ts`,
    'return writer.seal(this.#lasting, content);',
    "return writer.seal('process', content);",
  ),
  mutant(
    'an offset is answered before the sync',
    `${ENGINE}receiving/receive.ts`,
    'await context.durability.received(writer, { length: offset, crc32 });',
  ),
  mutant(
    'names are not synced',
    `${SIMULATED}disk/simulated-writer.ts`,
    "this.bytes.act('syncing a folder', endNames)",
    'void endNames',
  ),
  mutant(
    'a failed sync is forgotten',
    `${SIMULATED}disk/simulated-writer.ts`,
    'this.bytes.unsynced.add(this.file);',
  ),
  mutant(
    'the rest of a short write is lost',
    `${ENGINE}receiving/byte-pump.ts`,
    'return [chunk.subarray(written), ...chunks.slice(index + 1)];',
    'return chunks.slice(index + 1);',
  ),
  mutant(
    'the CRC-32 leaves out a short write',
    `${ENGINE}receiving/byte-pump.ts`,
    'if (written > 0) this.crc32 = crc32(chunk.subarray(0, written), this.crc32);',
  ),
  mutant(
    'the CRC-32 begins anew with each request',
    `${ENGINE}receiving/receive.ts`,
    'crc32: record.crc32,\n    limit',
    'crc32: 0,\n    limit',
  ),
  mutant(
    'more bytes than belong to an upload count',
    `${ENGINE}receiving/byte-pump.ts`,
    'const room = this.#options.limit - this.#received;',
    'const room = Number.POSITIVE_INFINITY;',
  ),
  mutant(
    'a failed write counts',
    `${ENGINE}receiving/byte-pump.ts`,
    'if (error) this.#failed(error);',
    'if (error) this.#written(chunks, crcAfter, chunks[0]!.length, lent);',
  ),
  mutant(
    'parts are joined in the wrong order',
    `${ENGINE}making/join.ts`,
    'await writer.join(parts,',
    'await writer.join(parts.toReversed(),',
  ),
  mutant(
    'room is given back of what has finished',
    `${ENGINE}making/create.ts`,
    "if ((await catalog.get(record.id))?.state !== 'finished') await",
    'await',
  ),
  // Records
  mutant(
    'a finish is not made durable',
    `${ENGINE}receiving/finish.ts`,
    "  try {\n    await durability.recorded('finish');",
    '  try {',
  ),
  mutant(
    'a confirmed creation is not made durable',
    `${ENGINE}making/create.ts`,
    "durability.recorded('progress'),",
  ),
  mutant(
    'where a checked request begins is not recorded',
    `${ENGINE}receiving/append.ts`,
    'const change = { uncommittedFrom: record.offset };',
    'const change = {};',
  ),
  mutant(
    'where a checked request began is kept',
    `${ENGINE}receiving/receive.ts`,
    '      uncommittedFrom: null,\n',
  ),
  mutant(
    'a checked creation is not marked',
    `${ENGINE}making/create.ts`,
    'body?.whole ? { ...draft, uncommittedFrom: 0 } : draft',
    'draft',
  ),
  mutant(
    'a refused request declares its length',
    `${ENGINE}receiving/receive.ts`,
    'length: refused ? null : length }',
    'length }',
  ),
  mutant(
    'progress of a checked request is recorded',
    `${ENGINE}upkeep/progress.ts`,
    'if (whole) return undefined;',
    '',
  ),
  mutant(
    'recovered bytes have the wrong CRC-32',
    `${ENGINE}writing/reconcile-size.ts`,
    'let crc = known;',
    'let crc = 0;',
  ),
  mutant(
    'bytes that were not verified are recovered',
    `${ENGINE}writing/reconcile-size.ts`,
    'Math.min(writer.size, recorded, record.uncommittedFrom ?? writer.size)',
    'Math.min(writer.size, recorded)',
  ),
  mutant(
    'bytes beyond the record count after a reboot',
    `${ENGINE}upkeep/recover.ts`,
    'if (rebooted) for (const id of await catalog.unfinished()) context.afterReboot.add(id);',
  ),
  mutant(
    'HEAD tells bytes that are not verified',
    `${ENGINE}access.ts`,
    'if (append.whole) return append.record.offset;',
  ),
  mutant(
    'HEAD tells the beginning of a finished request',
    `${ENGINE}access.ts`,
    'if (!append || !isUnfinished(record)) return undefined;',
    'if (!append) return undefined;',
  ),
  mutant(
    'HEAD tells what a write under way has left in the file',
    `${ENGINE}access.ts`,
    'if (written !== undefined) return written;',
  ),
  mutant(
    'HEAD tells what is not synced',
    `${ENGINE}access.ts`,
    'if (durability.confirmsOffsets) return append.confirmed;',
  ),
  mutant(
    'HEAD tells all bytes before they are safe',
    `${ENGINE}access.ts`,
    'return !durability.keepsFinished || kept.get(id) === length;',
    'return durability || kept || id || length;',
  ),
  mutant(
    'HEAD tells a finish before it is durable',
    `${ENGINE}access.ts`,
    "await durability.confirmed(record.state === 'finished' ? 'finish' : 'progress');",
  ),
  mutant(
    'what HEAD has told as complete is not recorded',
    'src/storage/reads.ts',
    'if (!isSafe(context, record) || !isRecorded) {',
    'if (!isSafe(context, record)) {',
  ),
  mutant(
    'a smaller offset is not made durable',
    `${ENGINE}writing/reconcile-size.ts`,
    "const kind = grown ? 'progress' : 'finish';",
    "const kind = 'progress' as const;",
  ),
  mutant(
    'progress is recorded before it is synced',
    `${ENGINE}upkeep/progress.ts`,
    'durability.confirmsOffsets && !bytes.buffers;',
    'false;',
  ),
  mutant(
    'recovered bytes are not synced',
    `${ENGINE}writing/reconcile-size.ts`,
    'else await durability.received(writer, { length: size, crc32: crc });',
  ),
];
