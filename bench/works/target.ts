import type { LoadClient } from '../load-client.ts';
import type { RunningSubject, Subject } from '../subjects/subject.ts';
import { removeAll } from './uploads.ts';
import type { Bench } from './work.ts';

/** A subject that is up and takes load. */
export interface Target {
  readonly subject: Subject;
  readonly server: RunningSubject;
  readonly client: LoadClient;
  /** URLs of the uploads that are there now. */
  readonly left: Set<string>;
}

/** Starts a subject on a directory of its own. */
export async function openTarget(subject: Subject, bench: Bench): Promise<Target> {
  const server = await subject.start(bench.directory(subject.name));
  return { subject, server, client: bench.client, left: new Set() };
}

/** Stops it. The data of our own subjects goes with their directory; others want theirs removed. */
export async function closeTarget(target: Target): Promise<void> {
  try {
    if (target.subject.kind === 'foreign') await removeAll(target, [...target.left]);
  } finally {
    await target.server.stop();
  }
}
