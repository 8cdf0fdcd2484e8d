import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import type { TestContext } from 'node:test';
import Database from 'better-sqlite3';

const STILL = new Int32Array(new SharedArrayBuffer(4));

const healthy = () => undefined;

/**
 * A disk that fails where a test wants it to. It stands between the program and node:fs and SQLite,
 * so it must be imported before what it is to stand under (the first import of a test file).
 */
class FaultyDisk {
  /** Every step since the last reset: "write", "fdatasync", "INSERT uploads", "COMMIT" … */
  steps: string[] = [];
  /** Descriptors that were opened and not closed since the last reset. */
  readonly open = new Set<number>();
  /** Called before every step; an error that it returns is thrown in its place. */
  fail: (step: string, index: number) => Error | undefined = healthy;
  /** How many bytes one write takes at most, as a kernel may. */
  takes = Number.POSITIVE_INFINITY;
  /** How many writes were not left to the thread pool. */
  atOnce = 0;
  /** How many data files were opened without it. */
  openedAtOnce = 0;
  /** Milliseconds that a write takes at least, and an opening that is not left to the thread pool. */
  slowness = 0;
  /** Writes that wait to be let go; undefined when they don't wait. */
  held: (() => void)[] | undefined;

  reset(): void {
    this.steps = [];
    this.open.clear();
    this.fail = healthy;
    this.takes = Number.POSITIVE_INFINITY;
    this.atOnce = 0;
    this.openedAtOnce = 0;
    this.slowness = 0;
    this.letGo();
  }

  /** From now on writes wait for letGo(). */
  holdWrites(): void {
    this.held ??= [];
  }

  letGo(): void {
    const { held = [] } = this;
    this.held = undefined;
    for (const write of held) write();
  }

  /** Fails the n-th step (0 is the next one) as a full disk does; tells which that was. */
  failAt(index: number): { step: string | undefined } {
    this.reset();
    const failed: { step: string | undefined } = { step: undefined };
    this.fail = (step, at) => {
      if (at !== index) return undefined;
      failed.step = step;
      return noSpace(step);
    };
    return failed;
  }

  /** Goes back to a healthy disk when the test ends. */
  during(test: Pick<TestContext, 'after'>): this {
    this.reset();
    test.after(() => this.reset());
    return this;
  }
}

export const faultyDisk = new FaultyDisk();

/** What a full disk throws at a step: an errno, or SQLite's own code. */
export function noSpace(step: string): Error {
  return /^[a-z]/.test(step)
    ? Object.assign(new Error(`ENOSPC: no space left on device, ${step}`), { code: 'ENOSPC' })
    : new Database.SqliteError('database or disk is full', 'SQLITE_FULL');
}

export function diskError(code: string): Error {
  return Object.assign(new Error(`${code}: the disk failed`), { code });
}

function take(step: string): Error | undefined {
  faultyDisk.steps.push(step);
  return faultyDisk.fail(step, faultyDisk.steps.length - 1);
}

type Anything = (...args: unknown[]) => unknown;
type Callback = (error: Error | null, result?: unknown) => void;

/** Puts `instead` in the place of a function of node:fs, with what util.promisify looks for. */
function replace(name: string, instead: (original: Anything) => Anything): void {
  const table = fs as unknown as Record<string, Anything>;
  const original = table[name]!;
  const replacement = instead(original);
  for (const symbol of Object.getOwnPropertySymbols(original)) {
    Object.defineProperty(replacement, symbol, {
      ...Object.getOwnPropertyDescriptor(original, symbol),
    });
  }
  table[name] = replacement;
}

for (const name of ['ftruncate', 'fsync', 'fdatasync']) {
  replace(name, (original) => (...args) => {
    const error = take(name);
    if (error) return void process.nextTick(args.at(-1) as Callback, error);
    return original(...args);
  });
}

replace('write', (original) => (...args) => {
  const error = take('write');
  if (error) return void process.nextTick(args.at(-1) as Callback, error);
  const [fd, buffer, offset, length, position, callback] = args;
  const most = Math.min(faultyDisk.takes, (length as number) ?? (buffer as Buffer).length);
  return whenLetGo(() => original(fd, buffer, offset, most, position, callback));
});

// The same step to a test: where it is written from depends on how quick the disk was before.
replace('writeSync', (original) => (...args) => {
  const [fd, buffer, offset, length, position] = args;
  // Standard output, which is written by an encoding, is no disk.
  if (!Buffer.isBuffer(buffer)) return original(...args);
  const error = take('write');
  if (error) throw error;
  faultyDisk.atOnce += 1;
  if (faultyDisk.slowness > 0) Atomics.wait(STILL, 0, 0, faultyDisk.slowness);
  const most = Math.min(faultyDisk.takes, (length as number | undefined) ?? buffer.length);
  return original(fd, buffer, offset ?? 0, most, position);
});

replace('writev', (original) => (...args) => {
  const error = take('writev');
  if (error) return void process.nextTick(args.at(-1) as Callback, error);
  const [fd, buffers, position, callback] = args as [number, Buffer[], number, Callback];
  const most = faultyDisk.takes;
  const taken =
    most === Number.POSITIVE_INFINITY ? buffers : [Buffer.concat(buffers).subarray(0, most)];
  return whenLetGo(() => original(fd, taken, position, callback));
});

function whenLetGo(write: () => unknown): void {
  if (faultyDisk.held) faultyDisk.held.push(write);
  else if (faultyDisk.slowness > 0) setTimeout(write, faultyDisk.slowness);
  else write();
}

replace('open', (original) => (...args) => {
  const callback = args.pop() as Callback;
  const error = take('open');
  if (error) return void process.nextTick(callback, error);
  return original(...args, (failed: Error | null, fd: number) => {
    if (!failed) faultyDisk.open.add(fd);
    callback(failed, fd);
  });
});

// Data files are opened so; everything else is opened for reading.
replace('openSync', (original) => (...args) => {
  const [, flags] = args;
  if (flags !== 'wx+' && flags !== 'r+') return original(...args);
  const error = take('open');
  if (error) throw error;
  faultyDisk.openedAtOnce += 1;
  if (faultyDisk.slowness > 0) Atomics.wait(STILL, 0, 0, faultyDisk.slowness);
  const fd = original(...args) as number;
  faultyDisk.open.add(fd);
  return fd;
});

for (const name of ['close', 'closeSync']) {
  replace(name, (original) => (...args) => {
    faultyDisk.open.delete(args[0] as number);
    return original(...args);
  });
}
syncBuiltinESMExports();

interface Statement {
  source: string;
  run(...args: unknown[]): unknown;
}

const scratch = new Database(':memory:');
const prototype = Object.getPrototypeOf(scratch.prepare('SELECT 1')) as Statement;
scratch.close();
const run = prototype.run;
prototype.run = function (this: Statement, ...args: unknown[]) {
  const words = /^\s*(INSERT|UPDATE|DELETE|COMMIT|BEGIN)(?:\s+(?:INTO|FROM))?\s*(\w*)/.exec(
    this.source,
  );
  if (words) {
    const error = take(`${words[1]} ${words[2]}`.trim());
    if (error) throw error;
  }
  return run.apply(this, args);
};
