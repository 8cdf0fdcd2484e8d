import type { Hook } from '../../config/hooks/hook-schema.ts';
import type { Transport } from './attempt.ts';
import type { CommandSystem } from './command/command-run.ts';
import { createCommandTransport } from './command/command-transport.ts';
import { createHttpTransport } from './http/http-transport.ts';

export interface TransportSystem extends CommandSystem {
  /** Milliseconds since the epoch. */
  readonly now: () => number;
}

/** Creates the transport for a hook. */
export function createTransport(hook: Hook, system: TransportSystem): Transport {
  return hook.type === 'http'
    ? createHttpTransport(hook, system.now)
    : createCommandTransport(hook, system);
}
