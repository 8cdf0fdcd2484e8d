import assert from 'node:assert/strict';
import { existsSync, readdirSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { foreignTarget, type Target } from '../../../conformance/target.ts';
import { head, offsetOf } from '../../../conformance/tus.ts';
import { type Wire, WireError } from '../../../conformance/wire.ts';
import { type Daemon, startDaemon } from '../../support/command.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { until } from '../../support/until.ts';

/** A daemon that a test treats badly. */
export interface Served {
  readonly daemon: Daemon;
  readonly target: Target;
  /** The data file of an upload, whether or not it is there. */
  dataFile(url: string): string;
  /** Waits until HEAD tells this offset. */
  holds(url: string, offset: number): Promise<void>;
  /**
   * Throws unless the daemon is alive, has let go of every connection and file, has met no error,
   * and ends with 0 when told to.
   */
  endsWell(): Promise<void>;
}

/** Starts the real command with these variables (without their UPLOAD_DAEMON_). */
export async function serve(
  t: Pick<TestContext, 'after'>,
  variables: Readonly<Record<string, string>> = {},
): Promise<Served> {
  const folder = temporaryFolder(t);
  const env = Object.entries(variables).map(([name, value]) => [`UPLOAD_DAEMON_${name}`, value]);
  const args = ['--upload-dir', folder, '--log-format', 'json'];
  const daemon = await startDaemon(t, args, { env: Object.fromEntries(env) });
  // Longer than any answer takes, shorter than the idle timeout of 60 s.
  const target = foreignTarget(daemon.url, { limitMs: 30_000 });
  const open = () => openThings(daemon.child.pid ?? 0, join(folder, 'tus'));
  const before = open();
  return {
    daemon,
    target,
    dataFile: (url) => join(folder, 'tus', url.slice(url.lastIndexOf('/') + 1)),
    holds: async (url, offset) => {
      await until(`an offset of ${offset}`, async () => (await offsetOf(target, url)) === offset);
    },
    endsWell: async () => {
      assert.equal(daemon.child.exitCode ?? daemon.child.signalCode, null, daemon.output());
      await until('no connection and no file is left open', () => open() <= before);
      assert.equal(await daemon.stop(), 0);
      const lines = daemon.output().trim().split('\n');
      const bad = lines
        .map((line) => JSON.parse(line) as { level?: string; status?: number })
        .filter(({ level, status = 0 }) => level === 'error' || status >= 500);
      assert.deepEqual(bad, []);
    },
  };
}

/** How many sockets and data files it has open; 0 where the system does not tell. */
function openThings(pid: number, dataFiles: string): number {
  const folder = `/proc/${pid}/fd`;
  if (!existsSync(folder)) return 0;
  const targets = readdirSync(folder).map((fd) => {
    try {
      return readlinkSync(join(folder, fd));
    } catch {
      return 'closed in the meantime';
    }
  });
  return targets.filter((to) => to.startsWith('socket:') || to.startsWith(`${dataFiles}/`)).length;
}

/** Whether nothing has come over this connection: no answer, and no end. */
export async function isWaiting(wire: Wire): Promise<boolean> {
  try {
    await wire.next(0);
    return false;
  } catch (error) {
    if (error instanceof WireError) return error.kind === 'silent';
    throw error;
  }
}

/** The status of the answer, or that there was none. */
export async function endOf(wire: Wire): Promise<number | 'closed'> {
  try {
    return (await wire.reply()).status;
  } catch (error) {
    if (error instanceof WireError && error.kind === 'closed') return 'closed';
    throw error;
  }
}

/** Whether the upload is gone for those who ask. */
export async function isGone(t: Target, url: string): Promise<boolean> {
  return [404, 410].includes((await head(t, url)).status);
}
