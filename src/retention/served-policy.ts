import type { CommandStore } from '../storage/store.ts';
import type { RetentionPolicy } from './policy.ts';

const NOTE = 'retention-policy';

/**
 * Stores the daemon's policy where commands find it: a policy set by a flag of the daemon is in no
 * file, and a cleanup with the default policy would remove too much.
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
