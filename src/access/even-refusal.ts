import { setTimeout as pause } from 'node:timers/promises';
import { Fault } from '../fault.ts';

/** Refusals that say "there is no such upload" are sent at multiples of this (milliseconds). */
const STEP = 20;

/**
 * Waits until a refusal tells nothing by its time. To look up an upload that is there, and belongs
 * to somebody else, takes some microseconds more or less than to look up one that is not: both
 * refusals are sent at the next step after the request came.
 */
export async function evenOut(error: unknown, startedAt: number): Promise<void> {
  if (!(error instanceof Fault) || !['NOT_FOUND', 'BAD_REQUEST'].includes(error.code)) return;
  const passed = performance.now() - startedAt;
  await pause(Math.ceil(passed / STEP) * STEP - passed, undefined, { ref: false });
}
