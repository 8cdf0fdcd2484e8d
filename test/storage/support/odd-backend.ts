import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { Fault } from '../../../src/fault.ts';
import type { Bytes, Reader, Writer } from '../../../src/storage/bytes/bytes.ts';
import { MemoryBytes } from '../../../src/storage/bytes/memory/memory-bytes.ts';
import { createMemoryCatalog } from '../../../src/storage/catalog/memory/memory-catalog.ts';
import type { Backend } from '../../../src/storage/local/local-backend.ts';

/** Of so many calls of the store of bytes one fails. */
const FAILS = 7;

/** A backend that keeps its promises and no more: slow, out of step, and often failing. */
export interface OddBackend extends Backend {
  /** The bytes without the oddities, to look at. */
  readonly inside: Bytes;
  /** Readers and writers that were opened and not closed. */
  readonly open: ReadonlySet<Reader>;
  /** While true nothing fails. */
  healthy: boolean;
}

/** Numbers from 0 to 1, the same for the same seed. */
function randomOf(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** The object with its methods that return promises run through `wrap`. */
function wrapped<T extends object>(
  target: T,
  wrap: (name: string, call: () => Promise<unknown>) => Promise<unknown>,
  names: (name: string) => boolean,
): T {
  return new Proxy(target, {
    get(_, name) {
      const value: unknown = Reflect.get(target, name);
      if (typeof value !== 'function') return value;
      const method = value.bind(target) as (...args: unknown[]) => Promise<unknown>;
      if (!names(String(name))) return method;
      return (...args: unknown[]) => wrap(String(name), () => method(...args));
    },
  });
}

const ITERATES = new Set(['list', 'condemnable', 'stored', 'entries']);
const CALMLY = new Set(['close', 'prepare', 'locate', 'blocks', 'write', 'place']);

/**
 * A store of bytes that is slow, takes few bytes at a time and fails one call in seven before it
 * does anything, and a catalog that begins and ends each unit of work after a random delay.
 */
export function oddBackend(seed: number): OddBackend {
  const random = randomOf(seed);
  const late = async () => {
    const delay = Math.floor(random() * 4) - 1;
    if (delay <= 0) await nextTurn();
    else await pause(delay);
  };
  const inside = new MemoryBytes();
  const open = new Set<Reader>();
  let calls = 0;
  let failing = 0;

  // Which of seven is left to chance: an attempt of seven calls would fail at the same one for ever.
  const fails = () => {
    if (calls % FAILS === 0) failing = calls + Math.floor(random() * FAILS);
    calls += 1;
    return calls - 1 === failing && !backend.healthy;
  };
  const slowly = async (name: string, call: () => Promise<unknown>) => {
    await late();
    if (fails()) throw new Fault('IO', `${name} failed, as one call in seven does`);
    return call();
  };

  const oddReader = <T extends Reader>(reader: T): T => {
    const odd: T = new Proxy(
      wrapped(reader, slowly, (name) => !CALMLY.has(name)),
      {
        get(target, name) {
          if (name === 'write')
            return (...args: Parameters<Writer['write']>) => write(reader, args);
          if (name !== 'close') return Reflect.get(target, name);
          return () => {
            open.delete(odd);
            reader.close();
          };
        },
      },
    );
    open.add(odd);
    return odd;
  };

  const write = async (writer: unknown, [chunks, position, done]: Parameters<Writer['write']>) => {
    await late();
    if (fails()) {
      done(Object.assign(new Error('EIO: one call in seven'), { code: 'EIO' }), 0);
      return;
    }
    const all = Buffer.concat(chunks);
    const taken = all.subarray(0, 1 + Math.floor(random() * all.length));
    (writer as Writer).write([taken], position, done);
  };

  const bytes = wrapped(
    inside as Bytes,
    async (name, call) => {
      const result = await slowly(name, call);
      return /^(?:create|openFor)/.test(name) ? oddReader(result as Reader) : result;
    },
    (name) => !CALMLY.has(name) && !ITERATES.has(name),
  );

  const lately = async (_: string, call: () => Promise<unknown>) => {
    await late();
    const result = await call();
    await late();
    return result;
  };
  const catalog = createMemoryCatalog();
  const outbox = wrapped(catalog.outbox, lately, () => true);
  const oddCatalog = wrapped(catalog, lately, (name) => !ITERATES.has(name));
  const backend: OddBackend = {
    catalog: new Proxy(oddCatalog, {
      get: (target, name) => (name === 'outbox' ? outbox : Reflect.get(target, name)),
    }),
    bytes,
    boot: null,
    release: () => {},
    inside,
    open,
    healthy: false,
  };
  return backend;
}
