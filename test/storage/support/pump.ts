import { closeSync, openSync, readFileSync, write, writev } from 'node:fs';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import type { TestContext } from 'node:test';
import type { WriteCallback } from '../../../src/storage/bytes/bytes.ts';
import { sourceOf } from '../../../src/storage/model/stream-source.ts';
import { SYSTEM_CLOCK } from '../../../src/storage/uploads/clock.ts';
import { BytePump, type PumpOptions } from '../../../src/storage/uploads/receiving/byte-pump.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { faultyDisk } from './faulty-disk.ts';

/** A file that a pump writes to. */
export interface Target {
  readonly fd: number;
  content(): Buffer;
}

/** A file on a disk that fails as the test says; gone when the test ends. */
export function target(t: TestContext): Target {
  const path = join(temporaryFolder(t), 'data');
  const fd = openSync(path, 'w+');
  t.after(() => closeSync(fd));
  faultyDisk.during(t);
  return { fd, content: () => readFileSync(path) };
}

/** A pump from a body to that file, with generous limits unless the test says otherwise. */
export function pumpTo(fd: number, source: Readable, options: Partial<PumpOptions> = {}): BytePump {
  const writer = {
    immediate: false,
    write: (chunks: readonly Buffer[], position: number, done: WriteCallback) =>
      chunks.length === 1
        ? write(fd, chunks[0]!, 0, null, position, done)
        : writev(fd, chunks as Buffer[], position, done),
  };
  return new BytePump(sourceOf(source), {
    writer,
    position: 0,
    crc32: 0,
    limit: Number.MAX_SAFE_INTEGER,
    idleTimeout: 60_000,
    clock: SYSTEM_CLOCK,
    ...options,
  });
}
