import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, openSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import type { TestContext } from 'node:test';
import { temporaryFolder } from '../../support/temporary.ts';
import { type Running, start } from '../support/running.ts';

/** A file system of a few MiB in memory, which processes started by `run` see. */
export interface SmallDisk {
  /** Its path for those processes. */
  readonly folder: string;
  /** Its path for the test. */
  readonly seen: string;
  run(command: string, args: readonly string[]): Running;
  freeBytes(): number;
  /** Takes all but so many bytes. */
  fill(leaving: number): void;
  /** Gives back what `fill` took. */
  makeRoom(): void;
}

const AS_ROOT = process.getuid?.() === 0;
/** Elsewhere than for root, mounting takes a user namespace. */
const UNSHARE = [...(AS_ROOT ? [] : ['--user', '--map-root-user']), '--mount'];
const ENTER = AS_ROOT ? [] : ['--user', '--preserve-credentials'];

/** Options of a test that needs to mount; with TUSD_TS_REQUIRE_ALL set it fails where it cannot. */
export function needingMounts(): { skip?: string } {
  if (process.env.TUSD_TS_REQUIRE_ALL) return {};
  const tried = spawnSync('unshare', [...UNSHARE, 'mount', '-t', 'tmpfs', 'none', '/mnt']);
  return tried.status === 0 ? {} : { skip: 'a file system cannot be mounted here' };
}

/**
 * Mounts it in a namespace of its own, which ends with the process that holds it open, and that one
 * with the test's: however the test ends, nothing stays mounted.
 */
export async function mountSmallDisk(test: TestContext, size: string): Promise<SmallDisk> {
  const folder = temporaryFolder(test);
  const script = `mount -t tmpfs -o size=${size} none "$0" && echo mounted && exec cat`;
  const holder = spawn('unshare', [...UNSHARE, 'sh', '-c', script, folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  test.after(() => holder.kill('SIGKILL'));
  await Promise.race([once(holder.stdout, 'data'), ended(holder)]);
  const seen = join(`/proc/${holder.pid}/root`, folder);
  const ballast = join(seen, 'ballast');
  const freeBytes = () => {
    const { bavail, bsize } = statfsSync(seen);
    return bavail * bsize;
  };
  return {
    folder,
    seen,
    run: (command, args) =>
      start(test, 'nsenter', ['-t', `${holder.pid}`, ...ENTER, '--mount', command, ...args]),
    freeBytes,
    fill: (leaving) => {
      const fd = openSync(ballast, 'a');
      try {
        for (let left = freeBytes() - leaving; left > 0; left = freeBytes() - leaving) {
          writeSync(fd, Buffer.alloc(Math.min(left, 65_536)));
        }
      } finally {
        closeSync(fd);
      }
    },
    makeRoom: () => rmSync(ballast, { force: true }),
  };
}

async function ended(holder: ReturnType<typeof spawn>): Promise<never> {
  const [code] = await once(holder, 'exit');
  throw new Error(`the small disk could not be mounted (${code})`);
}
