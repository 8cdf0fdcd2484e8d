import { spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import type { TestContext } from 'node:test';
import { fileURLToPath } from 'node:url';
import { until } from '../../support/until.ts';

/** A proxy of another project that runs in front of the daemon. */
export interface ProxyServer {
  /** Of the base path as clients see it, with its slash. */
  readonly url: string;
  readonly port: number;
}

/** A file of deploy/ with other values in place of some; each of them must stand in it. */
export function shipped(name: string, values: Readonly<Record<string, string>>): string {
  const path = fileURLToPath(new URL(`../../../deploy/${name}`, import.meta.url));
  let text = readFileSync(path, 'utf8');
  for (const [value, other] of Object.entries(values)) {
    if (!text.includes(value)) throw new Error(`deploy/${name} has no "${value}"`);
    text = text.replaceAll(value, other);
  }
  return text;
}

/** Runs a proxy in the foreground until the test ends; resolves when it takes connections. */
export async function runProxy(
  test: Pick<TestContext, 'after'>,
  [program = '', ...args]: readonly string[],
  options: { port: number; folder: string },
): Promise<void> {
  const env = { ...process.env, HOME: options.folder, XDG_DATA_HOME: options.folder };
  const child = spawn(program, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
  let printed = '';
  child.stdout.setEncoding('utf8').on('data', (text) => (printed += text));
  child.stderr.setEncoding('utf8').on('data', (text) => (printed += text));
  child.on('error', (error) => (printed += error.message));
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  test.after(async () => {
    child.kill('SIGTERM');
    const forced = setTimeout(() => child.kill('SIGKILL'), 5000);
    await closed;
    clearTimeout(forced);
  });
  await until(`${program} takes connections`, async () => {
    if (child.exitCode !== null || child.pid === undefined) {
      throw new Error(`${program} ended with ${child.exitCode}:\n${printed}`);
    }
    const socket = connect(options.port, '127.0.0.1');
    return new Promise<boolean>((resolve) => {
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false));
    }).finally(() => socket.destroy());
  });
}
