import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { cleanEnvironment, NODE_ARGS } from './command.ts';
import { until } from './until.ts';

/** A command on a terminal of its own, which shows what is typed unless the command prevents it. */
export interface OnTerminal {
  /** Waits for a text on the screen, beyond those that were waited for, and types keys. */
  type(after: string, keys: string): Promise<void>;
  /** Resolves at the end with all that was on the screen. */
  readonly ended: Promise<string>;
}

/** Starts `tusd-ts ARGS; AFTER` in a shell on a terminal, by script(1) of util-linux. */
export function onTerminal(
  args: readonly string[],
  { cwd, env = {}, after = 'true' }: { cwd: string; env?: Record<string, string>; after?: string },
): OnTerminal {
  const words = [process.execPath, ...NODE_ARGS, ...args].map((word) => `'${word}'`).join(' ');
  const child = spawn('script', ['-q', '-E', 'always', '-c', `${words}; ${after}`, '/dev/null'], {
    cwd,
    env: { ...cleanEnvironment(), ...env, SHELL: '/bin/sh', TERM: 'xterm' },
    stdio: ['pipe', 'pipe', 'inherit'],
    timeout: 60_000,
    killSignal: 'SIGKILL',
  });
  let screen = '';
  let seen = 0;
  child.stdout.setEncoding('utf8').on('data', (text) => (screen += text));
  return {
    async type(text, keys) {
      const at = await until(`"${text}" on the screen`, () => {
        const found = screen.indexOf(text, seen);
        return found === -1 ? undefined : { found };
      }).catch((error) => {
        throw new Error(`${error.message}\n${screen}`);
      });
      seen = at.found + text.length;
      child.stdin.write(keys);
    },
    ended: once(child, 'close').then(() => screen),
  };
}
