import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { runProxy, shipped } from '../proxies/support/proxy.ts';
import { type Daemon, type Finished, runCommand, startDaemon } from './command.ts';
import { freePort } from './ports.ts';
import { type SharedServices, startServices } from './services/shared.ts';
import { temporaryFolder } from './temporary.ts';

/** One daemon of several; it keeps its port when it is started again. */
export interface Member {
  readonly port: number;
  /** Of the base path, without the proxy. */
  readonly url: string;
  readonly daemon: Daemon;
  /** SIGKILL. */
  kill(): Promise<void>;
  /**
   * Starts the next daemon on the same port, as another program if there is one; resolves when it is
   * ready.
   */
  restart(program?: readonly string[]): Promise<void>;
}

/** Daemons with one bucket and one database behind a proxy that sends each request to the next one. */
export interface Cluster {
  /** The base path at the proxy. */
  readonly url: string;
  readonly members: readonly Member[];
  readonly configFile: string;
  readonly services: SharedServices;
  /** Runs a command with the configuration of the daemons. */
  command(...args: readonly string[]): Promise<Finished>;
}

export interface ClusterOptions {
  readonly daemons?: number;
  /** More keys of the configuration. */
  readonly config?: Readonly<Record<string, unknown>>;
  /** More keys of `storage`. */
  readonly storage?: Readonly<Record<string, unknown>>;
  /** More keys of `database`. */
  readonly database?: Readonly<Record<string, unknown>>;
  readonly env?: Record<string, string>;
  /** Services that run already. */
  readonly services?: SharedServices;
}

const BASE = '/uploads/files/';

/** Starts a database, a bucket, daemons and HAProxy; all of it is gone when the test ends. */
export async function startCluster(
  t: Pick<TestContext, 'after'>,
  options: ClusterOptions = {},
): Promise<Cluster> {
  const { daemons = 3, config = {}, storage = {}, database = {}, env = {} } = options;
  const { services: given } = options;
  const folder = temporaryFolder(t);
  const services = given ?? (await startServices(t));
  const fresh = await services.fresh();
  const configFile = join(folder, 'upload-daemon.config.json');
  const whole = {
    trustedProxies: ['127.0.0.1'],
    publicHealth: true,
    cleanupSchedule: 'never',
    drainTimeout: '2s',
    ...config,
    storage: { ...fresh.storage, ...storage },
    database: { ...fresh.database, ...database },
  };
  writeFileSync(configFile, JSON.stringify(whole));
  const members = await Promise.all(
    Array.from({ length: daemons }, () => startMember(t, configFile, env)),
  );
  const port = await startProxy(t, folder, members);
  return {
    url: `http://127.0.0.1:${port}${BASE}`,
    members,
    configFile,
    services,
    command: (...args) => runCommand([...args, '--config', configFile], { cwd: folder, env }),
  };
}

async function startMember(
  t: Pick<TestContext, 'after'>,
  configFile: string,
  env: Record<string, string>,
): Promise<Member> {
  const start = (port: string, more: { readonly program?: readonly string[] } = {}) =>
    startDaemon(t, ['--config', configFile, '--port', port], { env, ...more });
  let daemon = await start('0');
  const { port } = new URL(daemon.url);
  return {
    port: Number(port),
    url: daemon.url,
    get daemon() {
      return daemon;
    },
    kill: () => daemon.kill(),
    async restart(program) {
      daemon = await start(port, program && { program });
    },
  };
}

/** The proxy that deploy/scale-out/ has: round robin without any affinity. */
async function startProxy(
  t: Pick<TestContext, 'after'>,
  folder: string,
  members: readonly Member[],
): Promise<number> {
  const port = await freePort();
  const file = join(folder, 'haproxy.cfg');
  const servers = members.map(({ port }, index) => `server d${index} 127.0.0.1:${port}`);
  writeFileSync(
    file,
    shipped('scale-out/haproxy.cfg', {
      'bind :8080': `bind 127.0.0.1:${port}`,
      'inter 1s': 'inter 300ms',
      'server one 10.0.0.1:1080': servers.join('\n    '),
      'server two 10.0.0.2:1080': '',
      'server three 10.0.0.3:1080': '',
    }),
  );
  await runProxy(t, ['haproxy', '-db', '-f', file], { port, folder });
  return port;
}
