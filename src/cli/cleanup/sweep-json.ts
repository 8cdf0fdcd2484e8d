import type { SweepReason } from '../../retention/decision.ts';
import { reasonText } from './sweep-text.ts';

/** A reason for programs: periods are in milliseconds, null where the reason has none. */
export function reasonJson(reason: SweepReason) {
  return {
    code: reason.code,
    text: reasonText(reason),
    idleMs: 'idle' in reason ? reason.idle : null,
    limitMs: 'limit' in reason ? reason.limit : null,
    expiresInMs: 'expiresIn' in reason ? reason.expiresIn : null,
  };
}
