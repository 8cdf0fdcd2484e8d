import { readFileSync } from 'node:fs';

/** A system call. `result` is set when it has returned. */
export interface Call {
  readonly thread: string;
  readonly name: string;
  /** As strace prints them; strings and paths stand there in hexadecimal. */
  readonly args: string;
  result: number | null;
}

/** Calls of several threads overlap, so that each begins and ends at a moment of its own. */
export interface Moment {
  readonly phase: 'begins' | 'ends';
  readonly call: Call;
}

const CALLS = [
  'openat,open,creat,write,writev,pwrite64,pwritev,pwritev2,ftruncate,truncate,fallocate',
  'fsync,fdatasync,sync_file_range,sync,syncfs,msync,unlink,unlinkat,rename,renameat,renameat2',
  'link,linkat,symlink,mkdir,mkdirat,rmdir,sendto,sendmsg,sendfile,copy_file_range',
].join(',');

/**
 * strace's arguments: every thread, what it writes in full, paths of descriptors. With -D the
 * program stays the child of the process that starts it, so that it gets the signals.
 */
export function straceArgs(log: string): string[] {
  const content = ['-y', '-xx', '-s', '16777216', '-e', 'signal=none', '-e', `trace=${CALLS}`];
  return ['-D', '-f', '-qq', '--seccomp-bpf', ...content, '-o', log];
}

/** Reads strace's log: its order is the order in which calls were seen to begin and to end. */
export function* readTrace(log: string): Generator<Moment> {
  const open = new Map<string, Call>();
  for (const line of readFileSync(log, 'latin1').split('\n')) {
    const [, thread = '', rest = ''] = /^(\d+) +(.*)$/s.exec(line) ?? [];
    const resumed = /^<\.\.\. \w+ resumed>.*\) += (-?\d+)/s.exec(rest);
    if (resumed) {
      const call = open.get(thread);
      if (!call) continue;
      open.delete(thread);
      call.result = Number(resumed[1]);
      yield { phase: 'ends', call };
      continue;
    }
    const begun = /^(\w+)\((.*)$/s.exec(rest);
    if (!begun) continue;
    const [, name = '', text = ''] = begun;
    if (text.endsWith('<unfinished ...>')) {
      const call = { thread, name, args: text, result: null };
      open.set(thread, call);
      yield { phase: 'begins', call };
      continue;
    }
    const result = /\) += (-?\d+)[^)"]*$/s.exec(text);
    const call = { thread, name, args: text, result: null as number | null };
    yield { phase: 'begins', call };
    call.result = Number(result?.[1] ?? Number.NaN);
    yield { phase: 'ends', call };
  }
}

/** The path behind the descriptor that a call names first; '' for none. */
export function descriptorPath({ args }: Call): string {
  return fromHex(/^\d+<((?:\\x[0-9a-f]{2})*)>/.exec(args)?.[1] ?? '').toString();
}

/** The strings among the arguments, in order: paths, or what is written. */
export function strings({ args }: Call): Buffer[] {
  return [...args.matchAll(/"((?:\\x[0-9a-f]{2})*)"/g)].map((found) => fromHex(found[1] ?? ''));
}

/** The numbers that stand alone among the arguments, in order. */
export function numbers({ args }: Call): number[] {
  return [...args.matchAll(/, (\d+)(?=[,) ])/g)].map((found) => Number(found[1]));
}

function fromHex(text: string): Buffer {
  return Buffer.from(text.replaceAll('\\x', ''), 'hex');
}
