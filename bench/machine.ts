import { readFileSync, realpathSync } from 'node:fs';
import { availableParallelism, cpus, release, totalmem, type } from 'node:os';
import { GIB } from './sizes.ts';

/** What the figures were measured on. */
export interface Machine {
  readonly cpus: number;
  readonly model: string;
  readonly memory: string;
  readonly node: string;
  readonly system: string;
  /** Of the directory where uploads went. */
  readonly filesystem: string;
}

export function describeMachine(directory: string): Machine {
  return {
    cpus: availableParallelism(),
    model: cpus()[0]?.model.trim() ?? 'unknown processor',
    memory: `${(totalmem() / GIB).toFixed(1)} GiB`,
    node: process.version,
    system: `${type()} ${release()}`,
    filesystem: filesystemOf(realpathSync(directory)),
  };
}

/** The type of the file system that holds a path, by the longest mount point above it. */
function filesystemOf(path: string): string {
  let mounts: string;
  try {
    mounts = readFileSync('/proc/mounts', 'utf8');
  } catch {
    return 'unknown';
  }
  let longest = '';
  let found = 'unknown';
  for (const line of mounts.split('\n')) {
    const [, point = '', name = ''] = line.split(' ');
    const above = path === point || path.startsWith(point.endsWith('/') ? point : `${point}/`);
    if (point !== '' && above && point.length >= longest.length) {
      longest = point;
      found = name;
    }
  }
  return found;
}
