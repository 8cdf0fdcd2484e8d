import type { HookEvent } from '../config/hooks/hook-schema.ts';

/** The events that are recorded in the outbox. */
export const RECORDED_EVENTS = [
  'post-create',
  'post-finish',
  'post-deliver',
  'post-download',
  'post-terminate',
  'post-expire',
] as const satisfies readonly HookEvent[];
