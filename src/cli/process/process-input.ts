import { fstatSync } from 'node:fs';
import { createInterface as createLineReader } from 'node:readline';
import { createInterface } from 'node:readline/promises';
import { Fault } from '../../fault.ts';
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
    askSecret,
    get bytes() {
      // Node takes a folder for an input that has ended.
      if (fstatSync(0).isDirectory()) throw new Fault('IO', 'standard input is a folder');
      return stdin;
    },
    get lines() {
      return createInterface({ input: stdin, crlfDelay: Number.POSITIVE_INFINITY });
    },
  };
}

/** See Input. Restores the terminal also when Ctrl-C or Ctrl-Z is pressed. */
async function askSecret(question: string): Promise<string | null> {
  const { stdin, stderr } = process;
  // As a terminal, the reader takes the keys from the kernel, which would echo them. It has no output.
  const reader = createLineReader({ input: stdin, terminal: true, historySize: 0 });
  stderr.write(question);
  let interrupted = false;
  const answer = await new Promise<string | null>((resolve) => {
    reader.once('line', resolve);
    reader.once('close', () => resolve(null));
    reader.once('SIGINT', () => {
      interrupted = true;
      reader.close();
    });
  });
  reader.close();
  stderr.write('\n');
  // What Ctrl-C does while the kernel reads the keys.
  if (interrupted) process.kill(process.pid, 'SIGINT');
  return answer;
}
