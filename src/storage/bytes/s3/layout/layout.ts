import { HIGHEST_NUMBER, PartNumbers, parsePartNumbers } from './part-numbers.ts';
import { LARGEST_PART } from './part-size.ts';

/**
 * open: parts of a multipart upload, then tails. staging: all stored parts, also those that do not
 * count, are being put together into `file`, so that the good ones can be copied out of it. sealing: the
 * parts are being put together, and are all there is. sealed: `file` is the finished object.
 */
export type LayoutState = 'open' | 'staging' | 'sealing' | 'sealed';

/** An object that holds bytes behind the last whole part. It never changes. */
export interface Tail {
  readonly name: string;
  readonly size: number;
}

/** How far an upload had come: so many parts, then tails. */
export interface Reach {
  readonly parts: number;
  readonly tails: readonly Tail[];
  /** Of all bytes so far. */
  readonly crc32: number;
}

/** An object, or a multipart upload by its id, that nothing needs once this layout is recorded. */
export interface Dropped {
  readonly name: string;
  readonly id?: string;
}

/** Where the bytes of one upload are. Names are those of objects in the upload's own folder. */
export interface Layout {
  readonly state: LayoutState;
  /** The size of every part but the last (bytes). */
  readonly partSize: number;
  /** The object: finished, or the one that the multipart upload makes. */
  readonly file: string | null;
  /** The id of the multipart upload; null where there is none, and once it is complete. */
  readonly id: string | null;
  /** The numbers of the parts that count, in the order of their bytes. */
  readonly numbers: PartNumbers;
  /** The first part number that no writer has reserved. */
  readonly next: number;
  readonly tails: readonly Tail[];
  /** All bytes: those of the parts, and of the tails. */
  readonly length: number;
  /** Of all bytes. */
  readonly crc32: number;
  /** How far the upload had come when the running request began; null when that is how far it is. */
  readonly was: Reach | null;
  readonly drop: readonly Dropped[];
  /** Only while staging: the numbers of all stored parts. */
  readonly stored: PartNumbers;
  /** Only when sealed. */
  readonly etag: string | null;
}

const VERSION = 1;
const STATES: readonly LayoutState[] = ['open', 'staging', 'sealing', 'sealed'];
/** A name made by `newName`: it cannot leave the upload's folder. */
const NAME = /^(?:file|tail)-[A-Za-z0-9]{8,64}$/;
/** AWS's are the longest known, with fewer than 200 characters. */
const MULTIPART_ID = /^[\x21-\x7e]{1,1024}$/;
const ETAG = /^[\x20-\x7e]{0,256}$/;

export function isObjectName(text: string): boolean {
  return NAME.test(text);
}

export function tailsLength(tails: readonly Tail[]): number {
  return tails.reduce((sum, { size }) => sum + size, 0);
}

/** The text for the record, in a few hundred bytes: keys of one letter, and nothing that is empty. */
export function layoutText(layout: Layout): string {
  const { state, partSize, file, id, numbers, next, tails, was, drop, stored, etag } = layout;
  return JSON.stringify({
    v: VERSION,
    ...(state === 'open' ? {} : { s: state }),
    p: partSize,
    l: layout.length,
    c: layout.crc32,
    ...(file === null ? {} : { f: file }),
    ...(id === null ? {} : { i: id }),
    ...(numbers.count === 0 ? {} : { n: String(numbers) }),
    ...(next === 1 ? {} : { x: next }),
    ...(tails.length === 0 ? {} : { t: pairs(tails) }),
    ...(was === null ? {} : { w: [was.parts, was.crc32, ...pairs(was.tails)] }),
    ...(drop.length === 0
      ? {}
      : { d: drop.map((one) => (one.id ? [one.name, one.id] : one.name)) }),
    ...(stored.count === 0 ? {} : { a: String(stored) }),
    ...(etag === null ? {} : { e: etag }),
  });
}

function pairs(tails: readonly Tail[]): (string | number)[][] {
  return tails.map(({ name, size }) => [name, size]);
}

/** Throws an Error that says what is wrong with text that `layoutText` does not make. */
export function parseLayout(text: string): Layout {
  const raw = objectOf(text);
  if (raw.v !== VERSION) throw invalid(`its version is ${JSON.stringify(raw.v)}`);
  const layout: Layout = {
    state: stateOf(raw.s ?? 'open'),
    partSize: integer('p', raw.p, 1, LARGEST_PART),
    file: raw.f === undefined ? null : matching('f', raw.f, NAME),
    id: raw.i === undefined ? null : matching('i', raw.i, MULTIPART_ID),
    numbers: numbersOf('n', raw.n),
    next: integer('x', raw.x ?? 1, 1, HIGHEST_NUMBER + 1),
    tails: tailsOf('t', raw.t ?? []),
    length: integer('l', raw.l, 0, Number.MAX_SAFE_INTEGER),
    crc32: integer('c', raw.c, 0, 0xffffffff),
    was: raw.w === undefined ? null : reachOf(raw.w),
    drop: listOf('d', raw.d ?? []).map(droppedOf),
    stored: numbersOf('a', raw.a),
    etag: raw.e === undefined ? null : matching('e', raw.e, ETAG),
  };
  assertConsistent(layout);
  return layout;
}

function assertConsistent(layout: Layout): void {
  const { state, partSize, file, id, numbers, next, tails, length, was, stored } = layout;
  const inParts = length - tailsLength(tails);
  const full = numbers.count * partSize;
  if (state === 'sealed') {
    if (file === null || numbers.count > 0 || tails.length > 0) throw invalid('it is not sealed');
    return;
  }
  if ((file === null) !== (id === null)) throw invalid('a multipart upload needs a name and an id');
  if (numbers.count > 0 && id === null) throw invalid('there are parts of nothing');
  if (numbers.last >= next) throw invalid('a part number was not reserved');
  if (state === 'open' ? inParts !== full : inParts > full || inParts <= full - partSize) {
    throw invalid('its parts and tails do not add up to its length');
  }
  if (state === 'sealing' && tails.length > 0) throw invalid('it is sealed with a tail');
  if (state === 'staging' && stored.count < numbers.count) throw invalid('parts are missing');
  if (was && was.parts > numbers.count) throw invalid('it had more parts before');
}

function objectOf(text: string): Record<string, unknown> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw invalid('it is no JSON');
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalid('it is no object');
  }
  return { ...value };
}

function reachOf(value: unknown): Reach {
  const [parts, crc32, ...tails] = listOf('w', value);
  return {
    parts: integer('w', parts, 0, HIGHEST_NUMBER),
    crc32: integer('w', crc32, 0, 0xffffffff),
    tails: tailsOf('w', tails),
  };
}

function tailsOf(key: string, value: unknown): Tail[] {
  return listOf(key, value).map((pair) => {
    const [name, size] = listOf(key, pair);
    return { name: matching(key, name, NAME), size: integer(key, size, 1, LARGEST_PART) };
  });
}

function droppedOf(value: unknown): Dropped {
  if (typeof value === 'string') return { name: matching('d', value, NAME) };
  const [name, id] = listOf('d', value);
  return { name: matching('d', name, NAME), id: matching('d', id, MULTIPART_ID) };
}

function numbersOf(key: string, value: unknown): PartNumbers {
  const numbers = typeof value === 'string' ? parsePartNumbers(value) : new PartNumbers();
  if (!numbers || (value !== undefined && typeof value !== 'string'))
    throw invalid(`"${key}" is wrong`);
  return numbers;
}

function listOf(key: string, value: unknown): unknown[] {
  if (!Array.isArray(value)) throw invalid(`"${key}" is wrong`);
  return value;
}

function integer(key: string, value: unknown, least: number, most: number): number {
  if (!Number.isSafeInteger(value) || Number(value) < least || Number(value) > most) {
    throw invalid(`"${key}" is wrong`);
  }
  return Number(value);
}

function matching(key: string, value: unknown, pattern: RegExp): string {
  if (typeof value !== 'string' || !pattern.test(value)) throw invalid(`"${key}" is wrong`);
  return value;
}

function stateOf(value: unknown): LayoutState {
  const state = STATES.find((one) => one === value);
  if (!state) throw invalid('"s" is wrong');
  return state;
}

function invalid(why: string): Error {
  return new Error(`the layout of an upload cannot be read: ${why}`);
}
