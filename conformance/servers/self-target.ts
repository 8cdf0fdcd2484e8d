import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Profile, Target } from '../target.ts';
import { profiled } from './profiled.ts';
import type { SelfSigned } from './self-signed.ts';
import { cleanEnvironment, type Launch, launch, nodeArgs } from './server-process.ts';

/** The file that TUSD_TS_PROGRAM names, to look at a published package, or this checkout's command. */
const COMMAND = process.env.TUSD_TS_PROGRAM
  ? [process.env.TUSD_TS_PROGRAM]
  : nodeArgs(new URL('../../bin/tusd-ts.ts', import.meta.url));
const IDLE_MS = 1500;

export interface SelfOptions {
  readonly limitMs?: number;
  readonly slow?: boolean;
  /** Over https, with this certificate. */
  readonly tls?: SelfSigned;
}

/** This project's own command from its sources, started per configuration when first needed. */
export function selfTarget({ tls, ...options }: SelfOptions = {}): Promise<Target> {
  return profiled((profile) => launch(own(profile, tls, options)));
}

function own(profile: Profile, tls: SelfSigned | undefined, options: Omit<SelfOptions, 'tls'>) {
  // 0.00002 days are 1.7 seconds.
  const retentionDays = profile === 'short-expiry' ? '0.00002' : '1';
  const maxSize = profile === 'small-max-size' ? '64KiB' : '1GiB';
  return {
    ...options,
    name: 'tusd-ts',
    ...(profile === 'short-idle'
      ? { idleMs: IDLE_MS, env: { UPLOAD_DAEMON_IDLE_TIMEOUT: `${IDLE_MS}ms` } }
      : {}),
    args: (port, folder) => [
      ...[...COMMAND, 'serve', '--port', String(port), '--upload-dir', folder],
      ...['--max-size', maxSize, '--retention-days', retentionDays],
      ...(tls ? ['--tls-certificate', tls.cert, '--tls-key', tls.key] : []),
    ],
    dataFile: (folder, id) => join(folder, 'tus', id),
    sweep: async (_child, folder) => {
      const own = {
        UPLOAD_DAEMON_UPLOAD_DIR: folder,
        UPLOAD_DAEMON_RETENTION_DAYS: retentionDays,
      };
      await promisify(execFile)(process.execPath, [...COMMAND, 'cleanup'], {
        cwd: folder,
        env: { ...cleanEnvironment(), ...own },
      });
    },
  } satisfies Launch;
}
