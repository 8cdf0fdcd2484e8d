import { setTimeout as delay } from 'node:timers/promises';
import { cpuSeconds } from '../process-usage.ts';

const LOOK_EVERY = 100;
const QUIET_LOOKS = 3;
const WAIT_AT_MOST = 3000;
/** Where the process cannot be watched. */
const BLIND_WAIT = 1000;

/** Waits until a server has used no processor time for a while, three seconds at most. */
export async function atRest(pid: number | null): Promise<void> {
  let used = cpuSeconds(pid);
  if (used === null) return delay(BLIND_WAIT);
  const deadline = performance.now() + WAIT_AT_MOST;
  for (let quiet = 0; quiet < QUIET_LOOKS && performance.now() < deadline; ) {
    await delay(LOOK_EVERY);
    const now = cpuSeconds(pid);
    quiet = now === used ? quiet + 1 : 0;
    used = now;
  }
}
