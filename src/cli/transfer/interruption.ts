import { setMaxListeners } from 'node:events';
import { SHOW_CURSOR } from '../../terminal/inline-frame.ts';
import { canMove } from '../output/text-output.ts';
import type { Io } from '../process/io.ts';
import type { Signal } from '../process/process-signals.ts';

/** Signals that interrupt a transfer, and the exit codes that follow: 128 plus their number. */
const STOP: readonly (readonly [Signal, number])[] = [
  ['SIGHUP', 129],
  ['SIGINT', 130],
  ['SIGQUIT', 131],
  ['SIGTERM', 143],
];

export interface Interruption {
  readonly signal: AbortSignal;
  /** The exit code that the first signal calls for; null if there was none. */
  exitCode(): number | null;
  release(): void;
}

/** Listens to signals: the first one ends the transfers and keeps their state, a second the process. */
export function interruption(io: Io): Interruption {
  const ending = new AbortController();
  let exitCode: number | null = null;
  // Each running request listens to it.
  setMaxListeners(0, ending.signal);
  const offs = STOP.map(([name, code]) =>
    io.onSignal(name, () => {
      if (exitCode !== null) {
        if (canMove(io, io.stderr)) void io.stderr.write(SHOW_CURSOR);
        process.exit(code);
      }
      exitCode = code;
      ending.abort();
    }),
  );
  return {
    signal: ending.signal,
    exitCode: () => exitCode,
    release: () => {
      for (const off of offs) off();
    },
  };
}
