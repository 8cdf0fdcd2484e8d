import type { Keys } from '../key.ts';
import { HOOKS } from '../keys/special-types.ts';
import { wholeNumberType } from '../keys/value-types.ts';

/** The keys about hooks, a part of the table in keys.ts. */
export const HOOK_KEYS = {
  hooks: {
    ...HOOKS,
    default: [],
    example: [{ type: 'command', name: 'scan', command: './scan.sh', events: ['post-finish'] }],
    inExampleFile: [],
    common: true,
    live: true,
    meaning: 'Receivers and programs that get the events of uploads.',
  },
  hookConcurrency: {
    ...wholeNumberType(1, 1000),
    default: 16,
    example: 4,
    live: true,
    meaning: 'Hook deliveries that run at once.',
  },
} as const satisfies Keys;
