import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { freePort } from '../ports.ts';
import { needing } from '../tools.ts';
import { until } from '../until.ts';
import { freshSchema, needingPostgres, type PostgresServer, startPostgres } from './postgres.ts';
import { NEEDS_RADOSGW, type S3Server, startRadosgw } from './s3.ts';

/** Options of a test that needs a database, a bucket and a proxy. */
export const SHARED_SERVICES: { skip?: string } = {
  ...needing('haproxy'),
  ...NEEDS_RADOSGW,
  ...needingPostgres(),
};

/** A bucket and a database for daemons of one test file. */
export interface SharedServices {
  readonly postgres: PostgresServer;
  readonly s3: S3Server;
  /** Kills the S3 server, and starts it again with what it has. */
  restartRadosgw(): Promise<void>;
  /** The keys `storage` and `database` of a configuration, where nothing is yet. */
  fresh(): Promise<{
    readonly storage: Readonly<Record<string, unknown>>;
    readonly database: Readonly<Record<string, unknown>>;
  }>;
}

/** Starts both; they end with the test. */
export async function startServices(t: Pick<TestContext, 'after'>): Promise<SharedServices> {
  const postgres = startPostgres({ port: await freePort(), fsync: true });
  t.after(() => postgres.stop());
  const s3 = await startRadosgw();
  t.after(() => s3.stop());
  const { bucket, endpoint, region } = s3;
  // The SDK has written into them.
  const { accessKeyId, secretAccessKey } = s3.credentials;
  const credentials = { accessKeyId, secretAccessKey };
  return {
    postgres,
    s3,
    restartRadosgw: () => restartRadosgw(t, s3),
    fresh: async () => ({
      storage: {
        ...{ type: 's3', bucket, endpoint, region, credentials },
        prefix: `p${randomBytes(6).toString('hex')}`,
      },
      database: { url: await freshSchema(postgres) },
    }),
  };
}

async function restartRadosgw(
  t: Pick<TestContext, 'after'>,
  { folder, endpoint }: S3Server,
): Promise<void> {
  const answers = () =>
    fetch(endpoint).then(
      () => true,
      () => false,
    );
  process.kill(pidOfRadosgw(folder), 'SIGKILL');
  await until('radosgw is gone', async () => !(await answers()));
  const env = { ...process.env, CEPH_CONF: join(folder, 'ceph.conf') };
  const child = spawn('radosgw', ['-n', 'client.rgw', '-f'], { env, stdio: 'ignore' });
  t.after(() => child.kill('SIGKILL'));
  await until('radosgw answers again', answers, 60_000);
}

/** The process that was started with the configuration in `folder`. */
function pidOfRadosgw(folder: string): number {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      const program = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0')[0] ?? '';
      if (!program.endsWith('radosgw')) continue;
      const environment = readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
      if (environment.includes(`CEPH_CONF=${folder}/ceph.conf`)) return Number(pid);
    } catch {
      // It has ended, or belongs to somebody else.
    }
  }
  throw new Error(`no radosgw runs in ${folder}`);
}
