import { Fault } from '../../fault.ts';
import type { CommandStore } from '../../storage/store.ts';
import { formatJson } from '../../terminal/json.ts';
import { formatCount } from '../../terminal/size.ts';
import type { Io } from '../process/io.ts';
import type { NeedsFiles } from './assert-local.ts';
import { withStore } from './open-store.ts';

export interface RetryOptions extends Readonly<Record<string, unknown>> {
  readonly all?: boolean;
  readonly json?: boolean;
}

/** What can be tried again: deliveries to hooks, or of files. `now` is milliseconds since the epoch. */
export interface Retryable {
  /** Refuses uploads in a bucket. */
  readonly files?: NeedsFiles;
  /** The command that lists the numbers. */
  readonly listedBy: string;
  /** Makes one due now. Throws USAGE, NOT_FOUND or CONFLICT. */
  one(store: CommandStore, no: string, now: number): Promise<void>;
  /** Makes failed ones due now, at most `most` after a number; returns their numbers. */
  failed(store: CommandStore, after: number, most: number, now: number): Promise<readonly number[]>;
}

/** The most rows changed in one transaction, so that the daemon does not wait long for the lock. */
const AT_ONCE = 500;

/** Makes a delivery due now, or all that failed, and prints how many. Throws what `one` throws. */
export async function retry(
  io: Io,
  what: Retryable,
  no: string | undefined,
  options: RetryOptions,
): Promise<void> {
  if ((no === undefined) !== Boolean(options.all)) {
    throw new Fault('USAGE', 'give either the number of a delivery or --all', {
      hint: `Numbers are in the first column of: ${what.listedBy}`,
    });
  }
  await withStore(
    io,
    options,
    async ({ store }) => {
      const now = io.now();
      let count = 1;
      if (no === undefined) count = await retryAll(store, what, now);
      else await what.one(store, no, now);
      await io.stdout.write(`${options.json ? formatJson({ due: count }) : sentenceOf(count)}\n`);
    },
    { files: what.files },
  );
}

function sentenceOf(count: number): string {
  if (count === 0) return 'Nothing has failed.';
  return count === 1 ? '1 delivery is due now.' : `${formatCount(count)} deliveries are due now.`;
}

async function retryAll(store: CommandStore, what: Retryable, now: number): Promise<number> {
  let count = 0;
  let after = 0;
  for (;;) {
    const numbers = await what.failed(store, after, AT_ONCE, now);
    count += numbers.length;
    const last = numbers.at(-1);
    if (last === undefined) return count;
    after = last;
  }
}
