import { createHash } from 'node:crypto';
import type { Body } from './object-store.ts';

/** A few bytes in memory. */
export function smallBody(bytes: Buffer): Body {
  return {
    size: bytes.length,
    sha256: createHash('sha256').update(bytes).digest('hex'),
    async *bytes() {
      yield bytes;
    },
  };
}
