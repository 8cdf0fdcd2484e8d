import type { Profile, Target } from '../target.ts';

/**
 * A target in its default configuration that starts the others when a row first asks for them.
 * All of them live and end together.
 */
export async function profiled(
  start: (profile: Profile) => Promise<Target> | undefined,
): Promise<Target> {
  const main = start('default');
  if (main === undefined) throw new Error('there is no default configuration');
  const running = new Map<Profile, Promise<Target> | undefined>([['default', main]]);

  async function all(): Promise<Target[]> {
    const settled = await Promise.allSettled([...running.values()]);
    return settled.flatMap((result) => {
      return result.status === 'fulfilled' && result.value !== undefined ? [result.value] : [];
    });
  }

  const target = await main;
  const { reviveIfDead, close } = target;
  return Object.assign(target, {
    profile: (profile: Profile) => {
      if (!running.has(profile)) running.set(profile, start(profile));
      return Promise.resolve(running.get(profile));
    },
    reviveIfDead: async () => {
      const deaths: (string | undefined)[] = [await reviveIfDead?.()];
      for (const other of await all()) {
        if (other !== target) deaths.push(await other.reviveIfDead?.());
      }
      return deaths.find((death) => death !== undefined);
    },
    close: async () => {
      for (const other of await all()) if (other !== target) await other.close?.();
      await close?.();
    },
  });
}
