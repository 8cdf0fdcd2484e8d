import { pathToFileURL } from 'node:url';
import { NODE_ARGS } from '../../support/command.ts';
import { nodeArgs } from '../../support/script.ts';

/** The compiled program: these tests start it hundreds of times, and trace what it does. */
export interface Program {
  /** The file that node runs. */
  readonly main: string;
  /** A module for node's `--import`: loads the program, then waits for a line on stdin. */
  readonly waiting: string;
}

/** The program that test/run.mjs has compiled. */
export function compiledProgram(): Program {
  const [main = '', ...more] = NODE_ARGS;
  if (more.length > 0) throw new Error('run this test with node test/run.mjs');
  const [waiting = ''] = nodeArgs(new URL('./waiting.ts', import.meta.url));
  return { main, waiting: pathToFileURL(waiting).href };
}
