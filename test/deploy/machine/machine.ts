import { type ChildProcess, execFile, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import type { TestContext } from 'node:test';
import { NODE_ARGS } from '../../support/command.ts';
import { ROOT } from '../../support/script.ts';
import { temporaryFolder } from '../../support/temporary.ts';
import { findTool } from '../../support/tools.ts';
import { until } from '../../support/until.ts';

const BOOT = join(ROOT, 'test', 'deploy', 'machine', 'boot.sh');
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
const LIMIT = 60_000;

/** The folder of the package in the machine. */
export const INSTALLED = '/usr/local/lib/node_modules/tusd-ts';

export interface Output {
  readonly code: number;
  /** Of both streams. */
  readonly text: string;
}

/** A machine of its own that systemd has booted, on this one's kernel and programs. */
export interface Machine {
  /** Runs a script of the shell in it, in the folder of the package. */
  run(script: string): Promise<Output>;
  /** The same; returns what it printed, and throws when it fails. */
  get(script: string): Promise<string>;
  /** Starts a program of this machine in the network of that one. */
  inNetwork(command: string, args: readonly string[]): ChildProcess;
  /** A path of the machine as this one sees it. */
  seen(path: string): string;
}

/**
 * Options of a test that boots systemd. With TUSD_TS_REQUIRE_ALL set it runs, and fails, where root cannot do
 * that.
 */
export function needingMachine(): { skip?: string } {
  if (process.getuid?.() !== 0) return { skip: 'only root can boot systemd' };
  if (process.env.TUSD_TS_REQUIRE_ALL) return {};
  if (findTool('systemctl') === null) return { skip: 'systemd is not installed' };
  const script = 'mount -t tmpfs none /mnt && mount -t cgroup2 none /mnt';
  const tried = spawnSync('unshare', [
    '--mount',
    '--cgroup',
    '--pid',
    '--fork',
    'sh',
    '-c',
    script,
  ]);
  return tried.status === 0
    ? {}
    : { skip: 'namespaces or control groups (cgroup2) cannot be made here' };
}

/** Boots it; it ends with the test. */
export async function bootMachine(t: TestContext): Promise<Machine> {
  const work = temporaryFolder(t);
  const program = NODE_ARGS.at(-1)!;
  // npm does so when it installs it.
  chmodSync(program, 0o755);
  const dist = dirname(dirname(program));
  const child = spawn(
    'unshare',
    ['--mount', 'sh', BOOT, work, dirname(dist), dist, process.execPath],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let said = '';
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding('utf8').on('data', (text) => (said += text));
  }
  const ended = once(child, 'close');
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
    await removeGroup(work);
  });
  const pid = await until(
    'the machine to begin',
    () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${said}`);
      return readIfThere(join(work, 'pid'))?.trim();
    },
    LIMIT,
  );
  const machine = machineOf(pid);
  await until(
    'systemd to have booted',
    async () => {
      if (child.exitCode !== null) throw new Error(`it ended with ${child.exitCode}: ${said}`);
      return /running|degraded/.test((await machine.run('systemctl is-system-running')).text);
    },
    LIMIT,
  );
  return machine;
}

function machineOf(pid: string): Machine {
  const target = ['--target', pid];
  const all = ['--mount', '--uts', '--ipc', '--net', '--pid', '--cgroup'];
  const run = (script: string): Promise<Output> => {
    const args = [
      ...target,
      ...all,

      'sh',
      '-c',
      `cd ${INSTALLED} && { ${script}\n} 2>&1`,
    ];
    const env = { PATH, HOME: '/root', SYSTEMD_PAGER: 'cat', SYSTEMD_COLORS: '0' };
    return new Promise((resolve) => {
      execFile('nsenter', args, { env, timeout: LIMIT }, (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : -1;
        resolve({ code, text: stdout + stderr });
      });
    });
  };
  return {
    run,
    async get(script) {
      const { code, text } = await run(script);
      if (code !== 0) throw new Error(`${script}\nended with ${code}: ${text}`);
      return text;
    },
    inNetwork: (command, args) =>
      spawn('nsenter', [...target, '--net', command, ...args], {
        stdio: ['pipe', 'pipe', 'inherit'],
      }),
    seen: (path) => join(`/proc/${pid}/root`, path),
  };
}

/** Removes the control groups of a machine that has ended. */
async function removeGroup(work: string): Promise<void> {
  const script =
    'mount -t cgroup2 cgroup2 /sys/fs/cgroup && find "/sys/fs/cgroup/$0" -depth -type d -exec rmdir {} +';
  await until('its control groups to be removed', () => {
    const { status } = spawnSync('unshare', ['--mount', 'sh', '-c', script, basename(work)]);
    return status === 0;
  });
}

function readIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return undefined;
  }
}
