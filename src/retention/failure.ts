import { errnoOf, Fault, messageOf } from '../fault.ts';
import type { SweepDecision } from './decision.ts';

/**
 * Runs one step of a sweep. A failure with one upload is reported for that upload and the sweep
 * continues; a damaged catalog or a bug ends it.
 */
export async function attempt(
  about: Pick<SweepDecision, 'kind' | 'id' | 'name'>,
  step: () => Promise<SweepDecision | undefined>,
): Promise<SweepDecision | undefined> {
  try {
    return await step();
  } catch (error) {
    const known = error instanceof Fault || errnoOf(error) !== undefined;
    if (!known || (error instanceof Fault && error.code === 'CATALOG_CORRUPT')) throw error;
    const reason = { code: 'error', message: messageOf(error) } as const;
    return { action: 'failed', ...about, bytes: 0, reason };
  }
}
