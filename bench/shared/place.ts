import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type SharedServices, startServices } from '../../test/support/services/shared.ts';
import { freePort, startServer } from '../subjects/server-process.ts';
import type { RunningSubject } from '../subjects/subject.ts';

/** A database that syncs its commits, and a bucket whose server keeps everything in memory. */
export interface Place {
  readonly services: SharedServices;
  /** Writes a configuration for a bucket and a database where nothing is yet; returns its file. */
  configure(directory: string): Promise<{ readonly file: string; readonly databaseUrl: string }>;
  stop(): Promise<void>;
}

export async function startPlace(): Promise<Place> {
  const ends: (() => unknown)[] = [];
  const t = { after: (end: () => unknown) => void ends.unshift(end) };
  const stop = async () => {
    for (const end of ends.splice(0)) await end();
  };
  try {
    const services = await startServices(t as Parameters<typeof startServices>[0]);
    return {
      services,
      stop,
      async configure(directory) {
        const fresh = await services.fresh();
        const file = join(directory, 'upload-daemon.config.json');
        const uploadDir = join(directory, 'spool');
        writeFileSync(file, JSON.stringify({ ...fresh, uploadDir, cleanupSchedule: 'never' }));
        return { file, databaseUrl: String(fresh.database.url) };
      },
    };
  } catch (error) {
    await stop();
    throw error;
  }
}

/** Starts one more daemon with a configuration that `configure` has written. */
export async function startShared(
  program: string,
  directory: string,
  config: string,
): Promise<RunningSubject> {
  const port = await freePort();
  return startServer({
    args: [program, 'serve', '--config', config, '--port', String(port), '--log-format', 'json'],
    cwd: directory,
    path: '/uploads/files/',
    port,
  });
}
