import { createInterface } from 'node:readline/promises';
import type { Input } from './io.ts';

/** Standard input. Questions go to stderr, so that stdout can be a pipe. */
export function processInput(): Input {
  const { stdin, stderr } = process;
  return {
    isTTY: stdin.isTTY === true,
    async ask(question) {
      const reader = createInterface({ input: stdin, output: stderr, terminal: false });
      // Ctrl-D closes the reader without an answer.
      const closed = new Promise<null>((resolve) => reader.once('close', () => resolve(null)));
      try {
        return await Promise.race([reader.question(question), closed]);
      } finally {
        reader.close();
      }
    },
    bytes: stdin,
    get lines() {
      return createInterface({ input: stdin, crlfDelay: Number.POSITIVE_INFINITY });
    },
  };
}
