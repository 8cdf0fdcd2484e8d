import { createHash } from 'node:crypto';
import type { SentFile } from '../send/sent-file.ts';

const SAMPLE = 64 * 1024;
const SAMPLES = 16;

/**
 * A hash of a file's size and of samples of its content: the beginning, the end, and blocks at equal
 * distances between them. Files of up to 1 MiB are read whole.
 */
export async function fingerprintOf(file: SentFile): Promise<string> {
  const { size } = file;
  const hash = createHash('sha256').update(`${size}\n`);
  const whole = size <= SAMPLE * SAMPLES;
  const starts = whole
    ? [0]
    : Array.from({ length: SAMPLES }, (_, index) =>
        Math.floor(((size - SAMPLE) / (SAMPLES - 1)) * index),
      );
  for (const start of starts) {
    const end = whole ? size : start + SAMPLE;
    for await (const block of file.blocks(start, end)) hash.update(block);
  }
  return hash.digest('hex');
}
