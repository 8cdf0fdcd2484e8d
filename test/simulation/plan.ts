import type { FsyncMode } from '../../src/storage/uploads/durability.ts';
import { focused } from './focus.ts';
import { type Random, randomOf } from './random.ts';

/** What one client is about. */
export interface Job {
  readonly kind: 'plain' | 'with-creation' | 'deferred' | 'parts';
  /** Bytes; of each part when there are parts. */
  readonly length: number;
  readonly parts: number;
  /** The most bytes in one request. */
  readonly most: number;
  /** Every request counts as a whole. */
  readonly checksums: boolean;
  /** A request says whether it completes the upload; the length alone does not. */
  readonly explicit: boolean;
  /** Its requests are tus 1.0.0, and the real endpoint serves them. */
  readonly tus: boolean;
  /** Probability that a request misbehaves, or that its connection breaks. */
  readonly rude: number;
  readonly breaks: number;
  /** Probability that a body stands still for seconds before its next bytes. */
  readonly stalls: number;
  /** Who else is at the same upload. */
  readonly rival: boolean;
  /** Looks so many times. */
  readonly looks: number;
  /** Deletes the upload, or one of its parts, after so many milliseconds; null for never. */
  readonly deletesAfter: number | null;
  /** The final upload is requested before its parts exist. */
  readonly finalFirst: boolean;
  readonly startsAt: number;
  readonly seed: number;
}

export type Trouble =
  | 'crash'
  | 'power'
  | 'restart'
  | 'pause'
  | 'clock'
  | 'full'
  | 'catalog-full'
  | 'catalog-errors'
  | 'write-errors'
  | 'sync-errors'
  | 'other-errors'
  | 'slow'
  | 'sweep'
  | 'remove'
  | 'receiver-down';

/** Something that goes wrong, or that an operator does, once the run has come to a step. */
export interface Fault {
  readonly kind: Trouble;
  readonly step: number;
  /** How long it lasts, or what a clock jumps by (milliseconds). */
  readonly lasts: number;
  readonly seed: number;
}

/** Calls of which one kind is slow in some runs, so that everything else overtakes it. */
const SLOW = [
  'reading the catalog',
  'writing the catalog',
  'syncing the catalog',
  'making a data file',
  'opening a data file',
  'looking at a data file',
  'reading a data file',
  'writing a data file',
  'cutting a data file',
  'syncing a data file',
  'removing a data file',
];

/** All that is decided before a run begins. Leaving out parts of it makes a smaller run. */
export interface Plan {
  readonly seed: number;
  readonly fsync: FsyncMode;
  /** What becomes of a finish that a hook is asked about; null when none is. */
  readonly guard: 'agrees' | 'refuses' | 'fails' | null;
  readonly hooks: boolean;
  /** Nothing takes time but what must: for a trace that is easy to read. */
  readonly calm: boolean;
  /** What is slow (see SLOW). */
  readonly slow: readonly string[];
  readonly jobs: readonly Job[];
  readonly faults: readonly Fault[];
}

const TROUBLES: readonly (readonly [Trouble, number])[] = [
  ['crash', 20],
  ['power', 14],
  ['restart', 6],
  ['pause', 6],
  ['clock', 4],
  ['full', 6],
  ['catalog-full', 4],
  ['catalog-errors', 4],
  ['write-errors', 6],
  ['sync-errors', 6],
  ['other-errors', 5],
  ['slow', 4],
  ['sweep', 8],
  ['remove', 5],
  ['receiver-down', 4],
];

export function planOf(seed: number): Plan {
  const random = randomOf(seed);
  const draw = random.next();
  const fsync = draw < 0.6 ? 'completed' : draw < 0.9 ? 'always' : 'never';
  const guard = random.chance(0.75) ? null : random.pick(['agrees', 'refuses', 'fails'] as const);
  return focused({
    seed,
    fsync,
    guard,
    hooks: random.chance(0.35),
    calm: false,
    slow: [...(random.chance(0.3) ? [random.pick(SLOW)] : []), ...slowTogether(seed)],
    jobs: Array.from({ length: random.chance(0.2) ? 2 : 1 }, () => jobOf(random, guard !== null)),
    faults: faultsOf(random, fsync),
  });
}

/** Who looks at a file sees the beginning of a write, and looks again before it has ended. */
function slowTogether(seed: number): readonly string[] {
  return randomOf(seed).fork(17).chance(0.1) ? ['ending a write', 'looking at a data file'] : [];
}

function faultsOf(random: Random, fsync: FsyncMode): Fault[] {
  const faults: Fault[] = [];
  for (let left = random.pick([0, 1, 1, 2, 2, 3, 4]); left > 0; left -= 1) {
    const fault = faultOf(random, fsync);
    // Two steps of a clock within a second are none for who looks once a second.
    if (fault.kind === 'clock' && faults.some(({ kind }) => kind === 'clock')) continue;
    const before = faults.at(-1);
    // What is mended after one fault is most in danger when the next one comes at once.
    const soon = before && random.chance(0.4);
    faults.push(soon ? { ...fault, step: before.step + random.between(1, 30) } : fault);
  }
  return faults;
}

function jobOf(random: Random, isGuarded: boolean): Job {
  const kind = random.pick(['plain', 'plain', 'with-creation', 'deferred', 'parts'] as const);
  const length = random.chance(0.05) ? 0 : random.between(1, random.pick([4, 12, 24]));
  const explicit = kind !== 'parts' && random.chance(0.15);
  return {
    kind,
    length,
    parts: kind === 'parts' ? random.between(1, 2) : 0,
    most: random.pick([4, 8, 24, 24]),
    checksums: random.chance(0.3),
    explicit,
    // A client of tus is not told that a hook has refused its upload.
    tus: !explicit && !isGuarded && random.chance(0.2),
    rude: random.pick([0, 0, 0.2]),
    breaks: random.pick([0, 0.1, 0.4]),
    stalls: random.pick([0, 0, 0.02, 0.2]),
    rival: random.chance(0.15),
    looks: random.chance(0.25) ? random.pick([2, 4, 12]) : 0,
    deletesAfter: random.chance(0.12) ? random.between(0, 60) : null,
    finalFirst: random.chance(0.5),
    startsAt: random.chance(0.5) ? 0 : random.below(40),
    seed: random.below(2 ** 31),
  };
}

function faultOf(random: Random, fsync: FsyncMode): Fault {
  const all = TROUBLES.reduce((sum, [, weight]) => sum + weight, 0);
  let left = random.below(all);
  const [drawn] = TROUBLES.find(([, weight]) => {
    left -= weight;
    return left < 0;
  })!;
  // Without syncs nothing is promised for a power cut.
  const kind = drawn === 'power' && fsync === 'never' ? 'crash' : drawn;
  const step = random.between(1, random.pick([25, 50, 90]));
  return { kind, step, lasts: lastsOf(kind, random), seed: random.below(2 ** 31) };
}

function lastsOf(kind: Trouble, random: Random): number {
  if (kind === 'pause') return random.pick([200, 5_000, 40_000, 200_000]);
  if (kind === 'clock') return random.pick([-3_600_000, -5_000, 5_000, 40_000, 3 * 86_400_000]);
  if (kind === 'slow') return random.between(10, 200);
  return random.pick([5, 50, 500]);
}
