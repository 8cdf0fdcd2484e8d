import { once } from 'node:events';
import { join } from 'node:path';
import type { Profile, Target } from '../target.ts';
import { profiled } from './profiled.ts';
import { type Launch, launch, nodeArgs } from './server-process.ts';

const SERVER = nodeArgs(new URL('stock-on-ours-server.ts', import.meta.url));
const IDLE_MS = 1500;

/** Stock @tus/server on the storage of tusd-ts, started for each configuration when first needed. */
export function stockOnOursTarget(
  options: { limitMs?: number; slow?: boolean } = {},
): Promise<Target> {
  return profiled((profile) => launch(stockOnOurs(profile, options)));
}

function stockOnOurs(profile: Profile, options: { limitMs?: number; slow?: boolean }) {
  // 0.00002 days are 1.7 seconds.
  const retentionDays = profile === 'short-expiry' ? 0.00002 : 1;
  const maxSize = profile === 'small-max-size' ? 65_536 : 2 ** 30;
  const idleMs = profile === 'short-idle' ? IDLE_MS : 60_000;
  return {
    ...options,
    name: '@tus/server on tusd-ts/tus-server',
    ...(profile === 'short-idle' ? { idleMs } : {}),
    args: (port, folder) => {
      const numbers = [retentionDays, maxSize, idleMs].map(String);
      return [...SERVER, String(port), folder, ...numbers];
    },
    dataFile: (folder, id) => join(folder, 'tus', id),
    sweep: async (child) => {
      const swept = once(child, 'message');
      child.send('sweep');
      await swept;
    },
  } satisfies Launch;
}
