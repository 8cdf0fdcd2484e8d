import { createInterface } from 'node:readline/promises';
import type { Input } from './io.ts';

/** Standard input. A question goes to stderr, so that stdout may be a pipe. */
export function processInput(): Input {
  const { stdin, stderr } = process;
  return {
    isTTY: stdin.isTTY === true,
    async ask(question) {
      const reader = createInterface({ input: stdin, output: stderr, terminal: false });
      // Ctrl-D is no answer.
      const closed = new Promise<null>((resolve) => reader.once('close', () => resolve(null)));
      try {
        return await Promise.race([reader.question(question), closed]);
      } finally {
        reader.close();
      }
    },
    get lines() {
      return createInterface({ input: stdin, crlfDelay: Number.POSITIVE_INFINITY });
    },
  };
}
