import { Fault } from '../fault.ts';
import type { LoadedConfig } from './load.ts';

/** Throws CONFIG when both `listen` and what it replaces are set: one of them would be ignored. */
export function assertOneAddress({ sources, config }: LoadedConfig): void {
  if (config.listen.length === 0) return;
  for (const key of ['port', 'host'] as const) {
    const { source, where } = sources[key];
    if (source === 'default') continue;
    const told = `${key} (${where}) does not go with listen (${sources.listen.where})`;
    throw new Fault('CONFIG', `${told}: listen has the ports and hosts of all addresses.`, {
      hint: 'Set listen, or port and host.',
    });
  }
}
