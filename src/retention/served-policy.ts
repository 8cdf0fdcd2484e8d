import type { CommandStore } from '../storage/store.ts';
import type { RetentionPolicy } from './policy.ts';

const NOTE = 'retention-policy';

/**
 * Leaves the policy that a daemon applies where the commands find it: one that was given as a flag
 * of the daemon stands in no file, and a cleanup that went by a default would remove too much.
 */
export async function notePolicy(store: CommandStore, policy: RetentionPolicy): Promise<void> {
  const { unfinishedFor, finishedFor } = policy;
  await store.setNote(NOTE, JSON.stringify({ unfinishedFor, finishedFor }));
}

/** The policy of the last daemon that served this directory, or null when none has. */
export async function servedPolicy(store: CommandStore): Promise<RetentionPolicy | null> {
  const note = await store.note(NOTE);
  return note === null ? null : (JSON.parse(note) as RetentionPolicy);
}
