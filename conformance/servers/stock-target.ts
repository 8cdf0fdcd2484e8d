import { once } from 'node:events';
import { join } from 'node:path';
import type { Target } from '../target.ts';
import { profiled } from './profiled.ts';
import { type Launch, launch, nodeArgs } from './server-process.ts';

const SERVER = nodeArgs(new URL('stock-server.ts', import.meta.url));
const GIB = 2 ** 30;
const DAY_MS = 86_400_000;

/** Stock @tus/server, started for each configuration when a row first needs it. */
export function stockTarget(options: { limitMs?: number; slow?: boolean } = {}): Promise<Target> {
  return profiled((profile) => {
    const expiryMs = profile === 'short-expiry' ? 2000 : DAY_MS;
    const maxSize = profile === 'small-max-size' ? 65_536 : GIB;
    // It has no limit on inactivity of its own to be made short.
    return profile === 'short-idle' ? undefined : launch(stock(expiryMs, maxSize, options));
  });
}

function stock(expiryMs: number, maxSize: number, options: { limitMs?: number; slow?: boolean }) {
  return {
    ...options,
    name: 'stock @tus/server',
    args: (port, folder) => {
      const numbers = [expiryMs, maxSize].map(String);
      return [...SERVER, String(port), folder, ...numbers];
    },
    dataFile: (folder, id) => join(folder, id),
    sweep: async (child) => {
      const swept = once(child, 'message');
      child.send('sweep');
      await swept;
    },
  } satisfies Launch;
}
