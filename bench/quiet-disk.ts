import { readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';

const QUIET = 16 * 1024 * 1024;
const WAIT_AT_MOST = 3000;

/**
 * Waits until the kernel is not writing anybody's pages back, so that a round does not pay for the
 * one before it. Gives up after three seconds: the disk may be shared with others.
 */
export async function quietDisk(): Promise<void> {
  const deadline = performance.now() + WAIT_AT_MOST;
  while (writebackBytes() > QUIET && performance.now() < deadline) await delay(50);
}

function writebackBytes(): number {
  try {
    return (
      Number(/^Writeback:\s+(\d+) kB/m.exec(readFileSync('/proc/meminfo', 'latin1'))?.[1]) * 1024
    );
  } catch {
    return 0;
  }
}
