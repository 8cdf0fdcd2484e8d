import { once } from 'node:events';
import { nodeArgs } from '../../support/script.ts';
import type { Machine } from './machine.ts';

export interface Load {
  /** How often which status, or error, was the outcome of a request on a connection of its own. */
  readonly outcomes: Readonly<Record<string, number>>;
  /** How many uploads were made and found to be what was sent. */
  readonly uploads: number;
}

/** Starts clients of the daemon that runs in a machine (load.ts). At least one upload is made. */
export function startLoad(machine: Machine, url: string): { end(): Promise<Load> } {
  const args = [...nodeArgs(new URL('./load.ts', import.meta.url)), url];
  const child = machine.inNetwork(process.execPath, args);
  let text = '';
  child.stdout!.setEncoding('utf8').on('data', (more) => (text += more));
  const closed = once(child, 'close');
  return {
    async end() {
      child.stdin!.end();
      const [code] = await closed;
      if (code !== 0) throw new Error(`the clients ended with ${code}`);
      return JSON.parse(text);
    },
  };
}
