import { errnoOf, Fault } from '../../fault.ts';
import type { Output } from '../process/io.ts';

/** Converts an output's errors to IO faults; EPIPE (the reader has gone) passes unchanged. */
export function withFaults(output: Output): Output {
  return {
    ...output,
    write: (text) =>
      output.write(text).catch((error: unknown) => {
        throw outputFault(error);
      }),
  };
}

/** true when the reader has gone (`| head`), which ends a command quietly. */
export function isReaderGone(error: unknown): boolean {
  return errnoOf(error) === 'EPIPE';
}

function outputFault(error: unknown): unknown {
  const errno = errnoOf(error);
  if (errno === undefined || isReaderGone(error) || !/^E[A-Z0-9]+$/.test(errno)) return error;
  const why = {
    ENOSPC: 'no space is left where it goes',
    EDQUOT: 'the disk quota where it goes is used up',
    EIO: 'the device that it goes to failed',
    EFBIG: 'the file that it goes to has reached its largest size',
  }[errno];
  return new Fault('IO', `the output could not be written (${errno})${why ? `: ${why}` : ''}`, {
    hint: 'What was printed is not complete. Send it elsewhere, or free some space.',
    cause: error,
  });
}

/**
 * An output for a command that changes something: the work continues even when output fails.
 * `settle` throws the first error once the work is done.
 */
export function persevering(output: Output): { output: Output; settle(): void } {
  let failure: unknown;
  return {
    output: {
      ...output,
      write: async (text) => {
        if (failure !== undefined) return;
        await output.write(text).catch((error: unknown) => {
          failure = error;
        });
      },
    },
    settle() {
      if (failure !== undefined && !isReaderGone(failure)) throw failure;
    },
  };
}
