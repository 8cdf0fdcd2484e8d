import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import type { Profile, Target } from '../target.ts';
import { profiled } from './profiled.ts';
import { cleanEnvironment, type Launch, launch } from './server-process.ts';

const COMMAND = fileURLToPath(new URL('../../../bin/tusd-ts.ts', import.meta.url));
const IDLE_MS = 1500;

/** This project's own command from its sources, started per configuration when first needed. */
export function selfTarget(options: { limitMs?: number; slow?: boolean } = {}): Promise<Target> {
  return profiled((profile) => launch(own(profile, options)));
}

function own(profile: Profile, options: { limitMs?: number; slow?: boolean }) {
  // 0.00002 days are 1.7 seconds.
  const retentionDays = profile === 'short-expiry' ? '0.00002' : '1';
  const maxSize = profile === 'small-max-size' ? '64KiB' : '1GiB';
  const node = ['--import', import.meta.resolve('tsx'), COMMAND];
  return {
    ...options,
    name: 'tusd-ts',
    ...(profile === 'short-idle'
      ? { idleMs: IDLE_MS, env: { UPLOAD_DAEMON_IDLE_TIMEOUT: `${IDLE_MS}ms` } }
      : {}),
    args: (port, folder) => [
      ...[...node, 'serve', '--port', String(port), '--upload-dir', folder],
      ...['--max-size', maxSize, '--retention-days', retentionDays],
    ],
    dataFile: (folder, id) => join(folder, 'tus', id),
    sweep: async (_child, folder) => {
      const own = {
        UPLOAD_DAEMON_UPLOAD_DIR: folder,
        UPLOAD_DAEMON_RETENTION_DAYS: retentionDays,
      };
      await promisify(execFile)(process.execPath, [...node, 'cleanup'], {
        cwd: folder,
        env: { ...cleanEnvironment(), ...own },
      });
    },
  } satisfies Launch;
}
